"""`[api]`: how a system's API takes suppressions and gives its own list back, as data."""

from typing import Literal, Self

from pydantic import Field, model_validator

from hygiene.formats.part import Part
from hygiene.formats.writing import PLACES, places
from hygiene.model.words import ReasonFamily

OF_A_CALL = ("scope", "address", "word")
"""What may stand in braces in a path: which of the system's lists, and, for calls of one row, the row's own."""


class Results(Part):
    """`results`: what an answer of success says of single rows; a path is keys joined by dots."""

    rows: str = ""
    """Path of a list with one object a row, of which `address`, `status` and `message` are fields."""
    address: str = ""
    status: str = ""
    message: str = ""
    good: tuple[str, ...] = ()
    """Values of `status` that mean that the row was taken."""
    failed: str = ""
    """Path of a list of what was not taken: addresses, or ids that name nobody to us."""
    echo: str = ""
    """Path of a list of the addresses that were taken: whoever is missing was not."""


class Job(Part):
    """`job`: for calls that are carried out later, how to ask whether they were."""

    id: str
    """Path of the job's name in the answer."""
    path: str
    """Where to ask, with `{job}`."""
    status: str
    """Path of its state in that answer."""
    running: tuple[str, ...]
    good: tuple[str, ...]
    skipped: str = ""
    """Path of the number of rows that it did not take, without saying which."""


class Call(Part):
    """`[[api.call]]`: one sort of request, which tells the system of rows to add or to remove."""

    action: Literal["add", "remove"]
    words: tuple[str, ...] = ()
    """Rows with one of these words alone; all rows where it is empty."""
    method: Literal["POST", "PUT", "DELETE"]
    path: str
    batch: int = Field(1, ge=1)
    """Most rows of one request."""
    item: str = ""
    """JSON of one row, as a template."""
    body: str = ""
    """JSON of a request; `{items}` stands for its rows, parted by commas."""
    absent: Literal["stop", "done", "refused"] = "stop"
    """What 404 means: a wrong --scope · there was nothing to remove · a row is of nobody that the system knows."""
    forbidden_is_refused: bool = False
    """403 is said of a row (Compliance), not of the key."""
    results: Results | None = None
    job: Job | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if unknown := sorted(places(self.item) - set(PLACES)):
            raise ValueError(f"nothing is known of {', '.join(unknown)}")
        if unknown := sorted(places(self.path) - set(OF_A_CALL)):
            raise ValueError(f"a path knows nothing of {', '.join(unknown)}")
        if self.batch > 1 and places(self.path) & {"address", "word"}:
            raise ValueError("a path with the address or the word is for one row")
        return self


class Listing(Part):
    """`[[api.list]]`: one list of suppressed addresses that can be read page by page."""

    path: str
    params: dict[str, str] = Field(default_factory=dict)
    items: str = ""
    """Path of the rows in an answer; empty where the answer is the list."""
    each: str = ""
    """Path within a row of the entries that it holds (a profile with several); empty where it is one."""
    address: str
    """Paths within a row."""
    reason: str = ""
    at: str = ""
    family: ReasonFamily | None = None
    """What everybody on this list is there for; else the reason is told by the words of `[suppressions]`."""
    paging: Literal["none", "offset", "link", "token"] = "none"
    """`offset`: `limit` and `offset`; `link`: `next` is the path of the next address; `token`: of a token."""
    size: int = Field(0, ge=0)
    """Rows of a page, for `offset`."""
    next: str = ""


class Api(Part):
    """`[api]`: where it is, how it is spoken to, and how often."""

    base: str
    """Its address; others by region stand in `note`, and --base-url names them."""
    scope: str = ""
    """What --scope must name, such as `the sending domain`; empty where it needs none."""
    key: str
    """Environment variable with the credential."""
    header: str = "Authorization"
    value: str = "{key}"
    """The header that carries it; `basic:api` is HTTP Basic with that user name."""
    headers: dict[str, str] = Field(default_factory=dict)
    """More headers of every request."""
    per_second: float = Field(10, gt=0)
    """Most requests a second."""
    call: tuple[Call, ...] = ()
    list: tuple[Listing, ...] = ()
    note: str = ""

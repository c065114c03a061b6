"""`[write]`: how a suppression file looks that the system imports, to the letter."""

import re
from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from hygiene.formats.part import Part
from hygiene.model.words import ReasonFamily

PLACES = (
    "address", "word", "reason", "rule", "says", "action", "at", "date", "rfc5322", "unix", "sha256", "md5",
    "external_id",
)  # fmt: skip
"""What may stand in braces: the address · the system's word for our reason · our family of reasons · the rule's code ·
its sentence · `add` or `remove` · when it began: ISO 8601, its day, as a mail header has it, seconds since 1970 ·
digests of the address without outer spaces, in lower case · the customer's own id of the person."""
PLACE = re.compile(r"\{([a-z0-9_]+)\}")
ANY = "*"


def places(*templates: str) -> set[str]:
    """The names in braces."""
    return {name for template in templates for name in PLACE.findall(template)}


class Layout(Part):
    """One sort of file: a table of cells, or one JSON object a line."""

    header: tuple[str, ...] = ()
    """Names of the columns; no header line where it is empty."""
    cells: tuple[str, ...] = ()
    """One template a column: plain text, with names of PLACES in braces."""
    item: str = ""
    """For JSON lines: the object, as a template."""

    @property
    def templates(self) -> tuple[str, ...]:
        """All of them."""
        return (self.item,) if self.item else self.cells

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.cells) == bool(self.item):
            raise ValueError("a layout has either `cells` or `item`")
        if self.header and len(self.header) != len(self.cells):
            raise ValueError("`header` and `cells` must be of one length")
        if unknown := sorted(places(*self.templates) - set(PLACES)):
            raise ValueError(f"nothing is known of {', '.join(unknown)}; there are {', '.join(PLACES)}")
        return self


class Writing(Part):
    """`[write]`: the suppression files that the system takes."""

    additions: Layout | None = None
    """The file of additions; where the system keeps several lists, `lists` stands instead."""
    lists: dict[str, Layout] = Field(default_factory=dict)
    """Word of `words` = the file of additions for the list of that name."""
    removals: Layout | None = None
    """The file of removals."""
    removal_is_by_hand: bool = True
    """No import of removals is documented, so the file is for a person, or for `hygiene export --push`."""
    words: dict[ReasonFamily, str]
    """Our family of reasons = the system's word, or what the system shows; `*` stands for all that are not named."""
    shows: dict[str, ReasonFamily] = Field(default_factory=dict)
    """Word of `words` = the reason that the system's own list shows then; a word that is missing here shows none."""
    delimiter: str = Field(",", min_length=1, max_length=1)
    """Between two cells."""
    quotes: bool = True
    """Whether a cell with a delimiter or a quote in it is quoted (RFC 4180)."""
    suffix: str = ".csv"
    """Of the files' names."""
    additions_per_file: int | None = Field(None, ge=1)
    """Most rows of one file."""
    removals_per_file: int | None = Field(None, ge=1)
    bytes_per_file: int | None = Field(None, ge=1024)
    """Most bytes of one file, its header included."""
    note: str = ""
    """What a person must know who uploads the file."""

    @field_validator("words", mode="before")
    @classmethod
    def _all_words(cls, given: Any) -> Any:
        if not isinstance(given, dict) or ANY not in given:
            return given
        named = {family: word for family, word in given.items() if family != ANY}
        return {**{family.value: given[ANY] for family in ReasonFamily}, **named}

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if set(self.words) != set(ReasonFamily):
            raise ValueError("`words` must give a word for every family of reasons, or one for `*`")
        if bool(self.additions) == bool(self.lists):
            raise ValueError("there is either `additions` or `lists`")
        if self.lists and set(self.lists) != set(self.words.values()):
            raise ValueError("`lists` must be named by the words of `words`")
        if unknown := sorted(set(self.shows) - set(self.words.values())):
            raise ValueError(f"`shows` names {', '.join(unknown)}, which `words` does not")
        return self

    def shown(self, family: ReasonFamily) -> ReasonFamily:
        """The reason that the system's list shows after it was told ours."""
        return self.shows.get(self.words[family], ReasonFamily.UNKNOWN)

    def layouts(self) -> Iterator[tuple[str | None, Layout]]:
        """Files of additions, each with the word whose rows it holds; None holds all."""
        if self.additions is not None:
            yield None, self.additions
        yield from self.lists.items()

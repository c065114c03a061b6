"""The shape of a format file: how a system's records become events, and how its suppression files look.

README.md beside this file tells how to add a system.
"""

import difflib
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from hygiene.formats.api import Api
from hygiene.formats.part import Part
from hygiene.formats.texts import LogReading, MailReading
from hygiene.formats.writing import Writing
from hygiene.model.errors import ConfigError, InputError
from hygiene.model.tables import EVENTS
from hygiene.model.words import EventKind, ReasonFamily

Paths = tuple[str, ...]
OF_THE_READER = ("address_key", "mailbox_key", "kind", "provider", "source", "line")
"""Columns of EVENTS that no record holds: the reader fills them."""


MACHINE_AGENTS = "machine_agents.toml"


class Shape(Part):
    """`[[shape]]`: where the recipients and the columns lie in records of one sort; the first whose `when` holds."""

    when: dict[str, Paths] = Field(default_factory=dict)
    """Path or name = the values it may have, in any letter case; `*` is any value, an empty text is none, `~regex` is
    what matches it. The path `$file` is the name of the file."""
    each: str | None = None
    """Path of the list that holds one recipient an element; the element's own fields are written `@.field`."""
    columns: dict[str, Paths] = Field(default_factory=dict)
    """Column of EVENTS = paths of which the first with a value counts; those of `esp_type` are joined by `/`. A path
    may be put together: `{response.code} {response.content}`, and `=text` is that text."""


class EventRule(Part):
    """`[[event]]`: what a record means; the first whose `when` holds."""

    when: dict[str, Paths] = Field(default_factory=dict)
    """As in `[[shape]]`; with a list, one element that fits is enough."""
    kind: EventKind | None = None
    """What happened."""
    ignored: str | None = None
    """Why it is no event of ours; counted under this."""
    is_machine: bool | None = None
    """Set where the record itself proves software."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.kind is None) == (self.ignored is None):
            raise ValueError("an [[event]] has either `kind` or `ignored`")
        return self


class Reading(Part):
    """`[read]`: how the system's event files are read."""

    container: Literal["json", "table", "form", "log", "mail"] = "json"
    """What the system writes: `json`: lines, arrays or documents of JSON; `table`: CSV, Parquet or flat JSON lines;
    `form`: URL-encoded bodies of webhooks, one a line; `log`: a mail server's log; `mail`: messages. A file is told
    by its content, whatever stands here."""
    marks: tuple[Paths, ...] = ()
    """Sets of paths; a record that has all of one set is of this system. `path=value` asks for a value, as `when`."""
    positions: Paths = ()
    """For tables without a header: the names of their columns."""
    steps: tuple[Literal["by_key", "json_api", "avro_unions"], ...] = ()
    """Named steps before a record is read (ingest/opening.py tells each)."""
    unwrap: Paths = ()
    """Paths of a JSON text inside the record (an envelope) that is the real record; tried one after the other."""
    roots: Paths = ()
    """Paths of an object, or of a list of them (`results[]`), that is the real record; tried one after the other."""
    one_or_many: Paths = ()
    """Keys whose value is a text or a list of texts."""
    names: dict[str, Paths] = Field(default_factory=dict)
    """A name for the first of several paths that has a value; usable wherever a path is."""
    type: Paths = ()
    """What a record calls itself, for counting those that are ignored."""
    time: Literal["iso8601", "unix_s", "unix_ms", "auto", "us"] = "iso8601"
    """Unit of `occurred_at`. `auto`: ISO 8601, RFC 5322, or seconds or milliseconds by their size; `us`: the same, and
    month/day/year."""
    zone: str = "+00:00"
    """Offset of times that name none."""
    all_rules: bool = False
    """Whether a record means every `[[event]]` that holds, not the first alone: a row a recipient, a column a kind."""
    machine: Paths = ()
    """Fields that flag software: `true` or `1`. Omitted when false, so no value is no flag."""
    user_agent: Paths = ()
    """Fields with the user agent, for systems that flag nothing (machine_agents.toml)."""
    reader_ip: Paths = ()
    """Fields with the IP address that an open or a click came from (machine_agents.toml); used, not kept."""
    columns: dict[str, Paths] = Field(default_factory=dict)
    """As in `[[shape]]`, for all shapes."""
    synonyms: dict[str, Paths] = Field(default_factory=dict)
    """For tables: names under which a column of EVENTS is recognised, in lower case with `_`."""
    kinds: dict[str, EventKind] = Field(default_factory=dict)
    """For tables: words for the kinds of event, in lower case with `_`."""
    log: LogReading = LogReading()
    """For logs: which lines count."""
    mail: MailReading = MailReading()
    """For messages: what they are known by."""

    @model_validator(mode="after")
    def _names_are_no_paths(self) -> Self:
        """The path would not be read from the records then."""
        if taken := sorted({path for paths in self.names.values() for path in paths} & self.names.keys()):
            raise ValueError(f"`names` has {', '.join(taken)}, which is a path too")
        return self


class ListSort(Part):
    """`[[suppressions.sort]]`: which of a system's lists a file is, and so the reason of its rows."""

    file: Paths = ()
    """Conditions on the file's name; one must hold."""
    columns: Paths = ()
    """Columns that the list has."""
    family: ReasonFamily | None = None
    """The reason where a row names none."""
    refused: str | None = None
    """Why it is no list of suppressed addresses."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.family is None) == (self.refused is None):
            raise ValueError("a [[suppressions.sort]] has either `family` or `refused`")
        return self


class SuppressionReading(Part):
    """`[suppressions]`: how a list of suppressed addresses that the system exports is read."""

    marks: tuple[Paths, ...] = ()
    """As in `[read]`, for `hygiene reconcile`; every row must have all of one set. Cells of a table without a header go
    by their numbers from 0, and `#` is how many there are."""
    is_bare: bool = False
    """Whether a line is an address, and perhaps more behind white space, with no columns to speak of."""
    header: bool | None = None
    """Whether the first line names the columns; detected where it is not given."""
    roots: Paths = ()
    """As in `[read]`, for lists in JSON."""
    columns: dict[str, Paths]
    """`address`, `reason`, `suppressed_at` = names of columns (or their numbers from 0, where there is no header)."""
    reasons: dict[str, ReasonFamily] = Field(default_factory=dict)
    """Word of the reason column, in lower case with `_` = our family; a word that is missing here is `unknown`."""
    default: ReasonFamily = ReasonFamily.UNKNOWN
    """The family where there is no reason."""
    not_listed: dict[str, Paths] = Field(default_factory=dict)
    """Conditions, as in `[[event]]`: a row that meets one of them is no suppression."""
    sort: tuple[ListSort, ...] = ()


class Format(Part):
    """One system."""

    name: str
    title: str
    sources: tuple[str, ...] = Field(min_length=1)
    """Where the facts come from."""
    as_of: str
    """Date of the documentation read."""
    read: Reading | None = None
    shape: tuple[Shape, ...] = ()
    event: tuple[EventRule, ...] = ()
    suppressions: SuppressionReading | None = None
    write: Writing | None = None
    api: Api | None = None

    @model_validator(mode="after")
    def _fills_known_columns(self) -> Self:
        tables = [part.columns for part in self.shape] + ([self.read.columns] if self.read else [])
        allowed = set(EVENTS.columns) - set(OF_THE_READER)
        unknown = sorted({name for table in tables for name in table} - allowed)
        if unknown:
            raise ValueError(f"EVENTS has no column {', '.join(unknown)} to fill")
        return self


def format_from(content: str, where: str) -> Format:
    """The format in a TOML text; raises ConfigError with every mistake."""
    try:
        return Format.model_validate(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not TOML: {error}.", where) from error
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ConfigError("; ".join(mistakes) + ".", where) from error


@cache
def formats() -> dict[str, Format]:
    """All formats by name."""
    folder = files("hygiene.formats")
    names = sorted(
        path.name for path in folder.iterdir() if path.name.endswith(".toml") and path.name != MACHINE_AGENTS
    )
    found = (format_from(folder.joinpath(name).read_text("utf-8"), name) for name in names)
    return {each.name: each for each in found}


def format_named(name: str) -> Format:
    """The format of that name; raises InputError with the nearest name, or all there are."""
    if name not in formats():
        close = difflib.get_close_matches(name.strip().lower(), formats(), 1)
        fix = (
            f"Did you mean {close[0]}? `hygiene formats` lists all." if close else f"There are: {', '.join(formats())}."
        )
        raise InputError(f"no format is called {name!r}.", fix=fix)
    return formats()[name]

"""The shape of a format file: how a system's records become events, and how its suppression files look.

README.md beside this file tells how to add a system.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from hygiene.formats.api import Api
from hygiene.formats.part import Part
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
    """Path or name = the values it may have, in any letter case; `*` is any value, `` is none."""
    each: str | None = None
    """Path of the list that holds one recipient an element; the element's own fields are written `@.field`."""
    columns: dict[str, Paths] = Field(default_factory=dict)
    """Column of EVENTS = paths of which the first with a value counts; those of `esp_type` are joined by `/`."""


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

    container: Literal["json", "table"] = "json"
    """`json`: lines, arrays or documents of JSON; `table`: CSV, Parquet or flat JSON lines."""
    marks: tuple[Paths, ...] = ()
    """Sets of keys; a record that has all of one set is of this system."""
    unwrap: Paths = ()
    """Paths of a JSON text inside the record (an envelope) that is the real record; tried one after the other."""
    one_or_many: Paths = ()
    """Keys whose value is a text or a list of texts."""
    names: dict[str, Paths] = Field(default_factory=dict)
    """A name for the first of several paths that has a value; usable wherever a path is."""
    type: Paths = ()
    """What a record calls itself, for counting those that are ignored."""
    time: Literal["iso8601", "unix_s", "unix_ms", "auto"] = "iso8601"
    """Unit of `occurred_at`; an ISO 8601 time without a zone is UTC."""
    machine: Paths = ()
    """Fields that flag software: `true` or `1`. Omitted when false, so no value is no flag."""
    user_agent: Paths = ()
    """Fields with the user agent, for systems that flag nothing (machine_agents.toml)."""
    columns: dict[str, Paths] = Field(default_factory=dict)
    """As in `[[shape]]`, for all shapes."""
    synonyms: dict[str, Paths] = Field(default_factory=dict)
    """For tables: names under which a column of EVENTS is recognised, in lower case with `_`."""
    kinds: dict[str, EventKind] = Field(default_factory=dict)
    """For tables: words for the kinds of event, in lower case with `_`."""


class SuppressionReading(Part):
    """`[suppressions]`: how a list of suppressed addresses that the system exports is read."""

    container: Literal["table", "json", "lines"] = "table"
    """`table`: CSV or the like; `json`: one JSON object a line; `lines`: an address, and perhaps more after a space."""
    header: bool | None = None
    """Whether the first line names the columns; detected where it is not given."""
    columns: dict[str, Paths]
    """`address`, `reason`, `suppressed_at` = names of columns (or their numbers from 0, where there is no header)."""
    reasons: dict[str, ReasonFamily] = Field(default_factory=dict)
    """Word of the reason column, in lower case with `_` = our family; a word that is missing here is `unknown`."""
    default: ReasonFamily = ReasonFamily.UNKNOWN
    """The family where there is no reason."""


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
    """The format of that name; raises InputError with the names there are."""
    if name not in formats():
        raise InputError(f"no format is called {name!r}.", fix=f"There are: {', '.join(formats())}.")
    return formats()[name]

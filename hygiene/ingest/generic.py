"""A table of events that no format describes: its columns and words are recognised, or named by the job."""

import re
from collections.abc import Iterable, Mapping, Sequence

from hygiene.config import EventSource
from hygiene.formats.format import EventRule, Format, Paths, Reading, Shape, format_named
from hygiene.model.errors import InputError
from hygiene.model.words import EventKind

NEEDED = ("occurred_at", "address", "kind")
ANY_KIND = "*"
"""In `kinds`: the kind of every record of a file that has no column for it."""


def generic(source: EventSource, found: Sequence[str], where: str) -> tuple[Format, Reading]:
    """The format of a table with these columns; raises InputError where one that is needed is missing."""
    template = format_named("generic")
    reading = template.read or Reading()
    columns = _columns(source.columns, reading.synonyms, found, where)
    only_kind = source.kinds.get(ANY_KIND)
    missing = [name for name in NEEDED if name not in columns and not (name == "kind" and only_kind)]
    if missing:
        raise InputError(
            f"no column is recognised as {' or '.join(missing)} (found: {_listed(found)}).",
            where,
            "Name it under `columns` of the [[events]] entry.",
        )
    kind, agent = columns.pop("kind", None), columns.pop("user_agent", None)
    rules = _rules(kind, source.kinds, reading.kinds, where)
    read = reading.model_copy(
        update={
            "columns": {name: (theirs,) for name, theirs in columns.items()},
            "type": (kind,) if kind else (),
            "user_agent": (agent,) if agent else (),
        }
    )
    return template.model_copy(update={"shape": (Shape(),), "event": rules}), read


def is_recognised(found: Sequence[str]) -> bool:
    """Whether a table with these columns can be read without a mapping."""
    reading = format_named("generic").read or Reading()
    return set(NEEDED) <= set(_columns({}, reading.synonyms, found, ""))


def folded(name: str) -> str:
    """A name as it is compared: lower case, `_` for what is neither letter nor digit."""
    return re.sub(r"[^0-9a-z]+", "_", name.strip().lower()).strip("_")


def _columns(
    named: Mapping[str, str], synonyms: Mapping[str, Paths], found: Sequence[str], where: str
) -> dict[str, str]:
    """Our column = theirs: what the job names, else the first synonym that is there; no column twice."""
    unknown = sorted(set(named) - set(synonyms))
    if unknown:
        raise InputError(f"events have no column {_listed(unknown)}.", where, f"There are: {', '.join(synonyms)}.")
    absent = sorted(set(named.values()) - set(found))
    if absent:
        raise InputError(f"there is no column {_listed(absent)} (found: {_listed(found)}).", where)
    theirs = {folded(name): name for name in reversed(found) if name not in named.values()}
    columns = dict(named)
    for ours, words in synonyms.items():
        here = next((word for word in words if word in theirs), None)
        if ours not in columns and here is not None:
            columns[ours] = theirs.pop(here)
    return columns


def _rules(
    column: str | None, own: Mapping[str, str], usual: Mapping[str, EventKind], where: str
) -> tuple[EventRule, ...]:
    words: dict[EventKind, list[str]] = {}
    for word, kind in own.items():
        words.setdefault(_kind(kind, where), []).append(word)
    by_job = [_rule(column, kind, theirs) for kind, theirs in words.items()]
    if column is None:
        return tuple(by_job)
    named = {word.lower() for word in own}
    ours: dict[EventKind, list[str]] = {}
    for word, kind in usual.items():
        ours.setdefault(kind, []).extend(form for form in _forms(word) if form not in named)
    return (*by_job, *(_rule(column, kind, theirs) for kind, theirs in ours.items()))


def _rule(column: str | None, kind: EventKind, words: Iterable[str]) -> EventRule:
    when = {} if column is None or ANY_KIND in words else {column: tuple(words)}
    return EventRule(when=when, kind=kind)


def _kind(word: str, where: str) -> EventKind:
    try:
        return EventKind(word)
    except ValueError as error:
        raise InputError(f"{word!r} is no kind of event.", where, f"There are: {', '.join(EventKind)}.") from error


def _forms(word: str) -> set[str]:
    """`hard_bounce` is also written `hard bounce`, `hard-bounce`, `hardbounce`."""
    return {word, word.replace("_", " "), word.replace("_", "-"), word.replace("_", "")}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)

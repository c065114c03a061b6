"""Texts of records as flat records: a column for each path that the format names.

A record that says early what it is, is decoded for what its type needs alone, which spares half of the work; where it
turns out to be of another type, all is decoded.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl
from polars import col

from hygiene.formats.format import Format, Reading
from hygiene.ingest.conditions import first, where
from hygiene.ingest.paths import FILE, Layout, layout, value
from hygiene.ingest.records import REJECTED, decoded

Decoded = tuple[pl.DataFrame, pl.DataFrame]


@dataclass(frozen=True)
class How:
    """How the records of a file are read."""

    system: Format
    reading: Reading
    layout: Layout
    file: str
    by_type: Mapping[str, Layout] = field(default_factory=dict)
    """What records of one type need, where that is much less."""

    @property
    def type_paths(self) -> tuple[str, ...]:
        """Where a record says what it is."""
        names = self.reading.names
        return tuple(path for one in self.reading.type for path in names.get(one, (one,)))


def how_to_read(system: Format, reading: Reading, file: str) -> How:
    """All that is worked out once for a file."""
    whole = layout(system, reading)
    how = How(system, reading, whole, file)
    if len(reading.type) != 1 or any("." in path or "$" in path for path in how.type_paths):
        return how
    path = reading.type[0]
    whens = [*(shape.when for shape in system.shape), *(rule.when for rule in system.event)]
    types = {one.lower() for when in whens for one in when.get(path, ()) if one.isprintable() and one[:1] not in "*~"}
    narrow = {one: layout(_of_type(system, path, one), reading) for one in types}
    spares = {one: lay for one, lay in narrow.items() if len(lay.flat) * 2 <= len(whole.flat)}
    return How(system, reading, whole, file, spares)


def _of_type(system: Format, path: str, type_: str) -> Format:
    """The format with what may apply to records of one type."""
    shapes = tuple(shape for shape in system.shape if where(shape.when, path, type_) is not None)
    rules = tuple(rule for rule in system.event if where(rule.when, path, type_) is not None)
    return system.model_copy(update={"shape": shapes, "event": rules})


def flat_texts(texts: pl.DataFrame, how: How) -> Iterator[Decoded]:
    """Flat records of the texts (`line, text`), and `line, reason` of what cannot be read."""
    if not how.by_type:
        yield _flat_of(texts, how.layout, how)
        return
    keys = "|".join(re.escape(path) for path in how.type_paths)
    said = col("text").str.extract(rf'"(?:{keys})": ?"([^"\\]*)"', 1).str.to_lowercase()
    rest = []
    for (type_,), mine in texts.with_columns(said=said).partition_by("said", as_dict=True, include_key=False).items():
        if type_ not in how.by_type:
            rest.append(mine)
            continue
        found, bad, others = _of_one_type(mine, str(type_), how)
        if others.height:
            rest.append(others)
        yield found, bad
    if rest:
        yield _flat_of(pl.concat(rest), how.layout, how)


def _of_one_type(texts: pl.DataFrame, type_: str, how: How) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Flat records, what cannot be read, and the texts that are of another type after all."""
    lay = how.by_type[type_]
    records, bad = decoded(texts, lay.dtype)
    found = flat(records, lay, how.file)
    is_right = found.select(first(how.type_paths, found.schema).str.to_lowercase() == type_).to_series()
    if is_right.all():
        return found, bad, texts.clear()
    is_right = is_right.fill_null(False)
    return found.filter(is_right), bad, records.filter(~is_right).select("line", "text")


def _flat_of(texts: pl.DataFrame, lay: Layout, how: How) -> Decoded:
    records, bad = decoded(texts, lay.dtype)
    return flat(records, lay, how.file), bad.select(list(REJECTED))


def flat(records: pl.DataFrame, lay: Layout, file: str) -> pl.DataFrame:
    """`line` and a column for each path of decoded records (`line, record`)."""
    values = (value(path, col("record")).alias(path) for path in lay.flat)
    return without_empty(records.select("line", *values, pl.lit(file).alias(FILE)))


def without_empty(records: pl.DataFrame) -> pl.DataFrame:
    """Flat records where an empty text is no value."""
    # Few columns have such, and one look tells which.
    shortest = records.select(pl.col(pl.String).str.len_bytes().min())
    empty = [name for name in shortest.columns if shortest[name].item() == 0]
    return records.with_columns(pl.when(col(name) != "").then(name) for name in empty)

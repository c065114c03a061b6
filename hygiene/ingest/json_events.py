"""JSON event files: envelopes opened, records decoded, meaning read; a batch of lines at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from hygiene.formats.format import Format, Reading
from hygiene.ingest import documents
from hygiene.ingest.alike import Alike, Sort
from hygiene.ingest.batch import Batch, none_of
from hygiene.ingest.batches import in_threads
from hygiene.ingest.flat import How, flat, flat_texts, how_to_read
from hygiene.ingest.meaning import meaning
from hygiene.ingest.opening import BY_HAND, opened
from hygiene.ingest.paths import below
from hygiene.ingest.records import decoded
from hygiene.ingest.sections import Lines, Section, numbered, sections, stripped
from hygiene.ingest.text import TextFile

PLAIN_TEXT = "plain text in an envelope"


def json_batches(text: TextFile, file: str, system: Format, reading: Reading, work: Path) -> Iterator[Batch]:
    """What the records of a file mean."""
    how, known = how_to_read(system, reading, file), dict[str, Sort | None]()
    yield from numbered(lambda section: _read(section, how, known), Batch.after, _one_a_line(text, work))


def flat_records(text: TextFile, system: Format, reading: Reading, work: Path) -> Iterator[pl.DataFrame]:
    """`line` and a column for each path that the format names, of the records that can be read."""
    how = how_to_read(system, reading, text.path.name)

    def read(section: Section) -> tuple[pl.DataFrame, int]:
        found, count = section.each(lambda lines: pl.concat(_found(lines.all, how).records))
        return pl.concat(found), count

    yield from numbered(read, _after, _one_a_line(text, work))


def _after(records: pl.DataFrame, lines: int) -> pl.DataFrame:
    return records.with_columns((col("line") + lines).cast(pl.UInt32))


def _one_a_line(text: TextFile, work: Path) -> Path:
    """The file with one record a line: itself, or a working copy."""
    if documents.is_one_a_line(text.head):
        return text.utf8
    fast = documents.split_fast(text.utf8, work)
    return fast if _fits(fast) else documents.split(text.utf8, work)


def _fits(split: Path) -> bool:
    """Whether every line of the quick cut is a record."""

    def is_whole(lines: Lines) -> bool:
        return decoded(stripped(lines.all), pl.Struct({}))[1].is_empty()

    return all(all(found) for found, _ in in_threads(lambda section: section.each(is_whole), sections(split)))


@dataclass(frozen=True)
class _Found:
    """What stands in some lines."""

    records: Sequence[pl.DataFrame]
    """Flat records, those of one type with a layout of their own."""
    rejects: Sequence[pl.DataFrame]
    """`line, reason` of what cannot be read."""
    notes: Sequence[int]
    """Lines of plain text in an envelope."""

    def told(self) -> tuple[Sequence[pl.DataFrame], set[int]]:
        """The records, and the lines that hold anything else."""
        return self.records, {*self.notes, *(line for frame in self.rejects for line in frame["line"])}


def _read(section: Section, how: How, known: dict[str, Sort | None]) -> tuple[Batch, int]:
    alike = Alike(lambda lines: _found(lines, how).told(), how.by_type.keys(), known)
    # A step by hand may go by what two values have in common, which no sample shows.
    is_plain = not BY_HAND.keys() & set(how.reading.steps)
    parts, count = section.each(lambda lines: _found(alike.others(lines) if is_plain else lines.all, how))
    records = [*alike.records(), *_together(frame for part in parts for frame in part.records)]
    batches = [meaning(each, how.system, how.reading, how.layout.elements) for each in records]
    notes = pl.DataFrame(
        {"type": [PLAIN_TEXT], "records": [sum(len(part.notes) for part in parts)]}, schema=Batch.IGNORED
    )
    told = Batch.of(batches, [notes.filter(col("records") > 0)])
    rejects = pl.concat([none_of("REJECTS"), *(frame for part in parts for frame in part.rejects), told.rejects])
    return told.with_rejects(rejects, _raw(section, rejects["line"])), count


def _together(records: Iterable[pl.DataFrame]) -> list[pl.DataFrame]:
    """Frames of the same columns as one."""
    alike: dict[tuple[Any, ...], list[pl.DataFrame]] = {}
    for frame in records:
        alike.setdefault(tuple(frame.schema.items()), []).append(frame)
    return [pl.concat(frames, rechunk=True) for frames in alike.values()]


def _raw(section: Section, numbers: pl.Series) -> pl.DataFrame:
    """`line, raw` of the lines with these numbers."""
    if numbers.is_empty():
        return pl.DataFrame(schema={"line": pl.UInt32, "raw": pl.String})
    wanted = col("line").is_in(numbers.implode())
    return pl.concat(section.each(lambda lines: stripped(lines.all.filter(wanted)))[0]).rename({"text": "raw"})


def _found(lines: pl.DataFrame, how: How) -> _Found:
    """What stands in lines (`line, text`), decoded."""
    if lines.is_empty():
        return _Found([], [], [])
    texts, broken = opened(stripped(lines), how.reading)
    # A message in an envelope that is no JSON is a note to people, such as the one that confirms a subscription.
    is_note = texts.select(~col("text").str.starts_with("{") & col("is_opened")).to_series()
    told = texts.filter(~is_note) if is_note.any() else texts
    parts = list(_records(told.select("line", "text"), how))
    notes = texts.filter(is_note)["line"].to_list()
    return _Found([records for records, _ in parts], [broken, *(bad for _, bad in parts)], notes)


def _records(texts: pl.DataFrame, how: How) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Flat records from where they may lie, and `line, reason` of what cannot be read."""
    for root in how.reading.roots:
        keys = root.removesuffix("[]").split(".")
        might = pl.all_horizontal(*(col("text").str.contains(f'"{key}"', literal=True) for key in keys))
        inside, bad = _inside(texts.filter(might), root, how.layout.dtype)
        yield flat(inside.drop_nulls("record"), how.layout, how.file), bad
        texts = pl.concat([texts.filter(~might), inside.filter(~col("is_there")).select("line", "text")])
    yield from flat_texts(texts, how)


def _inside(texts: pl.DataFrame, root: str, dtype: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`line, text, record, is_there` of the records at a place inside the texts."""
    wrapped, bad = decoded(texts, below(root, dtype))
    place = col("record")
    for key in root.removesuffix("[]").split("."):
        place = place.struct.field(key)
    inside = wrapped.with_columns(place.alias("record"), place.is_not_null().alias("is_there"))
    if root.endswith("[]"):
        return inside.explode("record", empty_as_null=True, keep_nulls=True), bad
    return inside, bad

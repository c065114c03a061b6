"""JSON event files: envelopes opened, records decoded, meaning read; a batch of lines at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars import col

from hygiene.formats.format import Format, Reading
from hygiene.ingest import documents
from hygiene.ingest.batch import Batch
from hygiene.ingest.batches import in_threads
from hygiene.ingest.flat import How, flat, flat_texts, how_to_read
from hygiene.ingest.line_batches import TEXTS, Lines, line_batches, numbered
from hygiene.ingest.meaning import meaning
from hygiene.ingest.opening import opened
from hygiene.ingest.paths import below
from hygiene.ingest.records import decoded
from hygiene.ingest.text import TextFile

PLAIN_TEXT = "plain text in an envelope"


def json_batches(text: TextFile, file: str, system: Format, reading: Reading, work: Path) -> Iterator[Batch]:
    """What the records of a file mean."""
    how = how_to_read(system, reading, file)
    yield from numbered(lambda lines: _read(lines, how), Batch.after, _one_a_line(text, work))


def flat_records(text: TextFile, system: Format, reading: Reading, work: Path) -> Iterator[pl.DataFrame]:
    """`line` and a column for each path that the format names, of the records that can be read."""
    how = how_to_read(system, reading, text.path.name)

    def records(lines: Lines) -> pl.DataFrame:
        texts, _ = opened(lines, reading)
        return pl.concat([found for found, _ in _records(texts.select("line", "text"), how)])

    yield from numbered(records, _after, _one_a_line(text, work))


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
        return decoded(lines.texts(), pl.Struct({}))[1].is_empty()

    return all(in_threads(is_whole, line_batches(split)))


def _read(lines: Lines, how: How) -> Batch:
    texts, broken = opened(lines, how.reading)
    # A message in an envelope that is no JSON is a note to people, such as the one that confirms a subscription.
    is_note = texts.select(~col("text").str.starts_with("{") & col("is_opened")).to_series()
    told = texts.filter(~is_note) if is_note.any() else texts
    rejected, batches = [broken], []
    for records, bad in _records(told.select("line", "text"), how):
        rejected.append(bad)
        batches.append(meaning(records, how.system, how.reading, how.layout.elements))
    notes = pl.DataFrame({"type": [PLAIN_TEXT], "records": [is_note.sum()]}, schema=Batch.IGNORED)
    together = Batch.of(batches, [notes.filter(col("records") > 0)])
    rejects = pl.concat([*rejected, together.rejects])
    raw = lines.texts() if rejects.height else pl.DataFrame(schema=TEXTS)
    return together.with_rejects(rejects, raw.select("line", raw="text"))


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

"""JSON event files: envelopes opened, records decoded, meaning read; a batch of lines at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars import col

from hygiene.formats.format import Format, Reading
from hygiene.ingest import documents
from hygiene.ingest.batches import in_threads
from hygiene.ingest.meaning import Batch, meaning
from hygiene.ingest.paths import Layout, layout, only, value
from hygiene.ingest.records import NOT_JSON, decoded
from hygiene.ingest.text import TextFile

BATCH_LINES = 20_000
PLAIN_TEXT = "plain text in an envelope"


def json_batches(text: TextFile, system: Format, reading: Reading, work: Path) -> Iterator[Batch]:
    """What the records of a file mean."""
    if documents.is_one_a_line(text.head):
        yield from _batches(text.lines().rename({"text": "raw"}), system, reading)
        return
    fast = documents.split_fast(text.utf8, work)
    if _fits(fast):
        yield from _batches(_lines(fast), system, reading)
        return
    yield from _batches(_lines(documents.split(text.utf8, work)), system, reading)


def _lines(path: Path) -> pl.LazyFrame:
    return pl.scan_lines(path, name="raw", row_index_name="line", glob=False)


def _fits(split: Path) -> bool:
    """Whether every line of the quick cut is a record."""
    batches = _lines(split).collect_batches(chunk_size=BATCH_LINES, maintain_order=True)
    return all(in_threads(lambda lines: decoded(lines, pl.Struct({}))[1].is_empty(), batches))


def _batches(lines: pl.LazyFrame, system: Format, reading: Reading) -> Iterator[Batch]:
    of_system = layout(system, reading)
    numbered = lines.select(col("line").cast(pl.UInt32) + 1, "raw")
    batches = numbered.collect_batches(chunk_size=BATCH_LINES, maintain_order=True)
    yield from in_threads(lambda batch: _read(batch, system, reading, of_system), batches)


def _read(lines: pl.DataFrame, system: Format, reading: Reading, of_system: Layout) -> Batch:
    opened, broken = _unwrapped(lines, reading)
    # A message in an envelope that is no JSON is a note to people, such as the one that confirms a subscription.
    is_note = ~col("raw").str.strip_chars().str.starts_with("{") & col("is_opened")
    notes = opened.filter(is_note)
    listed = opened.filter(~is_note).select("line", _many(reading))
    records, bad = decoded(listed, of_system.dtype)
    flat = records.select(
        "line", "raw", *(value(path, of_system.dtype, col("record")).alias(path) for path in of_system.flat)
    )
    batch = meaning(flat, system, reading, of_system.elements)
    ignored = pl.DataFrame({"type": [PLAIN_TEXT], "records": [notes.height]}, schema=batch.ignored.schema)
    return Batch(
        batch.events,
        pl.concat([broken, bad, batch.rejects]).select("line", "raw", "reason"),
        pl.concat([batch.ignored, ignored.filter(col("records") > 0)]),
    )


def _unwrapped(lines: pl.DataFrame, reading: Reading) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`line, raw, is_opened` with the JSON texts inside envelopes put in place of these, and what could not be read."""
    lines = lines.with_columns(is_opened=pl.lit(False))
    broken = []
    for path in reading.unwrap:
        keys = path.replace("[]", "").split(".")
        might = pl.all_horizontal(*(col("raw").str.contains(f'"{key}"', literal=True) for key in keys))
        wrapped = lines.filter(might)
        if wrapped.is_empty():
            continue
        records, bad = decoded(wrapped, only(path))
        broken.append(bad.select("line", "raw", "reason"))
        inside = records.with_columns(value(path, only(path), col("record")).alias("inside"))
        if isinstance(inside.schema["inside"], pl.List):
            inside = inside.explode("inside", empty_as_null=True, keep_nulls=True)
        opened = inside.select(
            "line", pl.coalesce("inside", "raw").alias("raw"), is_opened=col("is_opened") | col("inside").is_not_null()
        )
        lines = pl.concat([lines.filter(~might), opened])
    schema = {"line": pl.UInt32, "raw": pl.String, "reason": pl.String}
    return lines, pl.concat([pl.DataFrame(schema=schema), *broken])


def _many(reading: Reading) -> pl.Expr:
    """Texts where one text or a list may stand are made lists, so that both can be decoded as one type."""
    raw = col("raw")
    for key in reading.one_or_many:
        # A key within a text has its quotes escaped, so this finds keys alone.
        raw = raw.str.replace(rf'"{key}"\s*:\s*("(?:[^"\\]|\\.)*")', f'"{key}":[${{1}}]')
    return raw


__all__ = ["NOT_JSON", "json_batches"]

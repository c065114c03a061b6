"""Tables of events: CSV and Parquet, every cell as text, a batch of rows at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col
from polars.exceptions import PolarsError

from hygiene.formats.format import Format, Reading
from hygiene.ingest.batches import in_threads
from hygiene.ingest.meaning import RAW_LENGTH, Batch, meaning
from hygiene.ingest.shape import Shape
from hygiene.ingest.short_way import ShortWay, parted
from hygiene.ingest.text import TextFile
from hygiene.model.errors import InputError

BATCH_ROWS = 100_000
MORE = "hygiene:more"
"""Where a cell beyond the last column ends up."""
RAGGED = "more cells than columns"


def csv_batches(
    text: TextFile, shape: Shape, system: Format, reading: Reading, way: ShortWay | None
) -> Iterator[Batch]:
    """What the rows of a delimited file mean; those that can, take the short way."""
    rows = _numbered(_csv(text, shape), shape)
    yield from in_threads(lambda batch: _batch(batch, shape.delimiter, system, reading, way), rows)


def parquet_batches(path: Path, system: Format, reading: Reading, way: ShortWay | None) -> Iterator[Batch]:
    """What the rows of a Parquet file mean; a row's line is its number from 1."""
    rows = parquet_cells(path).with_row_index("line", offset=1)
    batches = rows.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)
    yield from in_threads(lambda batch: _batch(batch, ",", system, reading, way), batches)


def parquet_cells(path: Path) -> pl.LazyFrame:
    """All columns that can be written as a text; raises InputError where the file is no Parquet."""
    try:
        frame = pl.scan_parquet(path, glob=False)
        schema = frame.collect_schema()
    except (PolarsError, OSError) as error:
        raise InputError("the Parquet file is damaged.", str(path), "Copy it again.") from error
    return frame.select(name for name, dtype in schema.items() if not dtype.is_nested())


def table_names(names: Sequence[str]) -> list[str]:
    """Names of columns, made unique and without spaces around."""
    unique: list[str] = []
    for number, name in enumerate((name.strip().strip('"') for name in names), 1):
        unique.append(name if name and name not in unique else f"{name or 'column'}_{number}")
    return unique


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        here = col(name).dt.convert_time_zone("UTC") if dtype.time_zone else col(name)
        return here.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if dtype == pl.Binary:
        return col(name).cast(pl.String, strict=False)
    return col(name).cast(pl.String)


def _csv(text: TextFile, shape: Shape) -> pl.LazyFrame:
    """A stray quote would swallow the rest of the file, so with an odd number of them quotes are plain characters."""
    quotes = text.lines().select(col("text").str.count_matches('"', literal=True).sum()).collect().item() or 0
    names = table_names(shape.names)
    return pl.scan_csv(
        text.utf8,
        separator=shape.delimiter,
        quote_char='"' if quotes % 2 == 0 else None,
        has_header=False,
        skip_lines=shape.head_lines,
        schema={**dict.fromkeys(names, pl.String), MORE: pl.String},
        missing_columns="insert",
        truncate_ragged_lines=True,
        empty_string_is_null=True,
        glob=False,
    )


def _numbered(rows: pl.LazyFrame, shape: Shape) -> Iterator[pl.DataFrame]:
    """Batches with `line`: a cell that holds line ends makes its record longer than one line."""
    line = shape.head_lines + 1
    for batch in rows.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
        within = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
        lines = (1 + within).cast(pl.UInt32)
        numbered = batch.with_columns((line + lines.cum_sum() - lines).cast(pl.UInt32).alias("line"))
        if batch.height:
            line = numbered["line"][-1] + 1 + int(batch[-1:].select(within).item())
        yield numbered


def _batch(rows: pl.DataFrame, delimiter: str, system: Format, reading: Reading, way: ShortWay | None) -> Batch:
    if way is None or rows.schema[way.address] != pl.String:
        return _read(_texts(rows), delimiter, system, reading)
    ragged = col(MORE).is_not_null() if MORE in rows.columns else pl.lit(False)
    found, rest = parted(rows.filter(~ragged), way)
    batch = _read(_texts(pl.concat([rest, rows.filter(ragged)])), delimiter, system, reading)
    return replace(batch, activity=found)


def _texts(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("line", *(_as_text(name, dtype) for name, dtype in rows.schema.items() if name != "line"))


def _read(rows: pl.DataFrame, delimiter: str, system: Format, reading: Reading) -> Batch:
    cells = [name for name in rows.columns if name not in ("line", MORE)]
    raw = pl.concat_str([col(name).fill_null("") for name in cells], separator=delimiter).str.head(RAW_LENGTH)
    # With quotes read as plain characters, those around a cell still belong to no value.
    bare = rows.filter(pl.any_horizontal(col(name).is_not_null() for name in cells)).with_columns(
        raw.alias("raw"), *(col(name).str.strip_chars(' "') for name in cells)
    )
    if MORE not in rows.columns:
        return meaning(bare, system, reading, ())
    ragged = bare.filter(col(MORE).is_not_null()).select("line", "raw", reason=pl.lit(RAGGED))
    batch = meaning(bare.filter(col(MORE).is_null()), system, reading, ())
    return Batch(batch.events, pl.concat([batch.rejects, ragged]), batch.ignored)

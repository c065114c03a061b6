"""Tables of events: CSV and Parquet, every cell as text, a batch of rows at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from polars import col
from polars.exceptions import ComputeError, PolarsError

from hygiene.formats.format import Format, Reading
from hygiene.ingest.batch import Batch
from hygiene.ingest.batches import in_threads
from hygiene.ingest.meaning import meaning
from hygiene.ingest.paths import FILE
from hygiene.ingest.shape import Shape
from hygiene.ingest.short_way import ShortWay, parted
from hygiene.ingest.stray_quotes import Table
from hygiene.model.errors import InputError

BATCH_CELLS = 2_000_000
"""So many cells at a time: few rows of a wide table."""
STRETCH_ROWS = 1_000_000
"""Rows of a Parquet file that are read at once: most writers' row groups are no larger."""
MORE = "hygiene:more"
"""Where a cell beyond the last column ends up."""
RAGGED = "more cells than columns"


@dataclass(frozen=True)
class _How:
    """How the rows of a table are read."""

    file: str
    system: Format
    reading: Reading
    way: ShortWay | None


def csv_batches(
    table: Table, shape: Shape, file: str, system: Format, reading: Reading, way: ShortWay | None
) -> Iterator[Batch]:
    """What the rows of a delimited file mean; those that can, take the short way."""
    how = _How(file, system, reading, way)
    yield from in_threads(lambda batch: _batch(batch, how), _numbered(table, shape, file))


def parquet_batches(
    parts: Sequence[Path], file: str, system: Format, reading: Reading, way: ShortWay | None
) -> Iterator[Batch]:
    """What the rows of a table in Parquet mean; a row's line is its number from 1."""
    how = _How(file, system, reading, way)
    yield from in_threads(lambda batch: _batch(batch, how), _in_stretches(parquet_cells(parts)))


def parquet_cells(parts: Sequence[Path]) -> pl.LazyFrame:
    """All columns that can be written as a text; raises InputError where the file is no Parquet."""
    try:
        frame = pl.scan_parquet(list(parts), glob=False)
        schema = frame.collect_schema()
    except (PolarsError, OSError) as error:
        raise InputError("the Parquet file is damaged.", str(parts[0]), "Copy it again.") from error
    names = table_names(list(schema))
    flat = [(name, new) for name, new in zip(schema, names, strict=True) if not schema[name].is_nested()]
    return frame.select(col(name).alias(new) for name, new in flat)


def table_names(names: Sequence[str]) -> list[str]:
    """Names of columns, made unique and without spaces around; `line` is ours."""
    unique = ["line"]
    for number, name in enumerate((name.strip().strip('"').strip() for name in names), 1):
        unique.append(name if name and name not in unique else f"{name or 'column'}_{number}")
    return unique[1:]


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        here = col(name).dt.convert_time_zone("UTC") if dtype.time_zone else col(name)
        return here.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if dtype == pl.Binary:
        return col(name).cast(pl.String, strict=False)
    return col(name).cast(pl.String)


def _csv(path: Path, shape: Shape, first: int, quote: str | None) -> pl.LazyFrame:
    """The records from the line of that number on, from 1."""
    return pl.scan_csv(
        path,
        separator=shape.delimiter,
        quote_char=quote,
        has_header=False,
        skip_lines=first - 1,
        schema={**dict.fromkeys(table_names(shape.names), pl.String), MORE: pl.String},
        missing_columns="insert",
        extra_columns="ignore",
        truncate_ragged_lines=True,
        empty_string_is_null=True,
        glob=False,
    )


def _in_batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    columns = len(rows.collect_schema())
    yield from rows.collect_batches(chunk_size=max(BATCH_CELLS // columns, 1), maintain_order=True)


def _in_stretches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Batches of a Parquet file with `line`; in one go, all of it would be read ahead of who takes them."""
    line = 1
    for first in range(0, rows.select(pl.len()).collect().item(), STRETCH_ROWS):
        for batch in _in_batches(rows.slice(first, STRETCH_ROWS)):
            # Numbered here, as a plan that numbers rows reads the file from its beginning for each stretch.
            yield batch.with_row_index("line", offset=line)
            line += batch.height


def _numbered(table: Table, shape: Shape, file: str) -> Iterator[pl.DataFrame]:
    """Batches with `line`; where the records cannot be told apart, quotes are plain characters from there on."""
    line = shape.head_lines + 1
    for mark in dict.fromkeys((table.quote, None)):
        try:
            for numbered, after in _batches(_csv(table.path, shape, line, mark), line):
                yield numbered
                line = after
            return
        except ComputeError as error:
            if mark is None:
                raise InputError(f"the rows from line {line} on cannot be told apart.", file) from error


def _batches(rows: pl.LazyFrame, line: int) -> Iterator[tuple[pl.DataFrame, int]]:
    """Batches with `line`, and the line after each: a cell that holds line ends makes its record longer than one."""
    for batch in _in_batches(rows):
        within = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
        lines = (1 + within).cast(pl.UInt32)
        numbered = batch.with_columns((line + lines.cum_sum() - lines).cast(pl.UInt32).alias("line"))
        if batch.height:
            line = numbered["line"][-1] + 1 + int(batch[-1:].select(within).item())
        yield numbered, line


def _batch(rows: pl.DataFrame, how: _How) -> Batch:
    if how.way is None or rows.schema[how.way.address] != pl.String:
        return _read(_texts(rows), how)
    ragged = col(MORE).is_not_null() if MORE in rows.columns else pl.lit(False)
    found, rest = parted(rows.filter(~ragged), how.way)
    other = pl.concat([rest, rows.filter(ragged)])
    batch = Batch() if other.is_empty() else _read(_texts(other), how)
    return replace(batch, activity=found)


def _texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Every cell as text, without blank rows; quotes read as plain characters belong to no value."""
    cells = [_as_text(name, dtype) for name, dtype in rows.schema.items() if name not in ("line", MORE)]
    more = [MORE] if MORE in rows.columns else []
    texts = rows.select("line", *more, *(_value(cell.str.strip_chars(' "')) for cell in cells))
    return texts.filter(pl.any_horizontal(pl.exclude("line", MORE).is_not_null()))


def _value(text: pl.Expr) -> pl.Expr:
    """An empty text is no value."""
    return pl.when(text != "").then(text)


def _read(rows: pl.DataFrame, how: _How) -> Batch:
    is_ragged = col(MORE).is_not_null() if MORE in rows.columns else pl.lit(False)
    ragged = rows.filter(is_ragged).select("line", reason=pl.lit(RAGGED))
    named = rows.filter(~is_ragged).with_columns(pl.lit(how.file).alias(FILE))
    batch = meaning(named, how.system, how.reading, ())
    rejects = pl.concat([batch.rejects, ragged])
    cells = [col(name).fill_null("") for name in rows.columns if name not in ("line", MORE)]
    unread = rows.filter(col("line").is_in(rejects["line"].implode()))
    return batch.with_rejects(rejects, unread.select("line", raw=pl.concat_str(cells, separator=",")))

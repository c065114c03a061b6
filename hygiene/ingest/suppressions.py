"""Suppression lists of other systems, as rows of IMPORTS without the keys."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from polars import col

from hygiene.config import SuppressionSource
from hygiene.formats.format import SuppressionReading, format_named
from hygiene.ingest.delimited import ROW, open_delimited
from hygiene.ingest.streams import files_of
from hygiene.ingest.text import TextFile, open_text
from hygiene.ingest.times import instant
from hygiene.model.errors import InputError

COLUMNS = ["address", "family", "reason", "suppressed_at", "source", "line"]


def read_suppressions(source: SuppressionSource, base: Path) -> pl.DataFrame:
    """Columns address, family (a ReasonFamily), reason, suppressed_at, source and line; raises InputError."""
    reading = format_named(source.format).suppressions
    if reading is None:
        raise InputError(
            f"format {source.format} has no suppression list.", source.path, "`hygiene formats` tells which do."
        )
    return pl.concat([_listed(path, reading) for path in files_of(source.path, base)])


def _listed(path: Path, reading: SuppressionReading) -> pl.DataFrame:
    with TemporaryDirectory(prefix="hygiene-") as work:
        text = open_text(path, Path(work))
        found, line = _records(text, Path(work), reading)
    columns = tuple(name for name in found.columns if name != ROW)
    names = {name: _column(name, reading, columns) for name in reading.columns}
    if names["address"] is None:
        raise InputError(f"no column holds addresses; there are {', '.join(columns)}.", str(path))
    cells = {name: col(column) if column else pl.lit(None, pl.String) for name, column in names.items()}
    reason = cells.get("reason", pl.lit(None, pl.String))
    word = reason.str.strip_chars().str.to_lowercase().str.replace_all(r"[^a-z0-9]+", "_")
    known = {word: family.value for word, family in reading.reasons.items()}
    family = word.replace_strict(known, default="unknown", return_dtype=pl.String).fill_null(reading.default.value)
    listed = found.select(
        address=cells["address"].str.strip_chars(),
        family=family,
        reason=reason,
        suppressed_at=instant(cells.get("suppressed_at", pl.lit(None, pl.String)), "auto"),
        source=pl.lit(path.name),
        line=line,
    )
    return listed.filter(col("address").str.contains("@", literal=True)).select(COLUMNS)


def _records(text: TextFile, work: Path, reading: SuppressionReading) -> tuple[pl.DataFrame, pl.Series]:
    """Columns of text, and the line of each row."""
    match reading.container:
        case "json":
            return _json(text, reading)
        case "lines":
            return _lines(text)
        case "table":
            return _table(text, work, reading)


def _table(text: TextFile, work: Path, reading: SuppressionReading) -> tuple[pl.DataFrame, pl.Series]:
    rows = open_delimited(text, work, None, reading.header)
    found = rows.scan().collect()
    return found, rows.line_of(found[ROW])


def _json(text: TextFile, reading: SuppressionReading) -> tuple[pl.DataFrame, pl.Series]:
    """Objects, one a line, as columns of text; a field that a line lacks is null, and so is all of a broken line."""
    names = sorted({name for paths in reading.columns.values() for name in paths})
    cells = [col("text").str.json_path_match(f"$['{name}']").alias(name) for name in names]
    found = text.lines().select("line", *cells).collect()
    return found.drop("line"), (found["line"] + 1).cast(pl.UInt32)


def _lines(text: TextFile) -> tuple[pl.DataFrame, pl.Series]:
    """What stands first in each line, as `column_1`; a quoted local part may hold white space (RFC 5321 4.1.2)."""
    first = col("text").str.extract(r'^\s*((?:"(?:[^"\\]|\\.)*"|[^\s"#]+)@\S+)', 1)
    found = text.lines().select("line", column_1=first).collect()
    return found.drop("line"), (found["line"] + 1).cast(pl.UInt32)


def _column(name: str, reading: SuppressionReading, columns: tuple[str, ...]) -> str | None:
    """The column by one of its names, or by its number from 0 where the file has no header."""
    plain = {_plain(column): column for column in columns}
    for wanted in reading.columns[name]:
        if wanted.isdigit() and (unnamed := f"column_{int(wanted) + 1}") in columns:
            return unnamed
        if _plain(wanted) in plain:
            return plain[_plain(wanted)]
    return None


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")

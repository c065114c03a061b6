"""Suppression lists of other systems, as rows of IMPORTS without the keys."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from polars import col

from hygiene.config import SuppressionSource
from hygiene.formats.format import SuppressionReading, format_named
from hygiene.ingest.delimited import open_delimited
from hygiene.ingest.streams import files_of
from hygiene.ingest.text import open_text
from hygiene.ingest.times import instant
from hygiene.model.errors import InputError

COLUMNS = ["address", "family", "reason", "suppressed_at", "source", "line"]


def read_suppressions(source: SuppressionSource, base: Path) -> pl.DataFrame:
    """Columns address, family (a ReasonFamily), reason, suppressed_at, source and line; raises InputError."""
    reading = format_named(source.format).suppressions
    if reading is None:
        raise InputError(f"format {source.format} has no suppression list.", source.path, "Use ses, sendgrid or csv.")
    return pl.concat([_listed(path, reading) for path in files_of(source.path, base)])


def _listed(path: Path, reading: SuppressionReading) -> pl.DataFrame:
    with TemporaryDirectory(prefix="hygiene-") as work:
        rows = open_delimited(open_text(path, Path(work)), Path(work), None, reading.header)
        found = rows.scan().collect()
        line = rows.line_of(found["row"])
    names = {name: _column(name, reading, rows.columns) for name in reading.columns}
    if names["address"] is None:
        raise InputError(f"no column holds addresses; there are {', '.join(rows.columns)}.", str(path))
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


def _column(name: str, reading: SuppressionReading, columns: tuple[str, ...]) -> str | None:
    """The column by one of its names, or by its number from 0 where the file has no header."""
    plain = {column.strip().lower().replace(" ", "_").replace("-", "_"): column for column in columns}
    for wanted in reading.columns[name]:
        if wanted.isdigit() and reading.header is False and int(wanted) < len(columns):
            return columns[int(wanted)]
        if wanted.lower() in plain:
            return plain[wanted.lower()]
    return None

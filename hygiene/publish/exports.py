"""What another system must learn, in the files that it imports (formats/*.toml, `[write]`), within its limits."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from hygiene.formats.format import format_named
from hygiene.formats.writing import Layout, Writing
from hygiene.model.errors import InputError
from hygiene.policy.families import NEVER_REMOVED
from hygiene.publish.lines import lines, needed, with_places

ADD, REMOVE = "add", "remove"
SPOOL = "lines.parquet"


@dataclass(frozen=True)
class Written:
    """One file: what it asks for, and how many rows it has."""

    path: Path
    action: str
    rows: int


def writing_of(name: str) -> Writing:
    """How the system's files look; raises InputError where it takes none."""
    writing = format_named(name).write
    if writing is None:
        raise InputError(f"format {name} takes no suppression file.", fix="`hygiene formats` tells which do.")
    return writing


def write_additions(rows: pl.LazyFrame, name: str, folder: Path) -> list[Written]:
    """Writes rows (address, rule, at) as `<name>-add…`, one file a list of the system; empty ones are written too."""
    writing = writing_of(name)
    told = with_places(rows.with_columns(action=pl.lit(ADD)), writing.words)
    limits = writing.additions_per_file, writing.bytes_per_file
    made: list[Written] = []
    for word, layout in writing.layouts():
        mine = told if word is None else told.filter(col("word") == word)
        stem = f"{name}-{ADD}" + (f"-{word}" if word else "")
        made += _write(mine, layout, writing, limits, folder / stem)
    return made


def write_removals(rows: pl.LazyFrame, name: str, folder: Path) -> list[Written]:
    """Writes rows (address, rule, at) as `<name>-remove…`; raises InputError for a complaint or an erasure."""
    writing = writing_of(name)
    if not rows.filter(col("rule").is_in(NEVER_REMOVED)).limit(1).collect().is_empty():
        raise InputError("a complaint or an erasure is never removed from another system.", name)
    if writing.removals is None:
        return []
    told = with_places(rows.with_columns(action=pl.lit(REMOVE)), writing.words)
    limits = writing.removals_per_file, writing.bytes_per_file
    return _write(told, writing.removals, writing, limits, folder / f"{name}-{REMOVE}")


def _write(
    rows: pl.LazyFrame, layout: Layout, writing: Writing, limits: tuple[int | None, int | None], stem: Path
) -> list[Written]:
    if "external_id" in needed(layout) and "external_id" not in rows.collect_schema():
        raise InputError("its rows need the customer's own ids.", stem.name, "Give a file of them with --ids.")
    spool = stem.with_name(f".{stem.name}.{SPOOL}")
    head = (writing.delimiter.join(layout.header) + "\n").encode() if layout.header else b""
    try:
        os.close(os.open(spool, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        lines(rows, layout, writing).sink_parquet(spool, compression="lz4")
        return list(_split(spool, head, limits, stem, writing.suffix))
    finally:
        spool.unlink(missing_ok=True)


def _split(
    spool: Path, head: bytes, limits: tuple[int | None, int | None], stem: Path, suffix: str
) -> Iterator[Written]:
    """One file a part; the action is the second word of the stem."""
    action = REMOVE if f"-{REMOVE}" in stem.name else ADD
    for number, (first, rows) in enumerate(_parts(spool, len(head), *limits), 1):
        path = stem.with_name(f"{stem.name}{f'-{number}' if number > 1 else ''}{suffix}")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(head)
            part = pl.scan_parquet(spool).slice(first, rows)
            part.sink_csv(file, include_header=False, quote_style="never")
        yield Written(path, action, rows)


def _parts(spool: Path, head: int, rows: int | None, size: int | None) -> Iterator[tuple[int, int]]:
    """First row and number of rows of each file; one empty part where there is no row. A count a row is in memory."""
    ends = (
        pl.scan_parquet(spool).select(end=(col("line").str.len_bytes().cast(pl.Int64) + 1).cum_sum()).collect()["end"]
    )
    first, begun = 0, 0
    while first < ends.len() or not first:
        fits = ends.len() if size is None else int(ends.search_sorted(begun + size - head, side="right"))
        end = min(max(fits, first + 1), ends.len(), first + (rows or ends.len()))
        yield first, end - first
        if end >= ends.len():
            return
        first, begun = end, int(ends[end - 1])

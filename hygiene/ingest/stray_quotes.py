"""Quotes that close nothing: a table is read with each record in quotes of its own, so that none swallows others."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from hygiene.ingest.delimited import copied
from hygiene.ingest.door import outside
from hygiene.ingest.forms import Forms
from hygiene.ingest.shape import Shape
from hygiene.ingest.spans import spans
from hygiene.ingest.streams import working_copy
from hygiene.ingest.text import TextFile

QUOTE = '"'
MOST = 500_000
"""So many lines with an odd number of quotes are looked at, so that memory does not grow with the file."""


@dataclass(frozen=True)
class Table:
    """A table that can be read by its quotes."""

    path: Path
    """The file, or a working copy on the same lines in which every quote of a record has its other half there."""
    quote: str | None
    """What quotes its cells; None where too much is odd to be put right, and a quote would swallow the rest."""


def without_stray_quotes(text: TextFile, shape: Shape, work: Path) -> Table:
    """The table with each stray quote in a cell of its own record."""
    lines, forms = text.lines(shape.head_lines), Forms(shape.delimiter, len(shape.names))
    odd = lines.filter(col("text").str.count_matches(QUOTE, literal=True) % 2 == 1).head(MOST + 1).collect()
    if odd.height > MOST:
        return Table(text.utf8, QUOTE if _in_pairs(lines) else None)
    stray = outside(odd, spans(lines, odd, forms))
    if stray.is_empty():
        return Table(text.utf8, QUOTE)
    is_closed = dict(stray.select("line", col("raw").str.contains(forms.closed)).rows())
    with text.utf8.open("rb") as source, working_copy(work, text.path) as target:
        copied(source, target, {line: line for line in is_closed}, lambda raw, line: _anew(raw, shape, is_closed[line]))
    return Table(Path(target.name), QUOTE)


def _in_pairs(lines: pl.LazyFrame) -> bool:
    quotes = lines.select(col("text").str.count_matches(QUOTE, literal=True).sum()).collect().item()
    return int(quotes) % 2 == 0


def _anew(raw: bytes, shape: Shape, is_closed: bool) -> bytes:
    """The line with all cells in quotes; where one is never closed, quotes are characters like others."""
    text = raw.decode().rstrip("\r\n")
    cells = next(csv.reader([text], delimiter=shape.delimiter)) if is_closed else text.split(shape.delimiter)
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=shape.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return written.getvalue().encode()

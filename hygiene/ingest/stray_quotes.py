"""Quotes that close nothing: a table is read with each record in quotes of its own, so that none swallows others."""

import csv
import io
from pathlib import Path

from polars import col

from hygiene.ingest.delimited import copied
from hygiene.ingest.door import outside
from hygiene.ingest.forms import Forms
from hygiene.ingest.shape import Shape
from hygiene.ingest.spans import spans
from hygiene.ingest.streams import working_copy
from hygiene.ingest.text import TextFile

QUOTE = '"'


def without_stray_quotes(text: TextFile, shape: Shape, work: Path) -> Path:
    """The text, or a working copy on the same lines in which every quote of a record has its other half there."""
    lines, forms = text.lines(shape.head_lines), Forms(shape.delimiter, len(shape.names))
    odd = lines.filter(col("text").str.count_matches(QUOTE, literal=True) % 2 == 1).collect()
    stray = outside(odd, spans(lines, odd, forms))
    if stray.is_empty():
        return text.utf8
    is_closed = dict(stray.select("line", col("raw").str.contains(forms.closed)).rows())
    with text.utf8.open("rb") as source, working_copy(work, text.path) as target:
        copied(source, target, {line: line for line in is_closed}, lambda raw, line: _anew(raw, shape, is_closed[line]))
    return Path(target.name)


def _anew(raw: bytes, shape: Shape, is_closed: bool) -> bytes:
    """The line with all cells in quotes; where one is never closed, quotes are characters like others."""
    text = raw.decode().rstrip("\r\n")
    cells = next(csv.reader([text], delimiter=shape.delimiter)) if is_closed else text.split(shape.delimiter)
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=shape.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return written.getvalue().encode()

"""What shape does a delimited file have? Delimiter, header and number of columns, from its first lines."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

DELIMITERS = ",;\t|"
SAMPLE_LINES = 200
HEADER_LINES = 50
"""A header has no more lines than this; a stray quote in it would run on to the end of the file."""
QUOTED = re.compile(r'"(?:[^"]|"")*"')
ADDRESS = re.compile(r"\S@\S+\.\S")
SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""The line that tells Excel the delimiter."""
csv.field_size_limit((1 << 31) - 1)
"""A cell of any length is read; the library's own limit is 128 KiB."""


@dataclass(frozen=True)
class Shape:
    """How records stand in the file."""

    delimiter: str
    names: tuple[str, ...]
    """The header's cells as they are; `column_1` … where there is no header."""
    has_header: bool
    head: str
    """The lines before the first record as they are."""
    head_lines: int
    quotes_all: bool


def shape_of(head: str, delimiter: str | None = None, has_header: bool | None = None) -> Shape:
    """The shape of a file that begins with these whole lines; what is given is not detected."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", head)
    above, told = _above(lines)
    rest = lines[above : above + HEADER_LINES + SAMPLE_LINES]
    best = delimiter or told or max(DELIMITERS, key=lambda one: _score(rest, one))
    cells, taken = _first_record(rest, best)
    if has_header is None:
        has_header = not any(ADDRESS.search(cell) for cell in cells)
    names = tuple(cells) if has_header else tuple(f"column_{number}" for number in range(1, len(cells) + 1))
    head_lines = above + (taken if has_header else 0)
    return Shape(best, names, has_header, "".join(lines[:head_lines]), head_lines, _quotes_all(rest, best))


def _above(lines: Sequence[str]) -> tuple[int, str | None]:
    """How many lines stand above the header (blank ones, and Excel's `sep=;`), and the delimiter they tell."""
    told = None
    for number, line in enumerate(lines):
        found = SEP.fullmatch(line.strip("\r\n"))
        if found is None and line.strip(" \r\n"):
            return number, told
        told = found[1] if found else told
    return len(lines), told


def _first_record(lines: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """The cells of the first record, and how many lines it takes."""
    if not lines:
        return [], 0
    # A carriage return within a line is a character like others, and an error to the library.
    plain = [re.sub(r"\r(?!\n?$)", " ", line) for line in lines[:HEADER_LINES]]
    reader = csv.reader(plain, delimiter=delimiter)
    cells = next(reader, [])
    if reader.line_num == len(plain) > 1:
        return next(csv.reader(plain[:1], delimiter=delimiter), []), 1
    return cells, reader.line_num


def _score(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """Share of the lines that have as many delimiters as the first record, and how many those are."""
    cells, taken = _first_record(lines, delimiter)
    body = [line for line in lines[taken : taken + SAMPLE_LINES] if line.strip()]
    if len(cells) < 2:
        return 0.0, 0
    alike = sum(QUOTED.sub("", line).count(delimiter) == len(cells) - 1 for line in body)
    return round((alike + 1) / (len(body) + 1), 2), len(cells)


def _quotes_all(lines: Sequence[str], delimiter: str) -> bool:
    """Whether every cell of the sample stands in quotes, as some exports write them."""
    mark, quoted = re.escape(delimiter), QUOTED.pattern
    form = re.compile(rf"{quoted}(?:{mark}{quoted})*")
    texts = [text for line in lines[:SAMPLE_LINES] if (text := line.rstrip("\r\n"))]
    return bool(texts) and all(form.fullmatch(text) for text in texts)

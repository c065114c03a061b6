"""A file of lines in sections, each read a part at a time, so that memory does not grow with the file or its lines."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TypeVar

import polars as pl
from polars import col

from hygiene.ingest.batches import in_threads

R = TypeVar("R")

PIECE_BYTES = 1 << 23
"""So much is read at once."""
PART_BYTES = 1 << 25
"""So much is cut into lines at once; each step over them costs something, however few they are."""
SECTION_LINES = 150_000
"""About so many are worked on together: to find out what records mean costs nearly as much for few as for many."""
SECTION_BYTES = 1 << 27
"""At most, whatever the lines are like."""
LONGEST_LINE = 1 << 24
"""What is longer is cut, and so no record."""
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """Some whole lines of a file."""

    pieces: Sequence[bytes]
    """UTF-8; each ends with a line."""
    first: int = 1
    """Number of the first line."""

    @cached_property
    def all(self) -> pl.DataFrame:
        """`line` and `text` as it stands."""
        lines = pl.scan_lines(self._files(), name="text", row_index_name="line", row_index_offset=self.first)
        return lines.with_columns(col("line").cast(pl.UInt32)).collect()

    def cells(self, separator: str, numbers: Sequence[int]) -> pl.DataFrame:
        """The lines cut at a separator: columns `0`, `1`, … for the cells asked for, empty where a line has fewer."""
        cut = pl.scan_csv(
            self._files(),
            separator=separator,
            quote_char=None,
            has_header=False,
            schema={str(number): pl.String() for number in range(max(numbers) + 1)},
            empty_string_is_null=False,
            extra_columns="ignore",
            missing_columns="insert",
        )
        return cut.select(str(number) for number in numbers).collect()

    def _files(self) -> list[IO[bytes]]:
        return [io.BytesIO(piece) for piece in self.pieces]


def stripped(lines: pl.DataFrame) -> pl.DataFrame:
    """Those lines (`line, text`) that are not blank, without space around."""
    # Most files hold nothing but objects, and to strip is to copy.
    is_plain = lines["text"].str.starts_with("{") & lines["text"].str.ends_with("}")
    if is_plain.all():
        return lines
    return lines.with_columns(col("text").str.strip_chars()).filter(col("text") != "")


@dataclass(frozen=True)
class Section:
    """Whole lines of a UTF-8 file, from one byte up to another."""

    path: Path
    start: int
    end: int

    def each(self, read: Callable[[Lines], R]) -> tuple[list[R], int]:
        """What is read of each part, whose lines are numbered from 1 through the section; and how many lines it has."""
        found, before = [], 0
        for pieces in self._parts():
            lines = Lines(pieces, before + 1)
            found.append(read(lines))
            before += lines.all.height
        return found, before

    def _parts(self) -> Iterator[list[bytes]]:
        pieces: list[bytes] = []
        for piece in self._pieces():
            pieces.append(piece)
            if sum(map(len, pieces)) >= PART_BYTES:
                yield pieces
                pieces = []
        if pieces:
            yield pieces

    def _pieces(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            place = self.start
            while place < self.end:
                is_last = place + PIECE_BYTES >= self.end
                following = self.end if is_last else _line_from(file, place + PIECE_BYTES)
                file.seek(place)
                if following - place <= PIECE_BYTES + LONGEST_LINE:
                    yield file.read(following - place)
                else:
                    cut = file.read(PIECE_BYTES + LONGEST_LINE).decode(errors="ignore")
                    yield f"{cut}\n".encode()
                place = following


def sections(path: Path) -> Iterator[Section]:
    """The lines of a UTF-8 file, in order, without its byte order mark."""
    with path.open("rb") as file:
        start = len(BOM) if file.read(len(BOM)) == BOM else 0
        file.seek(start)
        head = file.read(PIECE_BYTES)
        size = min(SECTION_BYTES, SECTION_LINES * len(head) // (head.count(b"\n") + 1))
        end = path.stat().st_size
        while start < end:
            following = _line_from(file, start + size)
            yield Section(path, start, following)
            start = following


def _line_from(file: IO[bytes], place: int) -> int:
    """Where the first line begins after a place that is none; the end of the file where none does."""
    file.seek(place)
    while (more := file.readline(PIECE_BYTES)) and not more.endswith(b"\n"):
        pass
    return file.tell()


def numbered(read: Callable[[Section], tuple[R, int]], shift: Callable[[R, int], R], path: Path) -> Iterator[R]:
    """What is read of every section, in threads and in order, with its lines numbered by the file.

    `read` also says how many lines there were.
    """
    before = 0
    for found, lines in in_threads(read, sections(path)):
        yield shift(found, before)
        before += lines

"""A file of lines in batches of so many bytes, so that long lines do not make large batches."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TypeVar

import polars as pl
from polars import col

from hygiene.ingest.batches import in_threads

R = TypeVar("R")

PIECE_BYTES = 1 << 20
"""So much is read at once: memory of that size is used again, while larger stretches are fetched from the system."""
BATCH_BYTES = 1 << 25
"""To work out what records mean costs nearly as much for few of them as for many."""
LONGEST_LINE = 1 << 24
"""What is longer is cut, and so no record."""
TEXTS = {"line": pl.UInt32, "text": pl.String}
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """Some whole lines of a file, numbered from 1."""

    pieces: list[bytes]
    """UTF-8; each ends with a line."""

    @cached_property
    def _all(self) -> pl.DataFrame:
        pieces: list[IO[bytes]] = [io.BytesIO(piece) for piece in self.pieces]
        return pl.scan_lines(pieces, name="text", row_index_name="line", row_index_offset=1).collect()

    def texts(self) -> pl.DataFrame:
        """`line` and `text` of those that are not blank, without space around."""
        text = self._all["text"]
        # Most files hold nothing but objects, and to strip is to copy.
        is_plain = text.str.starts_with("{") & text.str.ends_with("}")
        texts = self._all.with_columns(col("line").cast(pl.UInt32))
        if is_plain.all():
            return texts
        return texts.with_columns(text.str.strip_chars()).filter(col("text") != "")

    def count(self) -> int:
        """How many lines."""
        return self._all.height


def line_batches(path: Path, size: int = BATCH_BYTES) -> Iterator[Lines]:
    """The lines of a UTF-8 file, in order, without its byte order mark."""
    pieces: list[bytes] = []
    for piece in _pieces(path):
        pieces.append(piece)
        if sum(map(len, pieces)) >= size:
            yield Lines(pieces)
            pieces = []
    if pieces:
        yield Lines(pieces)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
        while chunk := file.read(PIECE_BYTES):
            yield chunk if chunk.endswith(b"\n") else chunk + _rest_of_line(file)


def numbered(read: Callable[[Lines], R], shift: Callable[[R, int], R], path: Path) -> Iterator[R]:
    """What is read of every batch, in threads and in order, with its lines numbered by the file."""
    before = 0
    for found, lines in in_threads(lambda batch: (read(batch), batch.count()), line_batches(path)):
        yield shift(found, before)
        before += lines


def _rest_of_line(file: IO[bytes]) -> bytes:
    rest = more = file.readline(LONGEST_LINE)
    while more and not more.endswith(b"\n"):
        more = file.readline(LONGEST_LINE)
    is_whole = rest.endswith(b"\n") or len(rest) < LONGEST_LINE
    return rest if is_whole else rest.decode("utf-8", errors="ignore").encode() + b"\n"

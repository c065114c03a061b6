"""A file of lines in batches of so many bytes, so that long lines do not make large batches."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import polars as pl
from polars import col

from hygiene.ingest.batches import in_threads

R = TypeVar("R")

BATCH_BYTES = 1 << 24
LONGEST_LINE = 1 << 24
"""What is longer is cut, and so no record."""
TEXTS = {"line": pl.UInt32, "text": pl.String}
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """Some whole lines of a file, numbered from 1."""

    utf8: bytes

    def texts(self) -> pl.DataFrame:
        """`line` and `text` of those that are not blank, without space around."""
        lines = pl.scan_lines(io.BytesIO(self.utf8), name="text", row_index_name="line", row_index_offset=1)
        texts = lines.select(col("line").cast(pl.UInt32), col("text").str.strip_chars())
        return texts.filter(col("text") != "").collect()

    def count(self) -> int:
        """How many lines; polars counts without Python's lock."""
        return int(pl.scan_lines(io.BytesIO(self.utf8)).select(pl.len()).collect().item())


def line_batches(path: Path, size: int = BATCH_BYTES) -> Iterator[Lines]:
    """The lines of a UTF-8 file, in order, without its byte order mark."""
    with path.open("rb") as file:
        file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
        while chunk := file.read(size):
            yield Lines(chunk if chunk.endswith(b"\n") else chunk + _rest_of_line(file))


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

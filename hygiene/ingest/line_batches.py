"""A file of lines in batches of so many bytes, so that long lines do not make large batches."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl
from polars import col

BATCH_BYTES = 1 << 24
LONGEST_LINE = 1 << 24
"""What is longer is cut, and so no record."""
TEXTS = {"line": pl.UInt32, "text": pl.String}
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """Some whole lines of a file."""

    number: int
    """Of the first of them, from 1."""
    utf8: bytes

    def texts(self) -> pl.DataFrame:
        """`line` and `text` of those that are not blank, without space around."""
        lines = pl.scan_lines(io.BytesIO(self.utf8), name="text", row_index_name="line", row_index_offset=self.number)
        texts = lines.select(col("line").cast(pl.UInt32), col("text").str.strip_chars())
        return texts.filter(col("text") != "").collect()


def line_batches(path: Path, size: int = BATCH_BYTES) -> Iterator[Lines]:
    """The lines of a UTF-8 file, in order, without its byte order mark."""
    number = 1
    with path.open("rb") as file:
        file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
        while chunk := file.read(size):
            whole = chunk if chunk.endswith(b"\n") else chunk + _rest_of_line(file)
            yield Lines(number, whole)
            number += whole.count(b"\n")


def _rest_of_line(file: IO[bytes]) -> bytes:
    rest = more = file.readline(LONGEST_LINE)
    while more and not more.endswith(b"\n"):
        more = file.readline(LONGEST_LINE)
    is_whole = rest.endswith(b"\n") or len(rest) < LONGEST_LINE
    return rest if is_whole else rest.decode("utf-8", errors="ignore").encode() + b"\n"

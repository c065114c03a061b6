"""Rows on their way through the work folder, so that memory does not grow with a file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp

import polars as pl

PART_ROWS = 250_000
"""Events kept whole hold texts, such as a reply."""
STRETCH_ROWS = 2_000_000
"""ACTIVITY is narrow, and each stretch of it is sorted as a whole."""


@dataclass
class Parts:
    """Rows in files of `most` or a little more."""

    work: Path
    schema: pl.Schema
    most: int = PART_ROWS
    waiting: list[pl.DataFrame] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def add(self, rows: pl.DataFrame) -> None:
        """Takes some more."""
        if rows.height:
            self.waiting.append(rows)
        if sum(frame.height for frame in self.waiting) >= self.most:
            self._write()

    def scan(self) -> pl.LazyFrame:
        """All of them, in files."""
        if self.waiting:
            self._write()
        return pl.scan_ipc(self.files, glob=False) if self.files else pl.LazyFrame(schema=self.schema)

    def _write(self) -> None:
        handle, name = mkstemp(dir=self.work, prefix="part-", suffix=".arrow")
        with open(handle, "wb") as part:
            self._taken().write_ipc(part, compression="lz4")
        self.files.append(Path(name))

    def _taken(self) -> pl.DataFrame:
        rows = pl.concat(self.waiting)
        self.waiting.clear()
        return rows


class Stretches(Parts):
    """ACTIVITY in stretches sorted by mailbox; the last waits in memory, so that most files never go to the disk."""

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """A stretch at a time, once."""
        yield from (pl.read_ipc(file) for file in self.files)
        if self.waiting:
            yield self._taken()

    def _taken(self) -> pl.DataFrame:
        # One thread sorts with less work than several, and others read meanwhile.
        return super()._taken().sort("mailbox", multithreaded=False)

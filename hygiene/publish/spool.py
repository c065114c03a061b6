"""Rows put aside by place, and taken back place by place: any number of them comes into order in little memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import polars as pl
from polars.io.plugins import register_io_source

Place = tuple[object, ...]


class Spool:
    """One file of the work folder that many hands write to: a file a place and hand would be too many."""

    def __init__(self, path: Path, schema: pl.Schema) -> None:
        self.path = path
        self.empty = pl.DataFrame(schema=schema)
        self._parts: dict[Place, list[tuple[int, int]]] = defaultdict(list)
        """Where each part begins, and how long it is."""

    def put(self, rows: pl.DataFrame, by: Sequence[str]) -> None:
        """Puts rows aside, each in the place that the columns of `by` tell, which are not kept."""
        with self.path.open("ab") as file:
            for place, part in rows.partition_by(by, as_dict=True, include_key=False).items():
                packed = part.write_ipc_stream(None, compression="lz4").getbuffer()
                self._parts[place].append((file.tell(), packed.nbytes))
                file.write(packed)

    def take(self, place: Place) -> pl.DataFrame:
        """The rows of one place, in the order in which they were put."""
        if place not in self._parts:
            return self.empty
        with self.path.open("rb") as file:
            return pl.concat([_part(file, start, size) for start, size in self._parts[place]])


def _part(file: BinaryIO, start: int, size: int) -> pl.DataFrame:
    file.seek(start)
    return pl.read_ipc_stream(file.read(size))


def write_parquet(frames: Iterable[pl.DataFrame], path: Path) -> None:
    """One file of frames of which one at a time is in memory; there is at least one, and all are alike."""
    following = iter(frames)
    first = next(following)

    def source(_: object, __: object, ___: object, ____: object) -> Iterator[pl.DataFrame]:
        yield from chain([first], following)

    register_io_source(source, schema=first.schema).sink_parquet(path)

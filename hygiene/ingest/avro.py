"""Avro files (binary, with their schema) become Parquet in the work folder, so that one way reads both.

An Avro file is a header and blocks of records, with a marker after each (Avro 1.11, "Object Container Files"). So many
blocks at a time are read as a file of their own, so that memory does not grow with the file.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import polars as pl
from polars.exceptions import PanicException, PolarsError

from hygiene.ingest.streams import working_copy
from hygiene.model.errors import InputError

AVRO = b"Obj\x01"
MARKER_BYTES = 16
PART_BYTES = 1 << 22
LARGEST_BLOCK = 1 << 28
"""Writers close a block after some kilobytes or megabytes; one so large is read whole by nobody."""


def as_parquet(path: Path, work: Path) -> list[Path]:
    """Copies of the table's parts in the work folder; raises InputError where one cannot be read."""
    try:
        with path.open("rb") as file:
            return [_written(pl.read_avro(io.BytesIO(part)), path, work) for part in _parts(file)]
    except (PolarsError, PanicException, OSError, ValueError) as error:
        fix = "Copy it again, or export JSON."
        raise InputError(f"the Avro file cannot be read ({str(error).splitlines()[0]}).", str(path), fix) from error


def _written(frame: pl.DataFrame, path: Path, work: Path) -> Path:
    with working_copy(work, path) as target:
        frame.write_parquet(target, compression="lz4")
    return Path(target.name)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    """The header with some blocks, until all blocks have had their turn."""
    size = file.seek(0, io.SEEK_END)
    header = _header(file)
    if file.tell() >= size:
        raise ValueError("it holds no record")
    while (start := file.tell()) < size:
        blocks = []
        while (place := file.tell()) < size and place - start < PART_BYTES:
            blocks.append(_block(file, header[-MARKER_BYTES:]))
        yield header + b"".join(blocks)


def _header(file: IO[bytes]) -> bytes:
    """All up to the first block: a map of bytes, and the marker."""
    file.seek(len(AVRO))
    while pairs := _long(file):
        if pairs < 0:
            _long(file)
        for _ in range(2 * abs(pairs)):
            _read(file, _long(file))
    end = file.tell() + MARKER_BYTES
    file.seek(0)
    return _read(file, end)


def _block(file: IO[bytes], marker: bytes) -> bytes:
    start = file.tell()
    _long(file)
    end = _long(file) + file.tell() + MARKER_BYTES
    file.seek(start)
    block = _read(file, end - start)
    if not block.endswith(marker):
        raise ValueError("a block does not end where it says")
    return block


def _read(file: IO[bytes], size: int) -> bytes:
    if not 0 <= size <= LARGEST_BLOCK:
        raise ValueError(f"a block says it has {size:,} bytes; more than {LARGEST_BLOCK:,} are not read")
    found = file.read(size)
    if len(found) < size:
        raise ValueError("it ends too early")
    return found


def _long(file: IO[bytes]) -> int:
    """A number in the zigzag form, seven bits a byte."""
    number = 0
    for place in range(10):
        byte = _read(file, 1)[0]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number >> 1 ^ -(number & 1)
    raise ValueError("a number does not end")

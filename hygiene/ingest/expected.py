"""How many events a file may hold, told before it is read: by a Parquet file's own count, else by its size."""

import zipfile
from pathlib import Path

import polars as pl

from hygiene.ingest.avro import AVRO
from hygiene.ingest.events import EventFile
from hygiene.ingest.streams import PARQUET, compression_of, first_bytes

JSON_BYTES, TEXT_BYTES, PACKED_BYTES = 100, 60, 12
"""Bytes of a very lean event: generated ones take 181 as JSON, 77 as CSV, and 19 packed."""


def expected_events(file: EventFile) -> int:
    """More than there are, as a rule; it raises for nothing, as reading will tell what is wrong with the file."""
    if file.messages:
        return len(file.messages)
    if file.member is not None:
        return _unpacked_bytes(file.path, file.member) // TEXT_BYTES
    start, size = first_bytes(file.path), file.path.stat().st_size
    if start.startswith(PARQUET):
        return _parquet_rows(file.path) or size // PACKED_BYTES
    if compression_of(file.path) or start.startswith(AVRO):
        return size // PACKED_BYTES
    return size // (JSON_BYTES if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) else TEXT_BYTES)


def _unpacked_bytes(path: Path, member: str) -> int:
    with zipfile.ZipFile(path) as archive:
        return archive.getinfo(member).file_size


def _parquet_rows(path: Path) -> int | None:
    try:
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    except pl.exceptions.PolarsError:
        return None

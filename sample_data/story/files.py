"""Writing files whose bytes depend on nothing but their content."""

import gzip
import io
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """The file, compressed where its name says so; no time and no name goes into a gzip header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_gzipped(content) if path.suffix == ".gz" else content)


def _gzipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as packed:
        packed.write(content)
    return buffer.getvalue()

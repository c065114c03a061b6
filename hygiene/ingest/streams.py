"""The bytes of a file, a chunk at a time: found, opened, unpacked, and named by their digest."""

import hashlib
import logging
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from glob import glob as expand
from glob import has_magic
from pathlib import Path
from typing import IO, Protocol

from hygiene.model.errors import InputError

log = logging.getLogger(__name__)

CHUNK = 1 << 20
HEAD = 1 << 10
"""Bytes of content that tell one file from others, and are the same when it has grown."""
PARQUET = b"PAR1"
COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"7z\xbc\xaf": "a 7-Zip archive",
    PARQUET: "a Parquet file",
    b"Obj\x01": "an Avro file",
}
"""First bytes of files that are no text, and what people call them."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def files_of(path: str, base: Path, *, may_be_empty: bool = False) -> list[Path]:
    """The files that a path or glob of the job names, sorted; raises InputError where there is none.

    An empty one is left out if it may be empty, and else an InputError too.
    """
    full = Path(path) if Path(path).is_absolute() else base / path
    if full.exists() or not has_magic(path):
        found = [full]
    else:
        every = sorted(Path(match) for match in expand(str(full), recursive=True))
        found = [file for file in every if not file.is_dir()] or every[:1]
    if not found:
        raise InputError("no file matches.", str(full), "Correct the pattern or put the files there.")
    return [existing(file) for file in found if not (may_be_empty and _is_empty(file))]


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def existing(path: Path) -> Path:
    """The path, if something can be read there; raises InputError where not."""
    if path.is_dir():
        raise InputError("is a folder, not a file.", str(path), f"Name a file, or a pattern such as {path.name}/*.csv.")
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise InputError("the file is empty.", str(path), "Export it again, or leave it out of the job.")
    except FileNotFoundError as error:
        raise InputError("there is no such file.", str(path), "Correct the path or put the file there.") from error
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror}).", str(path), "Check its permissions.") from error
    return path


def first_bytes(path: Path, size: int = 8) -> bytes:
    """The first bytes as they lie on disk."""
    with path.open("rb") as file:
        return file.read(size)


def compression_of(path: Path) -> str | None:
    """`gzip`, `zstd` or None, by the first bytes, whatever the name says."""
    start = first_bytes(path)
    return next((name for magic, name in COMPRESSIONS.items() if start.startswith(magic)), None)


def digest_of(path: Path) -> str:
    """SHA-256 of the file as it lies on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def head_of(path: Path) -> str | None:
    """SHA-256 of the first HEAD bytes of what a file says; None where it says less, or is a folder."""
    start = b""
    if path.is_file():
        with suppress(InputError):
            for chunk in chunks(path, compression_of(path), None):
                start += chunk
                if len(start) >= HEAD:
                    return hashlib.sha256(start[:HEAD]).hexdigest()
    return None


def chunks(path: Path, compression: str | None, digest: "hashlib._Hash | None") -> Iterator[bytes]:
    """The unpacked bytes; `digest`, if any, sees the packed ones. Raises InputError for what is cut off or damaged."""
    packed = _hashed(path, digest)
    yield from packed if compression is None else _unpacked(path, packed, compression)


def _hashed(path: Path, digest: "hashlib._Hash | None") -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if digest is not None:
                digest.update(chunk)
            yield chunk


def _unpacked(path: Path, packed: Iterator[bytes], compression: str) -> Iterator[bytes]:
    # Several packed streams may follow one another (`cat a.gz b.gz`); zero bytes after the last are padding.
    import zstandard

    try:
        unpacker = _unpacker(compression)
        for rest in packed:
            while rest:
                if unpacker.eof and not (rest := rest.lstrip(b"\0")):
                    break
                if unpacker.eof:
                    unpacker = _unpacker(compression)
                yield unpacker.decompress(rest)
                rest = unpacker.unused_data
    except (zlib.error, zstandard.ZstdError) as error:
        raise InputError(f"the {compression} data is damaged ({error}).", str(path), "Copy the file again.") from error
    if not unpacker.eof:
        raise InputError(f"the {compression} data ends too early.", str(path), "The file was cut off: copy it again.")


def _unpacker(compression: str) -> _Unpacker:
    import zstandard

    if compression == "gzip":
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    return zstandard.ZstdDecompressor().decompressobj()


def working_copy(work: Path, original: Path) -> IO[bytes]:
    """A new file in the work folder that only its owner can read."""
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    log.debug("working copy of %s in %s", original, work)
    return tempfile.NamedTemporaryFile(dir=work, prefix=f"{original.stem}-", suffix=".part", delete=False)

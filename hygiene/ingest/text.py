"""Any text file as UTF-8: in place where it is plain UTF-8, else as a working copy with undecodable bytes marked."""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import polars as pl
from polars import col

from hygiene.ingest.encoding import MARK, MARKING, Survey, bom_of, encoding_of, survey
from hygiene.ingest.streams import CHUNK, chunks, compression_of, existing, first_bytes, working_copy
from hygiene.model.errors import InputError, OutputError

HEAD_BYTES = 1 << 18
"""How much of a file is looked at to tell its form."""
HEAD_LINE_BYTES = 1 << 23
"""And how much more for the end of the last line."""


@dataclass(frozen=True)
class TextFile:
    """A text file that can be read line by line, as often as needed."""

    path: Path
    utf8: Path
    """The same text as UTF-8 with `\\n` or `\\r\\n`: the file itself, or a working copy."""
    encoding: str
    """`utf-8`, `utf-16-le`, `utf-16-be` or `windows-1252`."""
    has_bom: bool
    compression: str | None
    line_terminator: str
    digest: str
    """SHA-256 of the file as it lies on disk."""
    undecodable: int
    """How many sequences of bytes are no text in this encoding; each is one MARK in `utf8`."""

    @cached_property
    def head(self) -> str:
        """The beginning without BOM, up to the end of a line."""
        with self.utf8.open("rb") as file:
            start = file.read(HEAD_BYTES)
            rest = file.readline(HEAD_LINE_BYTES) if len(start) == HEAD_BYTES else b""
        return (start + rest).decode("utf-8", errors="ignore").removeprefix("\ufeff")

    def lines(self, skip: int = 0) -> pl.LazyFrame:
        """Columns line (UInt32, from 0) and text (without terminator), after the first `skip` lines, in order."""
        lines = pl.scan_lines(self.utf8, name="text", row_index_name="line", glob=False)
        lines = lines.with_columns(col("line").cast(pl.UInt32))
        if skip:
            return lines.filter(col("line") >= skip)
        return lines.with_columns(
            text=pl.when(col("line") == 0).then(col("text").str.strip_prefix("\ufeff")).otherwise(col("text"))
        )


def open_text(path: Path, work: Path, encoding: str | None = None, known_digest: str | None = None) -> TextFile:
    """Reads the file once and says how it is written; raises InputError for what is no text, is cut off or damaged.

    `encoding` is a word of the job file (`utf-8`, `utf-16`, `windows-1252`), or None to go by the content.
    A digest that is known is not computed again.
    """
    compression = compression_of(existing(path))
    try:
        digest, found, plain = _surveyed(path, work, compression, known_digest)
        start = first_bytes(plain, HEAD_BYTES)
        if not start:
            raise InputError("the file is empty.", str(path), "Export it again, or leave it out of the job.")
        name = encoding_of(path, start, found, encoding)
        terminator = _terminator(start, name)
        utf8, undecodable = plain, 0
        if name != "utf-8" or found.undecodable or terminator == "\r":
            utf8, undecodable = _transcoded(plain, work, name, terminator)
    except OSError as error:
        raise OutputError(f"a working copy of {path} cannot be written ({error.strerror}).", str(work)) from error
    if plain not in (path, utf8):
        plain.unlink()
    return TextFile(path, utf8, name, bom_of(start) == name, compression, terminator, digest, undecodable)


def _surveyed(path: Path, work: Path, compression: str | None, known: str | None) -> tuple[str, Survey, Path]:
    """One pass over the file: its digest, how much of it is UTF-8, and where its unpacked bytes are."""
    digest = hashlib.sha256()
    plain = chunks(path, compression, None if known else digest)
    if compression is None:
        found = survey(plain)
        return known or digest.hexdigest(), found, path
    with working_copy(work, path) as file:
        found = survey(_copied(plain, file))
    return known or digest.hexdigest(), found, Path(file.name)


def _copied(source: Iterator[bytes], target: IO[bytes]) -> Iterator[bytes]:
    for chunk in source:
        target.write(chunk)
        yield chunk


def _terminator(start: bytes, encoding: str) -> str:
    r"""What ends the first line; a lone `\r` (old Macintosh) only where the file has no `\n` at all."""
    text = start.decode(encoding, errors="replace")
    first, newline, _ = text.partition("\n")
    if newline:
        return "\r\n" if first.endswith("\r") else "\n"
    return "\r" if "\r" in text else "\n"


def _transcoded(plain: Path, work: Path, encoding: str, terminator: str) -> tuple[Path, int]:
    """A working copy in UTF-8, and how many undecodable sequences it marks."""
    decoder, undecodable = codecs.getincrementaldecoder(encoding)(MARKING), 0
    with plain.open("rb") as source, working_copy(work, plain) as target:
        source.seek(_bom_bytes(source.read(4), encoding))
        final = False
        while not final:
            chunk = source.read(CHUNK)
            final = not chunk
            text = decoder.decode(chunk, final=final)
            undecodable += text.count(MARK)
            target.write((text.replace("\r", "\n") if terminator == "\r" else text).encode())
    return Path(target.name), undecodable


def _bom_bytes(start: bytes, encoding: str) -> int:
    return {"utf-8": 3, "utf-16-le": 2, "utf-16-be": 2}[encoding] if bom_of(start) == encoding else 0

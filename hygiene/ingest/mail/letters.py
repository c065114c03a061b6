"""Messages out of mbox files, Maildirs, folders of `.eml` and `.zip` archives, one at a time and of bounded size."""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from hygiene.ingest.archives import is_archive
from hygiene.ingest.streams import chunks, compression_of
from hygiene.model.errors import InputError

MOST_BYTES = 1 << 18
"""A report and the headers of what it returns come first; what follows is our own letter."""
LONGEST_LINE = 1 << 16
HEAD = 1 << 14
BOM = b"\xef\xbb\xbf"
FROM_LINE = re.compile(
    rb"From \S.*? (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2}) .*\d\d?:\d\d"
)
HEADER = re.compile(rb"(?:[!-9;-~]{1,76}:(?:[ \t][^\n]*)?\r?\n(?:[ \t][^\n]*\n)*){2}")
KNOWN = re.compile(
    rb"(?mi)^(?:received|return-path|delivered-to|from|to|subject|date|message-id|mime-version|content-type|x-mozilla-status):"
)
NO_MESSAGE = "no mail message"


@dataclass(frozen=True)
class Letter:
    """A message as it was found, or why it cannot be had."""

    name: str | None
    """Its file within the folder or archive; None where the file that the job names holds it."""
    line: int
    """Where it begins in its file, from 1."""
    content: bytes
    """Its first MOST_BYTES."""
    problem: str | None = None


def is_mail(start: bytes) -> bool:
    """Whether bytes begin like a message or an mbox."""
    start = start.removeprefix(BOM).lstrip(b"\r\n")
    if FROM_LINE.match(start):
        return True
    return bool(HEADER.match(start) and KNOWN.search(start))


def letters(path: Path, members: tuple[Path, ...] = ()) -> Iterator[Letter]:
    """All messages of a file, or of the members of a folder; raises InputError where a file is cut off or damaged."""
    if members:
        for member in members:
            yield from _member(member, member.relative_to(path).as_posix())
    elif is_archive(path):
        yield from _archived(path)
    else:
        yield from _in_file(_opened(path), None)


def has_mail(path: Path) -> bool:
    """Whether a file begins with a message, or an archive holds one."""
    if is_archive(path):
        return any(letter.content and not letter.problem for letter in _archived(path))
    with _opened(path) as file:
        start = file.read(HEAD)
    return is_mail(start) or is_mail(start.partition(b"\n")[2])


def _member(path: Path, name: str) -> Iterator[Letter]:
    """A message of a folder; one that a mail program has just moved is looked for under its new name."""
    try:
        yield from _in_file(_opened(_where(path)), name)
    except (OSError, InputError) as error:
        yield Letter(name, 1, b"", f"cannot be read ({error.strerror if isinstance(error, OSError) else error.what})")


def _where(path: Path) -> Path:
    """Maildir: reading a message moves it from `new` to `cur`, and adds flags after `:2,`."""
    if path.exists():
        return path
    stem = path.name.partition(":")[0]
    cur = path.parent.parent / "cur"
    return (
        next((found for found in cur.iterdir() if found.name.partition(":")[0] == stem), path) if cur.is_dir() else path
    )


def _archived(path: Path) -> Iterator[Letter]:
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir() and not info.filename.startswith("__MACOSX/"):
                    yield from _unpacked(archive, info)
    except zipfile.BadZipFile as error:
        raise InputError(f"the zip archive is damaged ({error}).", str(path), "Copy the file again.") from error


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Letter]:
    try:
        with archive.open(info) as file:
            yield from _in_file(file, info.filename)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        # RuntimeError: a password is needed.
        yield Letter(info.filename, 1, b"", f"cannot be unpacked ({error})")


def _in_file(file: IO[bytes], name: str | None) -> Iterator[Letter]:
    """The messages of an mbox, or the one message of a file."""
    with file:
        first, line = file.readline(LONGEST_LINE).removeprefix(BOM), 1
        while first and not first.strip():
            first, line = file.readline(LONGEST_LINE), line + 1
        rest = file.read(MOST_BYTES) + file.readline(LONGEST_LINE)
        # A message may have any first line but one with a space before its colon; such a line is a damaged mark.
        if FROM_LINE.match(first) or (is_mail(rest[:HEAD]) and not is_mail(first + rest[:HEAD])):
            lines = chain(rest.splitlines(keepends=True), iter(lambda: file.readline(LONGEST_LINE), b""))
            yield from _mbox(lines, name, line)
        else:
            content = first + rest
            yield Letter(name, line, content, None if is_mail(content[:HEAD]) else NO_MESSAGE)


def _mbox(lines: Iterator[bytes], name: str | None, begun: int) -> Iterator[Letter]:
    """A line `From sender date` begins each message (RFC 4155); a body quotes such a line as `>From`."""
    kept: list[bytes] = []
    number, size, ends_line = begun, 0, True
    for line in lines:
        number += ends_line
        if ends_line and line.startswith(b"From ") and FROM_LINE.match(line):
            yield Letter(name, begun, b"".join(kept))
            begun, kept, size = number, [], 0
        elif size < MOST_BYTES:
            kept.append(line)
            size += len(line)
        ends_line = line.endswith(b"\n")
    yield Letter(name, begun, b"".join(kept))


def _opened(path: Path) -> IO[bytes]:
    compression = compression_of(path)
    if compression is None:
        return path.open("rb")
    return io.BufferedReader(_Unpacked(chunks(path, compression, hashlib.sha256())))


class _Unpacked(io.RawIOBase):
    """Chunks as a file that can be read line by line."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source, self._rest = source, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._source, None)
            if chunk is None:
                return 0
            self._rest = chunk
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

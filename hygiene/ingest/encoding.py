"""Which encoding do bytes have? Told by BOM, by zero bytes, and by whether all of the file is UTF-8."""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hygiene.ingest.streams import FOREIGN
from hygiene.model.errors import InputError

MARK = "\ufdd0"
"""Stands for bytes that could not be decoded: a noncharacter (Unicode 23.7), so that no text holds it."""
MARKING = "hygiene-mark"
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
FIX = "Correct `encoding`, or leave it out to have it detected."


def _marked(error: UnicodeError) -> tuple[str, int]:
    return MARK, error.end if isinstance(error, UnicodeDecodeError) else 0


codecs.register_error(MARKING, _marked)


@dataclass
class Survey:
    """What reading all bytes as UTF-8 found."""

    undecodable: int = 0
    """Sequences that are no UTF-8."""
    multibyte: int = 0
    """Bytes of characters beyond ASCII, less one each."""


def survey(chunks: Iterable[bytes]) -> Survey:
    """Reads all bytes as UTF-8 and counts what is."""
    decoder, found = codecs.getincrementaldecoder("utf-8")(MARKING), Survey()
    for chunk in chunks:
        # Plain ASCII after a whole character has nothing to count.
        if not (chunk.isascii() and decoder.getstate()[0] == b""):
            _count(found, len(chunk), decoder.decode(chunk))
    _count(found, 0, decoder.decode(b"", final=True))
    return found


def _count(found: Survey, size: int, text: str) -> None:
    found.undecodable += text.count(MARK)
    found.multibyte += size - len(text)


def bom_of(start: bytes) -> str | None:
    """The encoding that a byte order mark names."""
    return next((name for mark, name in BOMS.items() if start.startswith(mark)), None)


def encoding_of(path: Path, start: bytes, found: Survey, declared: str | None) -> str:
    """Python's name of the encoding; raises InputError for binary data and for a declared encoding that cannot be.

    `start` is the beginning of the bytes; `declared` is a word of the job file.
    """
    natural = bom_of(start) or _utf_16_without_bom(start)
    if natural is None and declared != "utf-16":
        _refuse_binary(path, start)
    if declared is not None:
        _refuse_declared(path, natural, found, declared)
    if declared == "utf-16":
        return natural or "utf-16-le"
    is_utf_8 = found.undecodable == 0 or found.multibyte > found.undecodable
    return natural or declared or ("utf-8" if is_utf_8 else "windows-1252")


def _utf_16_without_bom(start: bytes) -> str | None:
    """Western text in UTF-16 has a zero in every other byte."""
    even, odd, half = start[0::2].count(0), start[1::2].count(0), len(start) / 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.4 and odd < half * 0.05 else None


def _refuse_binary(path: Path, start: bytes) -> None:
    for magic, name in FOREIGN.items():
        if start.startswith(magic):
            raise InputError(f"is {name}, not a text file.", str(path), "Export it as CSV, or unpack it first.")
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls > len(start) / 100:
        raise InputError("holds binary data, not text.", str(path), "Export the list as CSV, NDJSON or Parquet.")


def _refuse_declared(path: Path, natural: str | None, found: Survey, declared: str) -> None:
    """Bytes rarely look like UTF-8 or UTF-16 by chance, so a contradiction is a mistake in the job file."""
    is_utf_8 = natural == "utf-8" or (natural is None and found.undecodable == 0 and found.multibyte > 0)
    looks = "UTF-16" if natural and natural.startswith("utf-16") else "UTF-8" if is_utf_8 else None
    if declared == "utf-16" and natural is None and found.undecodable == 0:
        looks = "UTF-8"
    if looks and looks.lower() != declared:
        raise InputError(f"is declared as {declared}, but is {looks}.", str(path), FIX)

"""JSON that is not one record a line (arrays, printed documents, several of them in a row) as one record a line."""

import json
import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from pathlib import Path

from hygiene.ingest.streams import working_copy

CHUNK = 1 << 22
LONGEST_RECORD = 1 << 24
"""A record that has not ended after so many characters is broken."""
BETWEEN = re.compile(r"\}\s*(?:,|\]\s*,?\s*\[)?\s*\{")
"""From one record to the next, when records hold no list of objects."""
PACKING = " \t\r\n,[]\ufeff"
FILLING = re.compile(rf"[{re.escape(PACKING)}]*")
NEXT = re.compile(r"(?<=[}\],\s])\s*(?=\{)")


def is_one_a_line(head: str) -> bool:
    """Whether the file holds one record a line."""
    return any(line.startswith("{") and _is_whole(line) for line in head.splitlines())


def first_records(head: str, most: int = 50) -> list[dict[str, object]]:
    """The first records of a file, whatever they are packed in."""
    found = (_loaded(text) for text in records_in(head))
    return [record for _, record in zip(range(most), found, strict=False) if isinstance(record, dict)]


def records_in(text: str) -> Iterator[str]:
    """The texts of all objects in a text, outside of lists."""
    return _records(iter([text]))


def split_fast(text: Path, work: Path) -> Path:
    """A working copy with one record a line, cut where one object follows another; wrong if records hold such lists."""
    with working_copy(work, text) as file:
        rest, starts = "", True
        for chunk in _chunks(text):
            cut = BETWEEN.sub("}\n{", (rest + _flat(chunk)).lstrip(PACKING if starts else ""))
            # What follows the last cut may go on in the next chunk.
            end = cut.rfind("\n") + 1
            file.write(cut[:end].encode())
            rest, starts = cut[end:], starts and not cut
        file.write(rest.rstrip(PACKING).encode())
        return Path(file.name)


def split(text: Path, work: Path) -> Path:
    """The same by reading every record; what is broken stands in a line of its own."""
    with working_copy(work, text) as file:
        for record in _records(_chunks(text)):
            file.write(_flat(record).encode() + b"\n")
        return Path(file.name)


def _records(chunks: Iterator[str]) -> Iterator[str]:
    """The texts of all objects, outside of arrays; what cannot be read runs to the next object."""
    decoder, buffer, place, is_whole = JSONDecoder(strict=False), "", 0, False
    while True:
        place = _after_filling(buffer, place)
        try:
            if place >= len(buffer):
                raise JSONDecodeError("all read", buffer, place)
            end = decoder.raw_decode(buffer, place)[1] if buffer[place] == "{" else _next(buffer, place)
        except (JSONDecodeError, RecursionError):
            if not is_whole and len(buffer) - place < LONGEST_RECORD:
                more = next(chunks, None)
                is_whole = more is None
                buffer, place = buffer[place:] + (more or ""), 0
                continue
            if place >= len(buffer):
                return
            end = _next(buffer, place + 1)
        yield buffer[place:end]
        place = end


def _after_filling(buffer: str, place: int) -> int:
    found = FILLING.match(buffer, place)
    return found.end() if found else place


def _next(buffer: str, place: int) -> int:
    """Where the next object begins."""
    found = NEXT.search(buffer, place)
    return found.end() if found else len(buffer)


def _chunks(text: Path) -> Iterator[str]:
    with text.open(encoding="utf-8", newline="") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _flat(text: str) -> str:
    """Without line ends, which JSON allows between tokens alone."""
    return text.replace("\r", " ").replace("\n", " ")


def _is_whole(line: str) -> bool:
    return isinstance(_loaded(line), dict)


def _loaded(text: str) -> object:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None

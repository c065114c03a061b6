"""Which system wrote a suppression list? Told by the marks of the formats in its first rows, or not told at all."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from hygiene.formats.format import formats
from hygiene.ingest.archives import is_archive, members, unpacked
from hygiene.ingest.detect import FIRST, Record, fits, has_marks, table_records
from hygiene.ingest.documents import first_records
from hygiene.ingest.shape import shape_of
from hygiene.ingest.streams import existing
from hygiene.ingest.text import TextFile, open_text
from hygiene.model.errors import InputError


def list_format(path: Path, otherwise: str | None = None) -> str:
    """The name of the format of a list; where its content does not tell, `otherwise`, or InputError is raised."""
    with TemporaryDirectory(prefix="hygiene-") as work:
        found = list_formats(open_text(_first(existing(path), Path(work)), Path(work)))
    if len(found) == 1:
        return found[0]
    if otherwise:
        return otherwise
    told = f"it fits {' and '.join(found)}" if found else "its columns fit several systems, or none"
    raise InputError(f"whose list this is cannot be told: {told}.", str(path), "Say which with --format.")


def list_formats(text: TextFile) -> list[str]:
    """Names of the formats whose marks every one of the first rows has."""
    records = first_records(text.head, FIRST) if is_json(text) else _rows(text.head)
    return [
        each.name
        for each in formats().values()
        if records
        and each.suppressions
        and any(all(fits(record, marks) for record in records) for marks in each.suppressions.marks)
    ]


def refuse_events(text: TextFile, name: str) -> None:
    """Raises InputError for what is known as events, and not as a list: most whom it names are not suppressed."""
    records = first_records(text.head) if is_json(text) else table_records(text.head, None)[1]
    titles = [each.title for each in formats().values() if each.read and has_marks(records, each.read)]
    if titles and not list_formats(text):
        raise InputError(
            f"holds what {titles[0]} tells of addresses, good and bad; it is no list of suppressed ones.",
            name,
            "Name it under [[events]] of the job: what it says is evidence, which the rules judge.",
        )


def is_json(text: TextFile) -> bool:
    """Whether a list is JSON, by its first character."""
    return text.head.lstrip("\ufeff \t\r\n").startswith(("{", "["))


def _rows(head: str) -> list[Record]:
    """The header as a record; the first rows of a table without one, by the numbers of their cells, and how many."""
    shape = shape_of(head)
    if shape.has_header:
        return [dict.fromkeys((name.strip().strip('"').strip() for name in shape.names), "")]
    lines = [line for line in head.splitlines()[shape.head_lines :] if line.strip()][:FIRST]
    rows = csv.reader(lines, delimiter=shape.delimiter)
    return [{"#": len(row), **{str(number): cell for number, cell in enumerate(row)}} for row in rows]


def _first(path: Path, work: Path) -> Path:
    """The file, or the first one in an archive."""
    return unpacked(path, next(iter(members(path))), work) if is_archive(path) else path

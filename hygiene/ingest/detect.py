"""Which system wrote a file? Told by the marks of the formats in its first records."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hygiene.formats.format import Format, Paths, Reading, formats
from hygiene.ingest.conditions import meets
from hygiene.ingest.opening import KEY
from hygiene.ingest.shape import Shape, shape_of
from hygiene.model.errors import InputError

Record = Mapping[str, Any]
FIRST = 20
"""So many records of a table are looked at."""


def recognised(records: Sequence[Record], where: str) -> Format | None:
    """The one format whose marks are in these records; raises InputError where there are several."""
    found = [each for each in formats().values() if each.read and has_marks(records, each.read)]
    if len(found) > 1:
        names = " and ".join(each.name for each in found)
        raise InputError(f"the records fit {names}.", where, 'Say which with `format = "…"`.')
    return found[0] if found else None


def has_marks(records: Sequence[Record], reading: Reading) -> bool:
    """Whether one of the records is of this system."""
    return any(
        fits(inner, marks) for record in records for inner in _with_inner(record, reading) for marks in reading.marks
    )


def fits(record: Record, marks: Paths) -> bool:
    """Whether a record has all marks of a set."""
    return all(_is_there(record, mark) for mark in marks)


def table_records(head: str, delimiter: str | None, reading: Reading | None = None) -> tuple[Shape, list[Record]]:
    """The shape of a table and its first records by its header, or by the positions of the format."""
    if reading and reading.positions:
        shape = shape_of(head, delimiter, has_header=False)
        names: Sequence[str] = reading.positions if len(shape.names) == len(reading.positions) else ()
    else:
        shape = shape_of(head, delimiter)
        names = [name.strip().strip('"').strip() for name in shape.names]
    rows = csv.reader(head.splitlines()[shape.head_lines :][:FIRST], delimiter=shape.delimiter)
    return shape, [dict.fromkeys(names, ""), *(dict(zip(names, row, strict=False)) for row in rows)] if names else []


def recognised_table(head: str, delimiter: str | None, where: str) -> tuple[Format | None, Shape]:
    """The format of a table, and its shape."""
    for each in formats().values():
        if each.read and each.read.positions:
            shape, records = table_records(head, delimiter, each.read)
            if has_marks(records, each.read):
                return each, shape
    shape, records = table_records(head, delimiter)
    return recognised(records, where), shape


def unknown(where: str, found: str) -> InputError:
    """What to say of a file that fits no format."""
    looked = [
        f"{each.name} ({' + '.join(each.read.marks[0])})"
        for each in formats().values()
        if each.read and each.read.marks
    ]
    texts = [each.title for each in formats().values() if each.read and each.read.container in ("log", "mail")]
    return InputError(
        f"the file fits no format: looked for {', '.join([*looked, *texts])} and for columns of time, address and "
        f"kind; found {found}.",
        where,
        'Set `format = "generic"` with `columns`; `hygiene formats NAME` tells all that a format is known by.',
    )


def _with_inner(record: Record, reading: Reading) -> list[Record]:
    """The record, what its envelope holds, and what its lists hold."""
    found: list[Record] = [record]
    if "by_key" in reading.steps:
        found += [{KEY: key, **one} for key, many in record.items() for one in _objects(many)]
    for path in reading.unwrap:
        found += [one for each in found for text in _at(each, path) for one in _objects(_loaded(text))]
    for root in reading.roots:
        found += [one for each in found for value in _at(each, root) for one in _objects(value)]
    return found


def _is_there(record: Record, mark: str) -> bool:
    path, asks, value = mark.partition("=")
    values = [one for one in _at(record, path) if one is not None]
    return any(meets(str(one), (value,)) for one in values) if asks else bool(values)


def _at(record: Record, path: str) -> Iterator[Any]:
    """Everything at a path."""
    if path in record:
        yield record[path]
        return
    key, _, rest = path.partition(".")
    value = record.get(key.removesuffix("[]"))
    for one in value if key.endswith("[]") and isinstance(value, list) else [value]:
        if not rest:
            yield one
        elif isinstance(one, dict):
            yield from _at(one, rest)


def _objects(value: Any) -> list[Record]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _loaded(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def listed(paths: Paths | Sequence[str], most: int = 20) -> str:
    """The first of some names."""
    return ", ".join(paths[:most])

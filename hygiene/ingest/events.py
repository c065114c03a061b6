"""Event files of ESPs and MTAs: found, recognised, and read into events; what is unreadable or no event is counted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

import polars as pl

from hygiene.config import EventSource
from hygiene.formats.format import Format, Reading, format_named, formats
from hygiene.ingest.documents import first_records
from hygiene.ingest.generic import generic, is_recognised
from hygiene.ingest.json_events import json_batches
from hygiene.ingest.meaning import UNKEYED, Batch
from hygiene.ingest.shape import shape_of
from hygiene.ingest.streams import PARQUET, digest_of, files_of, first_bytes
from hygiene.ingest.table_events import csv_batches, parquet_batches, parquet_texts, table_names
from hygiene.ingest.text import TextFile, open_text
from hygiene.model.errors import InputError
from hygiene.model.tables import EVENTS, REJECTS

AUTO = "auto"
GENERIC = "generic"
UNKEYED_EVENTS = {name: dtype for name, dtype in EVENTS.schema.items() if name in UNKEYED or name == "source"}
"""EVENTS without address_key and mailbox_key: keys are another stage's work."""
Tick = Callable[[int], None]


@dataclass(frozen=True)
class EventRows:
    """What an event file holds."""

    format: str
    """Name of the format it was read with."""
    events: pl.LazyFrame
    """EVENTS without the two keys, in the work folder."""
    rejects: pl.DataFrame
    """REJECTS."""
    kinds: Mapping[str, int]
    """Number of events by kind."""
    ignored: Mapping[str, int]
    """Number of records that are no event of ours, by the type they give themselves."""


@dataclass(frozen=True)
class EventFile:
    """An event file that is there; nothing of it is read yet but its digest."""

    path: Path
    name: str
    """As the job sees it, relative to its folder."""
    digest: str
    """SHA-256 of the bytes and of how the job says to read them."""
    source: EventSource
    work: Path

    def read(self, tick: Tick = lambda _: None) -> EventRows:
        """Its events; raises InputError where it fits no format, lacks a column, or is cut off."""
        system, batches = _opened(self)
        return _gathered(self, system, batches, tick)


def read_events(source: EventSource, base: Path, work: Path) -> list[EventFile]:
    """The files of one `[[events]]` entry, sorted; raises InputError where there is none, or one is empty."""
    return [_found(path, source, base, work) for path in files_of(source.path, base)]


def _found(path: Path, source: EventSource, base: Path, work: Path) -> EventFile:
    how = source.model_dump_json(exclude={"path"})
    digest = sha256(f"{digest_of(path)}{how}".encode()).hexdigest()
    name = path.relative_to(base) if path.is_relative_to(base) else path
    return EventFile(path, name.as_posix(), digest, source, work)


def _opened(file: EventFile) -> tuple[Format, Iterator[Batch]]:
    where = str(file.path)
    if first_bytes(file.path, len(PARQUET)) == PARQUET:
        _only_tables(file)
        names = parquet_texts(file.path).collect_schema().names()
        system, reading = generic(file.source, names, where)
        return system, parquet_batches(file.path, system, reading)
    text = open_text(file.path, file.work, file.source.encoding)
    if text.head.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        system, reading = _json_format(file, text)
        return system, json_batches(text, system, reading, file.work)
    _only_tables(file)
    shape = shape_of(text.head, file.source.delimiter)
    names = table_names(shape.names)
    if file.source.format == AUTO and not (is_recognised(names) or file.source.columns):
        raise _unknown(where, f"columns {', '.join(names[:20])}")
    system, reading = generic(file.source, names, where)
    return system, csv_batches(text, shape, system, reading)


def _only_tables(file: EventFile) -> None:
    if file.source.format not in (AUTO, GENERIC):
        raise InputError(
            f"format {file.source.format} is JSON, and this is not.", str(file.path), 'Set `format = "auto"`.'
        )


def _json_format(file: EventFile, text: TextFile) -> tuple[Format, Reading]:
    where, named = str(file.path), file.source.format
    if named not in (AUTO, GENERIC):
        system = format_named(named)
        if system.read is None:
            raise InputError(f"format {named} has no events.", where, f"There are: {', '.join(_with_events())}.")
        return system, system.read
    records = first_records(text.head)
    marked = [each for each in formats().values() if each.read and _is_marked(records, each.read)]
    if named == AUTO and marked and not file.source.columns:
        system = marked[0]
        return system, system.read or Reading()
    keys = sorted({key for record in records for key in record})
    if named == AUTO and not (is_recognised(keys) or file.source.columns):
        raise _unknown(where, f"keys {', '.join(keys[:20])}" if keys else "no JSON object")
    return generic(file.source, keys, where)


def _is_marked(records: list[dict[str, object]], reading: Reading) -> bool:
    return any(set(marks) <= record.keys() for record in records for marks in reading.marks)


def _with_events() -> list[str]:
    return [name for name, each in formats().items() if each.read]


def _unknown(where: str, found: str) -> InputError:
    looked = [
        f"{each.name} ({' or '.join(' + '.join(marks) for marks in each.read.marks)})"
        for each in formats().values()
        if each.read and each.read.marks
    ]
    return InputError(
        f"the file fits no format: looked for {', '.join(looked)} and for columns of time, address and kind; "
        f"found {found}.",
        where,
        'Set `format = "generic"` with `columns`.',
    )


def _gathered(file: EventFile, system: Format, batches: Iterator[Batch], tick: Tick) -> EventRows:
    """Batches go to the work folder as they come, so that memory does not grow with the file."""
    parts: list[Path] = []
    rejects, kinds, ignored = [REJECTS.empty()], [], []
    for batch in batches:
        if batch.events.height:
            parts.append(_kept(file, batch.events))
        rejects.append(_rejects(file, batch.rejects))
        kinds.append(batch.events.group_by("kind").len())
        ignored.append(batch.ignored)
        tick(batch.events.height)
    return EventRows(
        system.name,
        pl.scan_parquet(parts, glob=False) if parts else pl.LazyFrame(schema=UNKEYED_EVENTS),
        pl.concat(rejects),
        _summed(kinds, "kind", "len"),
        _summed(ignored, "type", "records"),
    )


def _kept(file: EventFile, events: pl.DataFrame) -> Path:
    handle, name = mkstemp(dir=file.work, prefix="events-", suffix=".parquet")
    with open(handle, "wb") as part:
        events.with_columns(source=pl.lit(file.name)).select(list(UNKEYED_EVENTS)).write_parquet(
            part, compression="lz4"
        )
    return Path(name)


def _rejects(file: EventFile, rejects: pl.DataFrame) -> pl.DataFrame:
    named = rejects.with_columns(source=pl.lit(file.name), row=pl.lit(None, pl.UInt32))
    return REJECTS.conform(named.with_columns(pl.col("raw").str.head(500)))


def _summed(parts: list[pl.DataFrame], name: str, number: str) -> dict[str, int]:
    if not parts:
        return {}
    total = pl.concat(parts).group_by(name).agg(pl.col(number).sum()).sort(name)
    return {str(word): int(count) for word, count in total.rows()}

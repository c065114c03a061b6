"""Event files of ESPs and MTAs: found, recognised, and read into events; what is unreadable or no event is counted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
from hygiene.ingest.short_way import short_way
from hygiene.ingest.streams import PARQUET, digest_of, files_of, first_bytes
from hygiene.ingest.table_events import csv_batches, parquet_batches, parquet_cells, table_names
from hygiene.ingest.text import TextFile, open_text
from hygiene.model.errors import InputError
from hygiene.model.tables import ACTIVITY, EVENTS, REJECTS
from hygiene.normalize.activity import activity, is_activity

AUTO = "auto"
GENERIC = "generic"
UNKEYED_EVENTS = {name: dtype for name, dtype in EVENTS.schema.items() if name in UNKEYED or name == "source"}
"""EVENTS without address_key and mailbox_key: keys are another stage's work."""
PART_ROWS = 2_000_000
Tick = Callable[[int], None]


@dataclass(frozen=True)
class EventRows:
    """What an event file holds."""

    format: str
    """Name of the format it was read with."""
    events: pl.LazyFrame
    """EVENTS without the two keys, in the work folder."""
    activity: pl.LazyFrame
    """ACTIVITY: the events that only count, where that was asked for; sorted by mailbox in stretches."""
    rejects: pl.DataFrame
    """REJECTS."""
    kinds: Mapping[str, int]
    """Number of events by kind, without activity."""
    ignored: Mapping[str, int]
    """Number of records that are no event of ours, by the type they give themselves."""
    counted: int = 0
    """Number of rows of `activity`."""
    parts: tuple[Path, ...] = ()
    """Files of the work folder that hold it."""

    def discard(self) -> None:
        """Frees the work folder; `events` and `activity` are gone then."""
        for part in self.parts:
            part.unlink()


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

    def read(self, tick: Tick = lambda _: None, *, counting: bool = False) -> EventRows:
        """Its events; raises InputError where it fits no format, lacks a column, or is cut off.

        With `counting`, those that only count come as ACTIVITY instead, which is the quickest way through a table.
        """
        system, batches = _opened(self, counting=counting)
        return _gathered(self, system, (_counted(batch) for batch in batches) if counting else batches, tick)


def read_events(source: EventSource, base: Path, work: Path) -> list[EventFile]:
    """The files of one `[[events]]` entry, sorted; raises InputError where there is none, or one is empty."""
    return [_found(path, source, base, work) for path in files_of(source.path, base)]


def _found(path: Path, source: EventSource, base: Path, work: Path) -> EventFile:
    how = source.model_dump_json(exclude={"path"})
    digest = sha256(f"{digest_of(path)}{how}".encode()).hexdigest()
    name = path.relative_to(base) if path.is_relative_to(base) else path
    return EventFile(path, name.as_posix(), digest, source, work)


def _counted(batch: Batch) -> Batch:
    """The batch with its events that only count as ACTIVITY."""
    return replace(
        batch, events=batch.events.filter(~is_activity()), activity=pl.concat([batch.activity, activity(batch.events)])
    )


def _opened(file: EventFile, *, counting: bool) -> tuple[Format, Iterator[Batch]]:
    where = str(file.path)
    if first_bytes(file.path, len(PARQUET)) == PARQUET:
        _only_tables(file)
        names = parquet_cells(file.path).collect_schema().names()
        system, reading = generic(file.source, names, where)
        return system, parquet_batches(file.path, system, reading, short_way(system, reading) if counting else None)
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
    return system, csv_batches(text, shape, system, reading, short_way(system, reading) if counting else None)


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
    events, activities = _Parts(file.work, UNKEYED_EVENTS, None), _Parts(file.work, ACTIVITY.schema, "mailbox")
    rejects, kinds, ignored, counted = [REJECTS.empty()], [], [], 0
    for batch in batches:
        events.add(batch.events.with_columns(source=pl.lit(file.name)).select(list(UNKEYED_EVENTS)))
        activities.add(batch.activity)
        rejects.append(_rejects(file, batch.rejects))
        kinds.append(batch.events.group_by("kind").len())
        ignored.append(batch.ignored)
        counted += batch.activity.height
        tick(batch.events.height + batch.activity.height)
    return EventRows(
        system.name,
        events.scan(),
        activities.scan(),
        pl.concat(rejects),
        _summed(kinds, "kind", "len"),
        _summed(ignored, "type", "records"),
        counted,
        tuple(events.files + activities.files),
    )


@dataclass
class _Parts:
    """Rows on their way to the work folder, in files of PART_ROWS or a little more."""

    work: Path
    schema: Mapping[str, pl.DataType]
    order: str | None
    waiting: list[pl.DataFrame] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def add(self, rows: pl.DataFrame) -> None:
        if rows.height:
            self.waiting.append(rows)
        if sum(frame.height for frame in self.waiting) >= PART_ROWS:
            self._write()

    def scan(self) -> pl.LazyFrame:
        if self.waiting:
            self._write()
        return pl.scan_parquet(self.files, glob=False) if self.files else pl.LazyFrame(schema=self.schema)

    def _write(self) -> None:
        rows = pl.concat(self.waiting)
        self.waiting.clear()
        handle, name = mkstemp(dir=self.work, prefix="part-", suffix=".parquet")
        with open(handle, "wb") as part:
            (rows.sort(self.order) if self.order else rows).write_parquet(part, compression="lz4")
        self.files.append(Path(name))


def _rejects(file: EventFile, rejects: pl.DataFrame) -> pl.DataFrame:
    named = rejects.with_columns(source=pl.lit(file.name), row=pl.lit(None, pl.UInt32))
    return REJECTS.conform(named.with_columns(pl.col("raw").str.head(500)))


def _summed(parts: list[pl.DataFrame], name: str, number: str) -> dict[str, int]:
    if not parts:
        return {}
    total = pl.concat(parts).group_by(name).agg(pl.col(number).sum()).sort(name)
    return {str(word): int(count) for word, count in total.rows()}

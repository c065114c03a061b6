"""What is in an event file, and who wrote it: told by the job, else by the content."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hygiene.config import EventSource
from hygiene.formats.format import Format, Reading, format_named, formats
from hygiene.ingest.avro import AVRO, as_parquet
from hygiene.ingest.batch import Batch
from hygiene.ingest.bodies import as_json, is_form
from hygiene.ingest.detect import Record, has_marks, listed, recognised, recognised_table, table_records, unknown
from hygiene.ingest.documents import first_records
from hygiene.ingest.generic import generic, is_recognised
from hygiene.ingest.json_events import json_batches
from hygiene.ingest.logs.events import log_batches, log_format
from hygiene.ingest.short_way import short_way
from hygiene.ingest.stray_quotes import without_stray_quotes
from hygiene.ingest.streams import PARQUET, first_bytes
from hygiene.ingest.table_events import csv_batches, parquet_batches, parquet_cells, table_names
from hygiene.ingest.text import TextFile, open_text
from hygiene.model.errors import InputError

AUTO = "auto"
GENERIC = "generic"
Opened = tuple[Format, Iterator[Batch]]


def opened(path: Path, name: str, source: EventSource, work: Path, digest: str | None, *, counting: bool) -> Opened:
    """The format of a file, and what its records mean, batch by batch; raises InputError where it fits none."""
    if first_bytes(path, len(AVRO)) == AVRO:
        return _parquet(as_parquet(path, work), str(path), name, source, counting=counting)
    if first_bytes(path, len(PARQUET)) == PARQUET:
        return _parquet([path], str(path), name, source, counting=counting)
    text = open_text(path, work, source.encoding, digest)
    if is_form(text.head):
        text = replace(text, utf8=as_json(text, work))
    if text.head.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        system, reading = _json_format(path, source, text)
        return system, json_batches(text, name, system, reading, work)
    log = log_format(None if source.format == AUTO else source.format, text.head)
    if log is not None:
        return log, log_batches(text, log, work, source.time_zone)
    return _table(text, name, source, work, counting=counting)


def _parquet(parts: Sequence[Path], where: str, name: str, source: EventSource, *, counting: bool) -> Opened:
    names = parquet_cells(parts).collect_schema().names()
    records: list[Record] = [dict.fromkeys(names, "")]
    system, reading = _chosen(source, recognised(records, where), records, names, where)
    return system, parquet_batches(parts, name, system, reading, short_way(system, reading) if counting else None)


def _table(text: TextFile, name: str, source: EventSource, work: Path, *, counting: bool) -> Opened:
    where = str(text.path)
    found, shape = recognised_table(text.head, source.delimiter, where)
    named = _named(source, where)
    if named and named.read:
        shape, records = table_records(text.head, source.delimiter, named.read)
        if not has_marks(records, named.read):
            raise InputError(f"is no table of format {named.name}: it has {listed(shape.names)}.", where)
    names = table_names(shape.names)
    system, reading = _chosen(source, found, [], names, where)
    if reading.positions:
        shape = replace(shape, names=reading.positions)
    way = short_way(system, reading) if counting else None
    return system, csv_batches(without_stray_quotes(text, shape, work), shape, name, system, reading, way)


def _json_format(path: Path, source: EventSource, text: TextFile) -> tuple[Format, Reading]:
    records = first_records(text.head)
    keys = sorted({key for record in records for key in record})
    found = recognised(records, str(path)) if source.format == AUTO else None
    return _chosen(source, found, records, keys, str(path))


def _chosen(
    source: EventSource, found: Format | None, records: Sequence[Record], names: Sequence[str], where: str
) -> tuple[Format, Reading]:
    """The format that the job names, that was recognised, or that is made of the names of the columns."""
    named = _named(source, where)
    system = named or (found if source.format == AUTO and not source.columns else None)
    if system and system.read:
        return system, _dated(system.read, source)
    if source.format == AUTO and not (is_recognised(names) or source.columns):
        raise unknown(where, f"{listed(names)}" if names else "nothing of the kind")
    return generic(source, names, where)


def _dated(reading: Reading, source: EventSource) -> Reading:
    """With the job's own instant for records that name none."""
    if source.dated is None:
        return reading
    at = (*reading.columns.get("occurred_at", ()), f"={source.dated.isoformat()}")
    return reading.model_copy(update={"columns": {**reading.columns, "occurred_at": at}})


def _named(source: EventSource, where: str) -> Format | None:
    """The format that the job names; raises InputError where it has no events."""
    if source.format in (AUTO, GENERIC):
        return None
    system = format_named(source.format)
    if system.read is None:
        known = ", ".join(name for name, each in formats().items() if each.read)
        raise InputError(f"format {source.format} has no events.", where, f"There are: {known}.")
    return system

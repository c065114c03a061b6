"""Event files of ESPs and MTAs: found, recognised, and read into events; what is unreadable or no event is counted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from hygiene.config import EventSource
from hygiene.formats.format import Format
from hygiene.ingest.archives import unpacked
from hygiene.ingest.batch import Batch
from hygiene.ingest.event_paths import places
from hygiene.ingest.mail.events import mail_batches, mail_format
from hygiene.ingest.open_events import opened
from hygiene.ingest.stretches import STRETCH_ROWS, Parts, Stretches
from hygiene.model.errors import InputError
from hygiene.model.tables import ACTIVITY, REJECTS
from hygiene.normalize.activity import activity, is_activity

UNKEYED_EVENTS = pl.Schema({**Batch.EVENTS, "source": pl.String()})
"""EVENTS without address_key and mailbox_key: keys are another stage's work."""
Tick = Callable[[int], None]


@dataclass(frozen=True)
class EventRows:
    """What an event file holds."""

    format: str
    """Name of the format it was read with."""
    events: pl.LazyFrame
    """EVENTS without the two keys, in the work folder."""
    stretches: Stretches
    """ACTIVITY: the events that only count, where that was asked for."""
    rejects: pl.DataFrame
    """REJECTS."""
    kinds: Mapping[str, int]
    """Number of events by kind, without activity."""
    ignored: Mapping[str, int]
    """Number of records that are no event of ours, by the type they give themselves."""
    counted: int = 0
    """Number of rows of `stretches`."""
    parts: tuple[Path, ...] = ()
    """Files of the work folder that hold `events`."""

    def discard(self) -> None:
        """Frees the work folder; `events` and `stretches` are gone then."""
        for part in (*self.parts, *self.stretches.files):
            part.unlink()


@dataclass(frozen=True)
class EventFile:
    """An event file that is there; nothing of it is read yet but its digest."""

    path: Path
    name: str
    """As the job sees it, relative to its folder; of a file in an archive, `export.zip/events.csv`."""
    digest: str
    """SHA-256 of the bytes and of how the job says to read them."""
    source: EventSource
    work: Path
    content: str | None = None
    """SHA-256 of the bytes of `path`."""
    member: str | None = None
    """Name of the file inside the archive that `path` is."""
    messages: tuple[Path, ...] = ()
    """The messages, where `path` is a folder of them."""

    def read(self, tick: Tick = lambda _: None, *, counting: bool = False) -> EventRows:
        """Its events; raises InputError where it fits no format, lacks a column, or is cut off.

        With `counting`, those that only count come as ACTIVITY instead, which is the quickest way through a table.
        """
        if self.member is not None:
            return self._unpacked(tick, counting=counting)
        system, batches = self._opened(counting=counting)
        return _gathered(self, system, (_counted(batch) for batch in batches) if counting else batches, tick)

    def _opened(self, *, counting: bool) -> tuple[Format, Iterator[Batch]]:
        mail = mail_format(self.source, self.path, self.messages)
        if mail is not None:
            return mail, mail_batches(self.path, self.messages, self.name, mail.name)
        return opened(self.path, self.name, self.source, self.work, self.content, counting=counting)

    def _unpacked(self, tick: Tick, *, counting: bool) -> EventRows:
        content = unpacked(self.path, str(self.member), self.work)
        try:
            return replace(self, path=content, content=None, member=None).read(tick, counting=counting)
        except InputError as error:
            raise InputError(error.what, f"{self.path}/{self.member}", error.fix) from error


def read_events(source: EventSource, base: Path, work: Path) -> list[EventFile]:
    """The files of one `[[events]]` entry, sorted; raises InputError where there is none, or one is empty."""
    return [
        EventFile(one.path, one.name, one.digest, source, work, one.content, one.member, one.messages)
        for one in places(source, base)
    ]


def _counted(batch: Batch) -> Batch:
    """The batch with its events that only count as ACTIVITY."""
    if batch.events.is_empty():
        return batch
    return replace(
        batch, events=batch.events.filter(~is_activity()), activity=pl.concat([batch.activity, activity(batch.events)])
    )


def _gathered(file: EventFile, system: Format, batches: Iterator[Batch], tick: Tick) -> EventRows:
    """Batches go to the work folder as they come, so that memory does not grow with the file."""
    events, stretches = Parts(file.work, UNKEYED_EVENTS), Stretches(file.work, ACTIVITY.schema, STRETCH_ROWS)
    rejects, kinds, ignored, counted = [REJECTS.empty()], [], [], 0
    for batch in batches:
        events.add(_named(batch.events, file).select(list(UNKEYED_EVENTS)))
        stretches.add(batch.activity)
        if batch.rejects.height:
            rejects.append(_rejects(file, batch.rejects))
        kinds.append(batch.events.group_by("kind").len())
        ignored.append(batch.ignored)
        counted += batch.activity.height
        tick(batch.events.height + batch.activity.height)
    return EventRows(
        system.name,
        events.scan(),
        stretches,
        pl.concat(rejects),
        _summed(kinds, "kind", "len"),
        _summed(ignored, "type", "records"),
        counted,
        tuple(events.files),
    )


def _named(rows: pl.DataFrame, file: EventFile) -> pl.DataFrame:
    """With the file they come from, where they do not say it themselves, as messages of a folder do."""
    return rows if "source" in rows.columns else rows.with_columns(source=pl.lit(file.name))


def _rejects(file: EventFile, rejects: pl.DataFrame) -> pl.DataFrame:
    named = _named(rejects, file).with_columns(row=pl.lit(None, pl.UInt32))
    return REJECTS.conform(named.with_columns(pl.col("raw").str.head(500)))


def _summed(parts: list[pl.DataFrame], name: str, number: str) -> dict[str, int]:
    if not parts:
        return {}
    total = pl.concat(parts).group_by(name).agg(pl.col(number).sum()).sort(name)
    return {str(word): int(count) for word, count in total.rows()}

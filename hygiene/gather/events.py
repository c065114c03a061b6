"""The events of the state, and what reading tonight's files adds to them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from hygiene.config import LoadedJob
from hygiene.history.engagement import Kept
from hygiene.history.store import FileRows
from hygiene.ingest.events import EventFile, EventRows, read_events
from hygiene.ingest.expected import expected_events
from hygiene.ingest.streams import head_of
from hygiene.model.tables import EVENTS, REJECTS
from hygiene.normalize.keys import with_keys
from hygiene.stages import Tick
from hygiene.store import Store

COMMIT_ROWS, COMMIT_FILES = 1_000_000, 100


@dataclass(frozen=True)
class Files:
    """The event files of the job; nothing of them is read yet but their digests."""

    digests: list[str]
    fresh: list[EventFile]
    """Those that the history does not know, each once."""
    known: int
    """How much ACTIVITY takes as much memory as what the history has."""

    @property
    def expected(self) -> int:
        """The same when the fresh ones are read: an estimate."""
        return self.known + sum(expected_events(file) for file in self.fresh)


@dataclass(frozen=True)
class Past:
    """The events of the state, and what reading tonight's files added."""

    events: pl.LazyFrame
    """EVENTS that are no activity."""
    activity: pl.LazyFrame
    """ACTIVITY."""
    kept: Kept
    """What was worked out of it before, and the ACTIVITY that is not in there."""
    counts: dict[str, Any] = field(default_factory=dict)
    rejects: pl.DataFrame = field(default_factory=REJECTS.empty)
    """REJECTS of the files read tonight."""


def past(store: Store, as_of: dt.datetime) -> Past:
    """What the state knows, with nothing read tonight."""
    kept = store.history.engagement.kept(as_of)
    return Past(store.history.scan(), store.history.activity(), kept)


def open_files(loaded: LoadedJob, store: Store, as_of: dt.datetime, work: Path) -> Files:
    """Finds the event files; raises InputError where one is missing or empty."""
    files = [file for source in loaded.job.events for file in read_events(source, loaded.base, work)]
    unread = store.history.unread([file.digest for file in files])
    fresh = list({file.digest: file for file in files if file.digest in unread}.values())
    return Files(sorted(file.digest for file in files), fresh, store.history.engagement.kept(as_of).count)


def history(loaded: LoadedJob, store: Store, files: Files, as_of: dt.datetime, tick: Tick, *, writes: bool) -> Past:
    """Reads the files that are new into the history; without `writes` they only stand beside it."""
    counts: dict[str, Any] = {"files": len(files.digests), "read": len(files.fresh), "new": 0, "known": 0}
    counts |= {"ignored": {}, "unreadable": []}
    events, activity, rejects = [store.history.scan()], [], [REJECTS.empty()]
    waiting: list[tuple[FileRows, EventRows]] = []
    for file in files.fresh:
        read = file.read(tick, counting=True)
        rejects.append(read.rejects)
        counts["unreadable"] += _unreadable(file, read, loaded.policy.rejected_share)
        counts["ignored"] |= {name: counts["ignored"].get(name, 0) + n for name, n in read.ignored.items()}
        if not writes:
            events.append(EVENTS.conform(with_keys(read.events)))
            activity.append(read.stretches.scan())
            continue
        rows = _rows(file, read)
        if _is_enough(waiting, rows):
            _keep(store, waiting, counts)
        waiting.append((rows, read))
    if waiting:
        _keep(store, waiting, counts)
    if writes and files.fresh:
        events = [store.history.scan()]
    kept = store.history.engagement.kept(as_of)
    beyond = replace(kept, beyond=[*kept.beyond, *activity], is_due=kept.is_due and writes)
    activity.append(store.history.activity())
    return Past(pl.concat(events), pl.concat(activity), beyond, counts, pl.concat(rejects))


def _unreadable(file: EventFile, read: EventRows, share: float) -> list[str]:
    """A sentence on a file of which more than the share cannot be read."""
    bad = read.rejects.height
    rows = bad + read.counted + sum(read.kinds.values()) + sum(read.ignored.values())
    if bad < 2 or bad <= share * rows:
        return []
    first = read.rejects.row(0, named=True)
    return [
        f"{file.name}: {bad:,} of {rows:,} events cannot be read (line {first['line']}: {first['reason']}); "
        f"rejected-events.csv has them. The file was read as {read.format}."
    ]


def _rows(file: EventFile, read: EventRows) -> FileRows:
    head = head_of(file.path) if file.member is None else None
    return FileRows(file.digest, EVENTS.conform(with_keys(read.events)), read.stretches, head)


def _is_enough(waiting: Sequence[tuple[FileRows, EventRows]], following: FileRows) -> bool:
    """Whether the files that were read are worth a commit, which takes as long as some hundred thousand events.

    A file with the head of one of them may be that file, grown: it is compared with what was kept.
    """
    count = sum(read.counted + sum(read.kinds.values()) for _, read in waiting)
    has_same_head = following.head is not None and any(rows.head == following.head for rows, _ in waiting)
    return count >= COMMIT_ROWS or len(waiting) >= COMMIT_FILES or has_same_head


def _keep(store: Store, waiting: list[tuple[FileRows, EventRows]], counts: dict[str, Any]) -> None:
    """Puts what was read into the history, and counts how many events are new, and how many were known."""
    added = store.history.append([rows for rows, _ in waiting])
    counts["new"] += added.new + sum(read.counted for _, read in waiting) - added.repeated
    counts["known"] += added.known + added.repeated
    for _, read in waiting:
        read.discard()
    waiting.clear()

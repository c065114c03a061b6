"""From files, resolvers and the state to what one shard needs; each function answers for one input of the night."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from hygiene.classify.bounces import with_bounce_meaning
from hygiene.classify.domain_facts import domain_facts
from hygiene.classify.negatives import NEGATIVE, RETURN
from hygiene.config import ListSource, LoadedJob
from hygiene.decide.in_force import in_force, lifts
from hygiene.history.store import FileRows
from hygiene.ingest.events import EventFile, EventRows, read_events
from hygiene.ingest.lists import OpenList, open_lists
from hygiene.ingest.streams import head_of
from hygiene.ingest.suppressions import read_suppressions
from hygiene.ledger.erasure import erased_match, erasure_keys
from hygiene.ledger.imports import import_entries
from hygiene.lookup.resolve import Lookup, look_up
from hygiene.model.tables import EVENTS, IMPORTS, LEDGER, REJECTS, SUBSCRIBERS
from hygiene.normalize.keys import with_keys
from hygiene.normalize.numbers import number, shard_of
from hygiene.normalize.repair import repaired
from hygiene.policy.policy import Policy
from hygiene.sender.bursts import doubts, listed, with_doubts
from hygiene.shard import Shard
from hygiene.stages import Tick
from hygiene.store import Store
from hygiene.validate.syntax import judged, to_ask

COMMIT_ROWS, COMMIT_FILES = 1_000_000, 100
WAITING_ROWS = 1_000_000
"""So many rows wait in memory for their row groups to be full, in the files of all shards together."""
LEAST_GROUP_ROWS = 2_000


@dataclass(frozen=True)
class Subscribers:
    """The rows of all lists, in the work folder, so that a list is parsed once."""

    parts: list[pl.LazyFrame]
    """SUBSCRIBERS with their syntax, by shard."""

    @property
    def all(self) -> pl.LazyFrame:
        """Those of all shards."""
        return pl.concat(self.parts)


def subscribers(opened: Sequence[OpenList], work: Path, shards: int = 1) -> Subscribers:
    """The rows of the lists, repaired, with keys and syntax, scattered over shards by mailbox."""
    raw = pl.concat([one.raw_subscribers() for one in opened])
    mended = raw.with_columns(mended=repaired("raw")).unnest("mended").drop("raw")
    numbered = SUBSCRIBERS.conform(with_keys(mended)).with_columns(
        asked=to_ask("address"), mailbox=number("mailbox_key")
    )
    folder = work / "subscribers"
    target = pl.PartitionBy(folder, key=shard_of(shards).alias("shard"), include_key=False)
    group_rows = max(LEAST_GROUP_ROWS, WAITING_ROWS // shards)
    numbered.sink_parquet(target, compression="lz4", mkdir=True, row_group_size=group_rows)
    schema = numbered.collect_schema()
    found = [sorted(folder.glob(f"shard={shard}/*.parquet")) for shard in range(shards)]
    files = [pl.scan_parquet(part, glob=False) if part else pl.LazyFrame(schema=schema) for part in found]
    # What the short cut does not accept is asked of the library, each distinct address once.
    odd = pl.concat(files).select(col("asked").drop_nulls().unique()).collect()
    verdicts = judged(odd["asked"]).rename({"address": "asked"}).lazy()
    return Subscribers([_with_syntax(part, verdicts) for part in files])


def _with_syntax(rows: pl.LazyFrame, verdicts: pl.LazyFrame) -> pl.LazyFrame:
    judged_rows = rows.drop("mailbox").join(verdicts, on="asked", how="left").drop("asked")
    return judged_rows.with_columns(col("syntax").fill_null("valid"), col("needs_smtputf8").fill_null(False))


def recipients(addresses: pl.DataFrame) -> pl.DataFrame:
    """Addresses of a file or a person, repaired and with their keys; other columns ride along."""
    return with_keys(addresses.with_columns(mended=repaired("address")).drop("address").unnest("mended")).drop("repair")


def answers(loaded: LoadedJob, store: Store, rows: pl.LazyFrame, as_of: dt.datetime, tick: Tick) -> Lookup:
    """What is known of the domains of all rows; asks for those that are due."""
    domains = rows.select(col("domain").unique()).collect()["domain"]
    return look_up(domains, loaded.job.dns, loaded.base, store.dns.load(), loaded.policy, as_of, tick)


@dataclass(frozen=True)
class Past:
    """The events of the state, and what reading tonight's files added."""

    events: pl.LazyFrame
    """EVENTS that are no activity."""
    activity: pl.LazyFrame
    """ACTIVITY."""
    digests: list[str] = field(default_factory=list)
    """Of all event files of the job."""
    counts: dict[str, Any] = field(default_factory=dict)
    rejects: pl.DataFrame = field(default_factory=REJECTS.empty)
    """REJECTS of the files read tonight."""

    @property
    def counted(self) -> int:
        """Number of rows of `activity`."""
        return int(self.activity.select(pl.len()).collect().item())


def past(store: Store) -> Past:
    """What the state knows, with nothing read tonight."""
    return Past(store.history.scan(), store.history.activity())


def history(loaded: LoadedJob, store: Store, work: Path, tick: Tick, *, writes: bool) -> Past:
    """Reads the files that are new into the history; without `writes` they only stand beside it."""
    files = [file for source in loaded.job.events for file in read_events(source, loaded.base, work)]
    unread = store.history.unread([file.digest for file in files])
    fresh = list({file.digest: file for file in files if file.digest in unread}.values())
    counts: dict[str, Any] = {"files": len(files), "read": len(fresh), "new": 0, "known": 0, "ignored": {}}
    events, activity, rejects = [store.history.scan()], [store.history.activity()], [REJECTS.empty()]
    waiting: list[tuple[FileRows, EventRows]] = []
    for file in fresh:
        read = file.read(tick, counting=True)
        rejects.append(read.rejects)
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
    if writes and fresh:
        events, activity = [store.history.scan()], [store.history.activity()]
    digests = sorted(file.digest for file in files)
    return Past(pl.concat(events), pl.concat(activity), digests, counts, pl.concat(rejects))


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


@dataclass(frozen=True)
class Known:
    """What was decided before, and what other systems' lists add to it."""

    entries: pl.LazyFrame
    """LEDGER without tonight's run, and with the erased of tonight's rows under their plain key."""
    imports: pl.DataFrame
    """Ledger entries of tonight's imports, not committed yet."""
    in_force: pl.LazyFrame
    """IN_FORCE with `mailbox`, in the work folder."""
    lifts: pl.LazyFrame


def known(loaded: LoadedJob, store: Store, rows: pl.LazyFrame, work: Path, run_id: str, as_of: dt.datetime) -> Known:
    """The ledger at `as_of`, with tonight's imports; `run_id` is left out, should it have crashed after its commit."""
    listed = [(source.name, imported(read_suppressions(source, loaded.base))) for source in loaded.job.suppressions]
    erased = _erased(loaded, store, pl.concat([rows, *(frame.lazy() for _, frame in listed)], how="diagonal"))
    entries = pl.concat([store.ledger.entries(without_run=run_id), erased.lazy()])
    lifted = lifts(entries, as_of)
    imports = LEDGER.empty().drop("seq", "prev_hash", "hash", "salt", "personal_digest")
    for name, frame in listed:
        standing = in_force(entries, imports.lazy(), as_of).collect()
        added = import_entries(frame, standing, lifted.collect(), name, loaded.policy, as_of)
        imports = pl.concat([imports, added], how="diagonal")
    file = work / "in-force.parquet"
    in_force_now = in_force(entries, imports.lazy(), as_of)
    in_force_now.with_columns(mailbox=number("mailbox_key")).sink_parquet(file, compression="lz4")
    return Known(entries, imports, pl.scan_parquet(file), lifted.collect().lazy())


def _erased(loaded: LoadedJob, store: Store, people: pl.LazyFrame) -> pl.DataFrame:
    """LEDGER rows of those of the people who were erased, under their plain key; nothing is collected without any."""
    if store.ledger.erasures().is_empty():
        return LEDGER.empty()
    keys = people.select(col("mailbox_key").unique()).collect()["mailbox_key"]
    return erased_match(store.ledger, keys, erasure_keys(loaded.job.erasure_key_env))


def imported(listed: pl.DataFrame) -> pl.DataFrame:
    """IMPORTS of what `read_suppressions` found."""
    return IMPORTS.fill(recipients(listed))


def negatives(events: pl.LazyFrame, work: Path) -> pl.LazyFrame:
    """What speaks against mailing, with the meaning of bounces; kept in the work folder, as it is asked often."""
    found = work / "negatives.parquet"
    with_bounce_meaning(events.filter(col("kind").is_in(NEGATIVE))).sink_parquet(found, compression="lz4")
    return pl.scan_parquet(found)


def believed(
    past: Past, rows: pl.LazyFrame, answers: pl.DataFrame, policy: Policy, as_of: dt.datetime, work: Path
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The negatives, with what is doubted among their bounces; and the DOUBTS, by what arrived at the lists' people."""
    meant, until = negatives(past.events, work), col("occurred_at") <= as_of
    found = doubts(meant.filter(until), past.activity.filter(until), listed(rows), answers, policy)
    return numbered(with_doubts(meant, found, policy), work), found


def numbered(negatives: pl.LazyFrame, work: Path) -> pl.LazyFrame:
    """The negatives with `mailbox`, in the work folder: each shard takes its own."""
    return _sorted(negatives.with_columns(mailbox=number("mailbox_key")), work / "negatives-numbered.parquet")


def returns(events: pl.LazyFrame, work: Path) -> pl.LazyFrame:
    """What speaks for mailing again, with `mailbox`, in the work folder likewise."""
    back = events.filter(col("kind").is_in(RETURN)).with_columns(mailbox=number("mailbox_key"))
    return _sorted(back, work / "returns.parquet")


def _sorted(frame: pl.LazyFrame, file: Path) -> pl.LazyFrame:
    """The frame by `mailbox`, so that a shard reads little more than its own."""
    frame.sort("mailbox").sink_parquet(file, compression="lz4")
    return pl.scan_parquet(file)


def shard(
    rows: pl.LazyFrame, past: Past, negatives: pl.LazyFrame, answers: pl.DataFrame, known: Known, work: Path
) -> Shard:
    """All of it as the one shard of a small machine; what all shards would find out alike is found out here."""
    domains = domain_facts(rows, answers.lazy()).collect().lazy()
    back = returns(past.events, work)
    return Shard(rows, past.activity, back, negatives, domains, known.in_force, known.lifts)


def open_all(loaded: LoadedJob, work: Path, sources: Sequence[ListSource] = ()) -> list[OpenList]:
    """The job's lists, or those given."""
    return open_lists(sources or loaded.job.lists, loaded.base, work, loaded.policy)

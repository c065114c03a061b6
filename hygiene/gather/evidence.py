"""What one shard needs: what speaks against mailing, and what else is said, sorted by mailbox in the work folder."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col

from hygiene.classify.bounces import with_bounce_meaning
from hygiene.classify.negatives import NEGATIVE, STATED
from hygiene.engines.disk import part_of
from hygiene.gather.events import Past
from hygiene.gather.ledger import Known
from hygiene.gather.rows import Subscribers
from hygiene.model.tables import ACTIVITY
from hygiene.normalize.numbers import number, shard_of
from hygiene.policy.policy import Policy
from hygiene.sender.bursts import doubts, listed, with_doubts
from hygiene.sender.refusals import is_watched
from hygiene.shard import Shard, up_to_date
from hygiene.store import Store

SORTED_ROWS = 100_000
"""So many events with their replies are sorted at once."""
PEOPLE_GROUP_ROWS = 50_000
"""Rows come in the order of the shards, which are ranges of mailboxes."""


def meant(events: pl.LazyFrame, policy: Policy, as_of: dt.datetime, work: Path) -> pl.LazyFrame:
    """What speaks against mailing or the sender, with the meaning of failures; each reply is judged once a night."""
    found = work / "meant.parquet"
    needed = events.filter(col("kind").is_in(NEGATIVE) | is_watched(policy, as_of))
    with_bounce_meaning(needed).sink_parquet(found, compression="lz4")
    return pl.scan_parquet(found)


def people(rows: pl.LazyFrame, work: Path) -> pl.LazyFrame:
    """`mailbox` and `domain` of SUBSCRIBERS, in one file of the work folder, of which a few are read at a time."""
    listed(rows).sink_parquet(found := work / "people.parquet", compression="lz4", row_group_size=PEOPLE_GROUP_ROWS)
    return pl.scan_parquet(found, glob=False)


def doubted(
    meant: pl.LazyFrame,
    activity: pl.LazyFrame,
    people: pl.LazyFrame,
    answers: pl.DataFrame,
    policy: Policy,
    as_of: dt.datetime,
) -> pl.DataFrame:
    """DOUBTS about the bounces, by what arrived at the lists' people."""
    until = col("occurred_at") <= as_of
    return doubts(_negatives(meant).filter(until), activity.filter(until), people, answers, policy)


def believed(meant: pl.LazyFrame, found: pl.DataFrame, policy: Policy, work: Path) -> pl.LazyFrame:
    """What speaks against mailing, with `mailbox` and with DOUBTS about its bounces, in the work folder."""
    against = _negatives(meant).with_columns(mailbox=number("mailbox_key"))
    return _sorted(against, work / "negatives", lambda part: with_doubts(part, found, policy))


def _negatives(meant: pl.LazyFrame) -> pl.LazyFrame:
    return meant.filter(col("kind").is_in(NEGATIVE))


def stated(events: pl.LazyFrame, work: Path) -> pl.LazyFrame:
    """What somebody says of an address, with `mailbox`, in the work folder likewise."""
    said = events.filter(col("kind").is_in(STATED)).with_columns(mailbox=number("mailbox_key"))
    return _sorted(said, work / "stated", lambda part: part)


def _sorted(frame: pl.LazyFrame, folder: Path, finish: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.LazyFrame:
    """The frame, finished, by `mailbox`, so that a shard reads little more than its own.

    It is parted first: each part is finished and sorted in memory, as a join of the whole would hold all of it.
    """
    count = frame.select(pl.len()).collect().item()
    parts = count // SORTED_ROWS + 1
    target = pl.PartitionBy(folder, key=shard_of(parts).alias("part"), include_key=False)
    # Rows of a group wait in memory for it to be full.
    frame.sink_parquet(target, compression="lz4", mkdir=True, row_group_size=SORTED_ROWS // parts)
    files = []
    for part in sorted(folder.rglob("*.parquet")):
        files.append(folder / f"{part.parent.name}.parquet")
        finished = finish(pl.scan_parquet(part, glob=False)).sort("mailbox").collect(engine="in-memory")
        finished.write_parquet(files[-1], compression="lz4")
        part.unlink()
    return pl.scan_parquet(files, glob=False) if files else finish(frame.clear())


def shard(
    rows: Subscribers, past: Past, negatives: pl.LazyFrame, facts: pl.DataFrame, known: Known, work: Path
) -> Shard:
    """All of it as the one shard of a small machine; `facts` are those of all domains (classify/domain_facts.py)."""
    said = stated(past.events, work)
    beyond, about = past.kept.beyond, (said, negatives, facts.lazy(), known.in_force, known.lifts)
    activity = pl.concat(beyond) if beyond else ACTIVITY.empty().lazy()
    return Shard(pl.concat(rows.parts), activity, *about, engagement=past.kept.rows, told=past.activity)


def caught_up(whole: Shard, past: Past, store: Store, shards: int, as_of: dt.datetime) -> Shard:
    """The shard with all ACTIVITY up to `as_of` in its `engagement`, kept for the nights to come, where that pays."""
    if not past.kept.is_due:
        return whole
    parts = (up_to_date(part_of(whole, whole.subscribers, part, shards), as_of) for part in range(shards))
    store.history.engagement.keep(parts, past.kept.files, as_of)
    return replace(whole, activity=ACTIVITY.empty().lazy(), engagement=store.history.engagement.state.scan())

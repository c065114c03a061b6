"""One shard after the other, from files of the work folder to files there: memory does not grow with the data.

Rows and events of a mailbox lie in the same shard, so the number of shards changes no decision.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from polars import col

from hygiene.decide.entries import entries
from hygiene.decide.told import SLIM, TOLD, is_told
from hygiene.normalize.numbers import in_shard
from hygiene.policy.policy import Policy
from hygiene.publish.audit import new_trail, tell
from hygiene.publish.spool import Spool
from hygiene.shard import Shard, clean_shard


@dataclass(frozen=True)
class Decided:
    """What was decided, on disk."""

    rows: pl.LazyFrame
    """Every row with what is counted of it (SLIM)."""
    told: pl.LazyFrame
    """Those of which somebody is told (TOLD)."""
    trail: Spool
    """What the audit trail says of them (publish/audit.py)."""
    entries: pl.LazyFrame
    """What they change in the ledger (decide/entries.py)."""


def decide(
    whole: Shard,
    parts: list[pl.LazyFrame],
    policy: Policy,
    as_of: dt.datetime,
    work: Path,
    tick: Callable[[int], None] = lambda _: None,
) -> Decided:
    """Runs `clean_shard` on every part of the subscribers with what belongs to it; `parts` are those of `shard_of`."""
    slim, told, changed, trail = [], [], [], new_trail(work)
    for number, subscribers in enumerate(parts):
        decided = clean_shard(part_of(whole, subscribers, number, len(parts)), policy, as_of).collect(
            engine="in-memory"
        )
        slim.append(work / f"decided-{number}.parquet")
        told.append(work / f"told-{number}.parquet")
        changed.append(work / f"entries-{number}.parquet")
        decided.select(SLIM).write_parquet(slim[-1], compression="lz4")
        rows = decided.filter(is_told())
        rows.select(TOLD).write_parquet(told[-1], compression="lz4")
        tell(trail, rows)
        entries(rows, policy, as_of).write_parquet(changed[-1], compression="lz4")
        tick(1)
    found = [pl.scan_parquet(files, glob=False) for files in (slim, told, changed)]
    return Decided(found[0], found[1], trail, found[2])


def part_of(whole: Shard, subscribers: pl.LazyFrame, number: int, shards: int) -> Shard:
    """One shard of several: the subscribers given, and what concerns their mailboxes."""
    if shards == 1:
        return replace(whole, subscribers=subscribers)
    here = in_shard(number, shards)
    return replace(
        whole,
        subscribers=subscribers,
        activity=whole.activity.filter(here),
        engagement=whole.engagement.filter(here),
        told=whole.told.filter(here),
        stated=whole.stated.filter(here),
        negatives=whole.negatives.filter(here),
        domains=whole.domains.join(subscribers.select("domain").unique(), on="domain", how="semi"),
        # Where the ledger does not say whose mailbox it is, every shard has a look.
        in_force=whole.in_force.filter(here | col("mailbox").is_null()),
    )

"""One shard after the other, from files of the work folder to files there: memory does not grow with the data.

Rows and events of a mailbox lie in the same shard, so the number of shards changes no decision.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from polars import col

from hygiene.decide.entries import entries
from hygiene.decide.told import SLIM, TOLD, is_asked, is_told
from hygiene.normalize.numbers import in_shard
from hygiene.policy.policy import Policy
from hygiene.publish.audit import new_trail, tell
from hygiene.publish.spool import Spool
from hygiene.shard import Shard, clean_shard


@dataclass(frozen=True)
class Decided:
    """What was decided, on disk."""

    rows: pl.LazyFrame
    """Every row with what a night counts of it (SLIM)."""
    told: pl.LazyFrame
    """Those of which lists and summary ask more (TOLD)."""
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
    for number in range(len(parts)):
        decided = _decided(whole, parts, number, policy, as_of)
        slim.append(_put(decided.select(SLIM), work / f"decided-{number}.parquet"))
        rows = decided.filter(is_told())
        told.append(_put(rows.filter(is_asked()).select(TOLD), work / f"told-{number}.parquet"))
        tell(trail, rows)
        changed.append(_put(entries(rows, policy, as_of), work / f"entries-{number}.parquet"))
        del decided, rows  # before the next shard takes memory
        tick(1)
    found = [pl.scan_parquet(files, glob=False) for files in (slim, told, changed)]
    return Decided(found[0], found[1], trail, found[2])


def look(
    whole: Shard,
    parts: list[pl.LazyFrame],
    policy: Policy,
    as_of: dt.datetime,
    work: Path,
    columns: Sequence[str | pl.Expr],
) -> pl.LazyFrame:
    """Some columns of every row as `decide` would decide it, where nothing is to be published."""
    shards = range(len(parts))
    rows = (_decided(whole, parts, number, policy, as_of).select(columns) for number in shards)
    files = [_put(some, work / f"decided-{number}.parquet") for number, some in zip(shards, rows, strict=True)]
    return pl.scan_parquet(files, glob=False)


def _decided(whole: Shard, parts: list[pl.LazyFrame], number: int, policy: Policy, as_of: dt.datetime) -> pl.DataFrame:
    shard = part_of(whole, parts[number], number, len(parts))
    return clean_shard(shard, policy, as_of).collect(engine="in-memory")


def _put(rows: pl.DataFrame, path: Path) -> Path:
    """Without statistics, as all of it is read back, and soon."""
    rows.write_parquet(path, compression="lz4", statistics=False)
    return path


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

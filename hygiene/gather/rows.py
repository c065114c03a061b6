"""The people of the lists, parsed once: repaired, with their keys and syntax, and what is known of their domains."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from hygiene.config import ListSource, LoadedJob
from hygiene.ingest.lists import OpenList, open_lists
from hygiene.lookup.resolve import Lookup, look_up
from hygiene.model.tables import SUBSCRIBERS
from hygiene.normalize.keys import with_keys
from hygiene.normalize.numbers import number, shard_of
from hygiene.normalize.repair import repaired
from hygiene.stages import Tick
from hygiene.store import Store
from hygiene.validate.syntax import judged, to_ask

WAITING_ROWS = 1_000_000
"""So many rows wait in memory for their row groups to be full, in the files of all shards together."""
LEAST_GROUP_ROWS = 2_000
LIKE = {"address_key": "address", "mailbox_key": "address_key"}
"""Most keys are the very text that they are made of, which the files hold once."""


def open_all(loaded: LoadedJob, work: Path, sources: Sequence[ListSource] = ()) -> list[OpenList]:
    """The job's lists, or those given."""
    return open_lists(sources or loaded.job.lists, loaded.base, work, loaded.policy)


@dataclass(frozen=True)
class Subscribers:
    """The rows of all lists, in the work folder, so that a list is parsed once."""

    parts: list[pl.LazyFrame]
    """SUBSCRIBERS with their syntax, by shard."""
    all: pl.LazyFrame
    """SUBSCRIBERS of all shards, without it."""


def subscribers(opened: Sequence[OpenList], work: Path, shards: int = 1) -> Subscribers:
    """The rows of the lists, repaired, with keys and syntax, scattered over shards by mailbox."""
    raw = pl.concat([one.raw_subscribers() for one in opened])
    mended = raw.with_columns(mended=repaired("raw")).unnest("mended").drop("raw")
    numbered = SUBSCRIBERS.conform(with_keys(mended).with_columns(mailbox=number("mailbox_key"))).with_columns(
        asked=to_ask("address")
    )
    folder = work / "subscribers"
    target = pl.PartitionBy(folder, key=shard_of(shards).alias("shard"), include_key=False)
    group_rows = max(LEAST_GROUP_ROWS, WAITING_ROWS // shards)
    slim = numbered.with_columns(
        pl.when(col(key).ne_missing(col(text))).then(key).alias(key) for key, text in LIKE.items()
    )
    slim.sink_parquet(target, compression="lz4", mkdir=True, row_group_size=group_rows)
    found = [sorted(folder.glob(f"shard={shard}/*.parquet")) for shard in range(shards)]
    files = [_whole(part) if part else pl.LazyFrame(schema=numbered.collect_schema()) for part in found]
    parts = [_with_syntax(part, work / f"syntax-{shard}.arrow") for shard, part in enumerate(files)]
    return Subscribers(parts, pl.concat(files).drop("asked"))


def _whole(files: list[Path]) -> pl.LazyFrame:
    """SUBSCRIBERS and `asked`, with all keys, of files that lack those LIKE another text."""
    rows = pl.scan_parquet(files, glob=False)
    for key, text in LIKE.items():
        rows = rows.with_columns(pl.coalesce(key, text).alias(key))
    return rows


def _with_syntax(rows: pl.LazyFrame, file: Path) -> pl.LazyFrame:
    """What the short cut does not accept is asked of the library, each distinct address once."""
    odd = rows.select(col("asked").drop_nulls().unique()).collect()["asked"]
    judged(odd).rename({"address": "asked"}).write_ipc(file, compression="lz4")
    judged_rows = rows.join(pl.scan_ipc(file, glob=False), on="asked", how="left").drop("asked")
    return judged_rows.with_columns(col("syntax").fill_null("valid"), col("needs_smtputf8").fill_null(False))


def recipients(addresses: pl.DataFrame) -> pl.DataFrame:
    """Addresses of a file or a person, repaired and with their keys; other columns ride along."""
    return with_keys(addresses.with_columns(mended=repaired("address")).drop("address").unnest("mended")).drop("repair")


def answers(loaded: LoadedJob, store: Store, rows: pl.LazyFrame, as_of: dt.datetime, tick: Tick) -> Lookup:
    """What is known of the domains of all rows; asks for those that are due."""
    domains = rows.select(col("domain").unique()).collect()["domain"]
    return look_up(domains, loaded.job.dns, loaded.base, store.dns.load(), loaded.policy, as_of, tick)

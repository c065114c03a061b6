"""The people of the lists, parsed once: repaired, with their keys and syntax."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from shutil import rmtree

import polars as pl
from polars import col

from hygiene.config import ListSource, LoadedJob
from hygiene.ingest.lists import OpenList, open_lists
from hygiene.model.tables import SUBSCRIBERS
from hygiene.normalize.keys import with_keys
from hygiene.normalize.numbers import number, shard_of
from hygiene.normalize.repair import repaired
from hygiene.validate.syntax import judged, to_ask

WAITING_ROWS = 1_000_000
"""So many rows wait in memory for their row groups to be full, in the files of all shards together."""
LEAST_GROUP_ROWS = 2_000


def open_all(loaded: LoadedJob, work: Path, sources: Sequence[ListSource] = ()) -> list[OpenList]:
    """The job's lists, or those given."""
    return open_lists(sources or loaded.job.lists, loaded.base, work, loaded.policy)


@dataclass(frozen=True)
class Subscribers:
    """The rows of all lists, in the work folder, so that a list is parsed once."""

    scattered: list[pl.LazyFrame]
    """SUBSCRIBERS and what is asked of the library, by shard."""
    verdicts: pl.DataFrame
    """What it says."""

    @property
    def all(self) -> pl.LazyFrame:
        """SUBSCRIBERS of all shards, without their syntax."""
        return pl.concat(self.scattered).drop("asked")

    @cached_property
    def parts(self) -> list[pl.LazyFrame]:
        """SUBSCRIBERS with their syntax, by shard."""
        return [_with_syntax(part, self.verdicts) for part in self.scattered]


def subscribers(opened: Sequence[OpenList], work: Path, shards: int = 1) -> Subscribers:
    """The rows of the lists, repaired, with keys and syntax, scattered over shards by mailbox."""
    raw = pl.concat([one.raw_subscribers() for one in opened])
    mended = raw.with_columns(mended=repaired("raw")).unnest("mended").drop("raw")
    numbered = SUBSCRIBERS.conform(with_keys(mended).with_columns(mailbox=number("mailbox_key"))).with_columns(
        asked=to_ask("address")
    )
    scattered = _scattered(numbered, work / "subscribers", shards)
    # What the short cut does not accept is asked of the library, each distinct address once.
    odd = [part.select(col("asked").drop_nulls().unique()).collect() for part in scattered]
    return Subscribers(scattered, judged(pl.concat(odd)["asked"].unique()).rename({"address": "asked"}))


def scattered_again(rows: Subscribers, work: Path, shards: int) -> Subscribers:
    """The same rows in another number of shards, from the files of the work folder, which they leave."""
    scattered = _scattered(pl.concat(rows.scattered), work / "subscribers-again", shards)
    rmtree(work / "subscribers")
    return replace(rows, scattered=scattered)


def _scattered(rows: pl.LazyFrame, folder: Path, shards: int) -> list[pl.LazyFrame]:
    target = pl.PartitionBy(folder, key=shard_of(shards).alias("shard"), include_key=False)
    group_rows = max(LEAST_GROUP_ROWS, WAITING_ROWS // shards)
    rows.sink_parquet(target, compression="lz4", mkdir=True, row_group_size=group_rows)
    schema = rows.collect_schema()
    found = [sorted(folder.glob(f"shard={shard}/*.parquet")) for shard in range(shards)]
    return [pl.scan_parquet(part, glob=False) if part else pl.LazyFrame(schema=schema) for part in found]


def _with_syntax(rows: pl.LazyFrame, verdicts: pl.DataFrame) -> pl.LazyFrame:
    """With what the library says of those it was asked about, of whom a part has few."""
    mine = verdicts.join(rows.select(col("asked").drop_nulls().unique()).collect(), on="asked", how="semi")
    judged_rows = rows.join(mine.lazy(), on="asked", how="left").drop("asked")
    return judged_rows.with_columns(col("syntax").fill_null("valid"), col("needs_smtputf8").fill_null(False))


def recipients(addresses: pl.DataFrame) -> pl.DataFrame:
    """Addresses of a file or a person, repaired and with their keys; other columns ride along."""
    return with_keys(addresses.with_columns(mended=repaired("address")).drop("address").unnest("mended")).drop("repair")

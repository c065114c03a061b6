"""The people of the lists, parsed once: repaired, with their keys and syntax."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import polars as pl
from polars import col

from hygiene.classify.domains import distinct_domains
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
SHARDS_TOGETHER = 16
"""Of so many shards the domains are found at once."""
LIKE = {"address_key": "address", "mailbox_key": "address_key"}
"""Most keys are the very text that they are made of, which the files hold once."""


def open_all(loaded: LoadedJob, work: Path, sources: Sequence[ListSource] = ()) -> list[OpenList]:
    """The job's lists, or those given."""
    return open_lists(sources or loaded.job.lists, loaded.base, work, loaded.policy)


@dataclass(frozen=True)
class Subscribers:
    """The rows of all lists, in the work folder, so that a list is parsed once."""

    scattered: list[pl.LazyFrame]
    """SUBSCRIBERS and what is asked of the library, by shard."""
    verdicts: list[pl.LazyFrame]
    """What it says, by shard."""

    @property
    def all(self) -> pl.LazyFrame:
        """SUBSCRIBERS of all shards, without their syntax."""
        return pl.concat(self.scattered).drop("asked")

    @property
    def parts(self) -> list[pl.LazyFrame]:
        """SUBSCRIBERS with their syntax, by shard."""
        return [_with_syntax(rows, told) for rows, told in zip(self.scattered, self.verdicts, strict=True)]

    def domains(self) -> pl.DataFrame:
        """`domain` of all rows, each once."""
        firsts = range(0, len(self.scattered), SHARDS_TOGETHER)
        return distinct_domains(pl.concat(self.scattered[first : first + SHARDS_TOGETHER]) for first in firsts)


def subscribers(opened: Sequence[OpenList], work: Path, shards: int = 1) -> Subscribers:
    """The rows of the lists, repaired, with keys and syntax, scattered over shards by mailbox."""
    raw = pl.concat([one.raw_subscribers() for one in opened])
    mended = raw.with_columns(mended=repaired("raw")).unnest("mended").drop("raw")
    numbered = SUBSCRIBERS.conform(with_keys(mended).with_columns(mailbox=number("mailbox_key"))).with_columns(
        asked=to_ask("address")
    )
    scattered = _scattered(numbered, folder := work / "subscribers", shards)
    # What the short cut does not accept is asked of the library, each distinct address once: its rows share a shard.
    verdicts = [_kept(judged(_odd(part)).rename({"address": "asked"}), folder, n) for n, part in enumerate(scattered)]
    return Subscribers(scattered, verdicts)


def scattered_again(rows: Subscribers, work: Path, shards: int) -> Subscribers:
    """The same rows in another number of shards, from the files of the work folder, which they leave."""
    scattered = _scattered(pl.concat(rows.scattered), folder := work / "subscribers-again", shards)
    told = pl.concat(rows.verdicts)
    mine = (told.filter(col("asked").is_in(_odd(part).implode())).collect() for part in scattered)
    verdicts = [_kept(found, folder, shard) for shard, found in enumerate(mine)]
    rmtree(work / "subscribers")
    return Subscribers(scattered, verdicts)


def _scattered(rows: pl.LazyFrame, folder: Path, shards: int) -> list[pl.LazyFrame]:
    folder.mkdir(exist_ok=True)
    target = pl.PartitionBy(folder, key=shard_of(shards).alias("shard"), include_key=False)
    group_rows = max(LEAST_GROUP_ROWS, WAITING_ROWS // shards)
    slim = rows.with_columns(pl.when(col(key).ne_missing(col(text))).then(key).alias(key) for key, text in LIKE.items())
    slim.sink_parquet(target, compression="lz4", mkdir=True, row_group_size=group_rows)
    found = [sorted(folder.glob(f"shard={shard}/*.parquet")) for shard in range(shards)]
    return [_whole(part) if part else pl.LazyFrame(schema=rows.collect_schema()) for part in found]


def _whole(files: list[Path]) -> pl.LazyFrame:
    """SUBSCRIBERS and `asked`, with all keys, of files that lack those LIKE another text."""
    rows = pl.scan_parquet(files, glob=False)
    for key, text in LIKE.items():
        rows = rows.with_columns(pl.coalesce(key, text).alias(key))
    return rows


def _odd(rows: pl.LazyFrame) -> pl.Series:
    """The distinct addresses that the library is asked about."""
    return rows.select(col("asked").drop_nulls().unique()).collect()["asked"]


def _kept(verdicts: pl.DataFrame, folder: Path, shard: int) -> pl.LazyFrame:
    """On the disk, as there may be many."""
    verdicts.write_ipc(file := folder / f"syntax-{shard}.arrow", compression="lz4")
    return pl.scan_ipc(file, glob=False)


def _with_syntax(rows: pl.LazyFrame, verdicts: pl.LazyFrame) -> pl.LazyFrame:
    judged_rows = rows.join(verdicts, on="asked", how="left").drop("asked")
    return judged_rows.with_columns(col("syntax").fill_null("valid"), col("needs_smtputf8").fill_null(False))


def recipients(addresses: pl.DataFrame) -> pl.DataFrame:
    """Addresses of a file or a person, repaired and with their keys; other columns ride along."""
    return with_keys(addresses.with_columns(mended=repaired("address")).drop("address").unnest("mended")).drop("repair")

"""A job of any size, the same for the same size: a list as CSV, events as Parquet, a DNS-less job file."""

from pathlib import Path

import polars as pl
from polars import col

SEED = 7
PROVIDERS = ["gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.de", "web.de", "hotmail.com", "aol.com"]
KINDS = ["delivered"] * 17 + ["opened", "opened", "clicked"]
FILES = 10


def generate(folder: Path, rows: int, events: int) -> Path:
    """Writes `rows` subscribers and `events` events; gives the job file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    _subscribers(rows).sink_csv(folder / "list.csv")
    for number in range(FILES):
        _events(rows, events // FILES, number).sink_parquet(folder / f"events-{number}.parquet")
    _bounces(rows).sink_parquet(folder / "events-bounces.parquet")
    job = folder / "job.toml"
    job.write_text(
        'as_of = 2026-07-01T00:00:00Z\nstate = "state"\nout = "out"\n[policy]\nbrake_first_share = 1.0\n'
        '[[lists]]\nname = "list"\npath = "list.csv"\nsubscribed_at_column = "subscribed_at"\n'
        '[[events]]\npath = "events-*.parquet"\n[dns]\nmode = "off"\n'
    )
    return job


def _address(number: pl.Expr) -> pl.Expr:
    mixed = number.hash(SEED)
    many = pl.format("shop{}.example", mixed % 30_000)
    domain = pl.when(mixed % 10 < 6).then(pl.lit(pl.Series(PROVIDERS)).gather((mixed // 10) % 8)).otherwise(many)
    return pl.format("reader.{}@{}", number, domain)


def _subscribers(rows: int) -> pl.LazyFrame:
    number = pl.int_range(rows, dtype=pl.Int64).alias("number")
    mixed = col("number").hash(SEED + 1)
    address = col("address")
    shown = (
        pl.when(mixed % 1000 < 15).then(address.str.replace("@", " at ", literal=True))
        .when(mixed % 1000 < 65).then(address.str.to_uppercase())
        .when(mixed % 1000 < 82).then(pl.format(" {} ", address))
        .otherwise(address)
    )  # fmt: skip
    return pl.select(number).lazy().with_columns(address=_address(col("number"))).select(
        id="number", email=shown, first_name=pl.lit("Ann"), last_name=pl.format("Reader {}", mixed % 977),
        city=pl.format("Town, {}", mixed % 301), postal_code=pl.format("0{}", mixed % 9999),
        subscribed_at=pl.lit("2023-05-01"), note=pl.lit(""),
    )  # fmt: skip


def _events(rows: int, events: int, part: int) -> pl.LazyFrame:
    number = (pl.int_range(events, dtype=pl.Int64) + part * events).alias("number")
    mixed = col("number").hash(SEED + 2)
    who = (mixed % rows).cast(pl.Int64)
    at = pl.datetime(2025, 7, 1, time_zone="UTC") + pl.duration(seconds=(mixed // 1000 % 31_536_000).cast(pl.Int64))
    kind = pl.lit(pl.Series(KINDS)).gather(mixed // 7 % len(KINDS))
    return pl.select(number).lazy().select(occurred_at=at, address=_address(who), kind=kind, campaign=pl.lit("weekly"))


def _bounces(rows: int) -> pl.LazyFrame:
    number = pl.int_range(rows // 20, dtype=pl.Int64).alias("number")
    replies = [
        "550 5.1.1 <{}> user unknown", "552 5.2.2 <{}> mailbox full",
        "554 5.7.1 [CS02] Message rejected due to local policy",
        "450 4.2.0 <{}> greylisted, try again later",
    ]  # fmt: skip
    mixed = col("number").hash(SEED + 3)
    texts = [pl.when(mixed % len(replies) == place).then(pl.format(text, "address") if "{}" in text else pl.lit(text))
             for place, text in enumerate(replies)]  # fmt: skip
    at = pl.datetime(2026, 1, 1, time_zone="UTC") + pl.duration(seconds=(mixed // 1000 % 15_000_000).cast(pl.Int64))
    named = pl.select(number).lazy().with_columns(address=_address((mixed % rows).cast(pl.Int64)))
    return named.select(occurred_at=at, address="address", kind=pl.lit("bounced"), diagnostic=pl.coalesce(texts))

"""What changed for each address: of its entries, the one with the strongest rule; in the work folder, not in memory."""

from pathlib import Path

import polars as pl
from polars import col

from hygiene.normalize.numbers import number
from hygiene.policy.families import strength


def one_an_address(changed: pl.LazyFrame, folder: Path) -> pl.LazyFrame:
    """Address, rule and since when (`at`), by strength of the rule and then as given; kept in the folder.

    `changed` are entries of LEDGER, which are read several times.
    """
    rules = changed.select(col("rule").unique()).collect()["rule"]
    # By cases, as a look-up of texts in a table takes all of them into memory.
    rank = pl.coalesce(None, *(pl.when(col("rule") == rule).then(strength(rule)) for rule in rules)).cast(pl.UInt8)
    ranked = changed.select("address", "rule", rank.alias("rank"), at="entered_at")
    chosen = pl.concat([ranked, _is_strongest(ranked).to_frame().lazy()], how="horizontal").filter("is_strongest")
    by_rank = pl.PartitionBy(folder, key="rank", include_key=False)
    chosen.drop("is_strongest").sink_parquet(by_rank, compression="lz4", mkdir=True)
    ranks = sorted({strength(rule) for rule in rules})
    files = [file for each in ranks for file in sorted(folder.glob(f"rank={each}/*"))]
    return pl.scan_parquet(files, glob=False) if files else chosen.select("address", "rule", "at").clear()


def _is_strongest(ranked: pl.LazyFrame) -> pl.Series:
    """Of each entry, whether no stronger one and no earlier one of that strength has the same address.

    By numbers; only where two entries share one are the addresses themselves looked at.
    """
    slim = ranked.select("rank", mine=number("address")).with_row_index("entry").collect().sort("mine")
    is_shared = (col("mine") == col("mine").shift(1)) | (col("mine") == col("mine").shift(-1))
    shared = slim.filter(is_shared.fill_null(False)).sort("entry")
    texts = ranked.select("address").with_row_index("entry").join(shared.lazy(), on="entry").collect()
    first = texts.sort("rank", "entry").unique("address", keep="first")
    flags = pl.Series("is_strongest", [True], dtype=pl.Boolean).new_from_index(0, slim.height)
    return flags.scatter(shared["entry"], False).scatter(first["entry"], True)

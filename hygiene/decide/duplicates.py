"""Which rows stand for a recipient whom another row of the list stands for already."""

import polars as pl
from polars import col

from hygiene.decide.verdict import SUPPRESSING, bit
from hygiene.policy.policy import Policy


def with_duplicates(decided: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """Sets `duplicate_of` and the bit of DUP901; only rows that nothing suppresses compete or are set apart.

    Expects `list`, `row`, the keys, `engaged_at` and `fired`.
    """
    keys = group_keys(policy)
    named = {"winner_list": col("list"), "winner_row": col("row")}
    alive = decided.filter(col("fired") & SUPPRESSING == 0).select(*keys, "engaged_at", **named)
    # Nearly all stand alone: numbers find those who may not, and only their keys are compared as texts.
    numbered = alive.with_columns(mark=pl.struct(keys).hash())
    living = numbered.join(_several(numbered.select("mark")), on="mark", how="semi").drop("mark")
    most = [col("engaged_at")] if policy.duplicate_winner == "most_engaged" else []
    order = [*most, *named]
    descending = [*(True for _ in most), False, False]
    winners = (
        living.group_by(keys)
        .agg(pl.len().alias("rows"), col(*named).sort_by(*order, descending=descending, nulls_last=True).first())
        .filter(col("rows") > 1)
    )
    is_loser = (
        (col("fired") & SUPPRESSING == 0)
        & col("winner_row").is_not_null()
        & ((col("winner_row") != col("row")) | (col("winner_list") != col("list")))
    )
    return (
        decided.join(winners.drop("rows"), on=keys, how="left")
        .with_columns(duplicate_of=pl.when(is_loser).then(col("winner_row")))
        .with_columns(fired=col("fired") | pl.when(is_loser).then(pl.lit(bit("DUP901"), pl.UInt64)).otherwise(0))
        .drop("winner_row", "winner_list")
    )


def _several(marks: pl.LazyFrame) -> pl.LazyFrame:
    return marks.group_by("mark").len().filter(col("len") > 1)


def group_keys(policy: Policy) -> list[str]:
    """The columns whose equality makes two rows one recipient."""
    key = "address_key" if policy.duplicate_by == "address" else "mailbox_key"
    return ["list", key] if policy.duplicate_scope == "list" else [key]

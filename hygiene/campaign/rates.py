"""How often mail bounced hard before: to addresses mailed for the first time, and to those mailed before."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from polars import col

from hygiene.classify.engagement import DELIVERED
from hygiene.model.words import BounceAction, EventKind
from hygiene.normalize.numbers import number


@dataclass(frozen=True)
class BounceRate:
    """Hard bounces among mailings."""

    bounced: int
    mailed: int

    @property
    def share(self) -> float:
        """Hard bounces per mailing; 0 where there was none."""
        return self.bounced / self.mailed if self.mailed else 0.0


def bounce_rates(activity: pl.LazyFrame, negatives: pl.LazyFrame, as_of: dt.datetime) -> tuple[BounceRate, BounceRate]:
    """Rates of first mailings and of later ones, in the year before `as_of`.

    `negatives` carries `action`; a mailing is a day on which mail to the address was delivered or bounced hard.
    """
    since = as_of - dt.timedelta(days=365)
    hard = (col("kind") == EventKind.BOUNCED) & (col("action") == BounceAction.SUPPRESS)
    address = pl.coalesce("address", "mailbox").alias("address")
    days = [
        activity.filter(DELIVERED).select(address, "occurred_at", bounced=pl.lit(False)),
        negatives.filter(hard).select(number("address_key").alias("address"), "occurred_at", bounced=pl.lit(True)),
    ]
    mailings = (
        pl.concat(days)
        .filter(col("occurred_at").is_between(since, as_of))
        .group_by("address", day=col("occurred_at").dt.date())
        .agg(col("bounced").any())
        .with_columns(is_first=col("day") == col("day").min().over("address"))
        .group_by("is_first")
        .agg(bounced=col("bounced").sum(), mailed=pl.len())
        .collect()
    )
    found = {is_first: BounceRate(bounced, mailed) for is_first, bounced, mailed in mailings.rows()}
    return found.get(True, BounceRate(0, 0)), found.get(False, BounceRate(0, 0))

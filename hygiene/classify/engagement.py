"""What a person did and what was delivered to them, with machine opens set apart; one row per mailbox number.

Only mail that was delivered counts as exposure: what a provider blocked, nobody could read. Exposure counts days, so
that a file read twice, or two events of one message, change nothing.
"""

import polars as pl
from polars import col

from hygiene.model.words import HUMAN, Activity

AT = col("occurred_at")
DAY = AT.to_physical() // 86_400_000_000
DELIVERED = col("activity") == Activity.DELIVERED
SIGNS = {"human_at": HUMAN, "clicked_at": [Activity.CLICKED], "machine_opened_at": [Activity.MACHINE_OPENED]}


def of_people(activity: pl.LazyFrame) -> pl.LazyFrame:
    """Human engagement, machine opens and days with a delivery per `mailbox`; fastest where sorted by it."""
    delivered = activity.filter(DELIVERED).group_by("mailbox")
    days = delivered.agg(delivered_first_at=AT.min(), delivered_last_at=AT.max(), deliveries=_days())
    people = [
        activity.filter(col("activity").is_in(kinds)).group_by("mailbox").agg(AT.max().alias(name))
        for name, kinds in SIGNS.items()
    ]
    for found in people:
        days = days.join(found, on="mailbox", how="full", coalesce=True)
    return days


def unengaged(activity: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """`unengaged_deliveries` of those who gave a sign: days with a delivery since the last one."""
    since = pl.max_horizontal("human_at", "resubscribed_at", "sunset_lifted_at")
    signs = people.select("mailbox", since=since).filter(col("since").is_not_null())
    after = activity.filter(DELIVERED).join(signs, on="mailbox", how="inner").filter(col("since") < AT)
    return after.group_by("mailbox").agg(unengaged_deliveries=_days())


def with_unengaged(people: pl.LazyFrame, activity: pl.LazyFrame) -> pl.LazyFrame:
    """People with `unengaged_deliveries`: all days with a delivery where a person never gave a sign."""
    is_silent = pl.all_horizontal(col(name).is_null() for name in ("human_at", "resubscribed_at", "sunset_lifted_at"))
    all_days = pl.when(is_silent).then("deliveries").otherwise(pl.when(col("deliveries").is_not_null()).then(0))
    joined = people.join(unengaged(activity, people), on="mailbox", how="left")
    return joined.with_columns(pl.coalesce("unengaged_deliveries", all_days.cast(pl.UInt32)))


def engaged_at(activity: pl.LazyFrame) -> pl.LazyFrame:
    """Last human engagement per number of the `address_key`: which of several aliases the person uses."""
    human = activity.filter(col("activity").is_in(HUMAN))
    return human.group_by(pl.coalesce("address", "mailbox").alias("address")).agg(engaged_at=AT.max())


def _days() -> pl.Expr:
    return DAY.n_unique().cast(pl.UInt32)

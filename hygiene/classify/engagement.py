"""What a person did and what was delivered to them, with machine opens set apart; one row per `mailbox_key`.

Only mail that was delivered counts as exposure: what a provider blocked, nobody could read. Exposure counts days, so
that a file read twice, or two events of one message, change nothing.
"""

import polars as pl
from polars import col

from hygiene.model.words import EventKind


def of_people(events: pl.LazyFrame) -> pl.LazyFrame:
    """Human engagement, machine opens and re-opt-ins per mailbox; an open of unknown making counts as a person's."""
    is_human = ~col("is_machine").fill_null(False)
    clicked = (col("kind") == EventKind.CLICKED) & is_human
    human = (col("kind") == EventKind.OPENED) & is_human | clicked
    kinds = [EventKind.OPENED, EventKind.CLICKED, EventKind.RESUBSCRIBED]
    machine = (col("kind") == EventKind.OPENED) & ~is_human
    at = col("occurred_at")
    return (
        events.filter(col("kind").is_in(kinds))
        .group_by("mailbox_key")
        .agg(
            at.filter(human).max().alias("human_at"),
            at.filter(clicked).max().alias("clicked_at"),
            at.filter(machine).max().alias("machine_opened_at"),
            at.filter(col("kind") == EventKind.RESUBSCRIBED).max().alias("resubscribed_at"),
        )
    )


def of_deliveries(events: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """Days with a delivery per mailbox, and those of them since the last sign of a person."""
    days = (
        events.filter(col("kind") == EventKind.DELIVERED)
        .group_by("mailbox_key", col("occurred_at").dt.date().alias("day"))
        .agg(first=col("occurred_at").min(), last=col("occurred_at").max())
    )
    signs = people.select("mailbox_key", since=pl.max_horizontal("human_at", "resubscribed_at", "sunset_lifted_at"))
    is_unanswered = (col("last") > col("since")).fill_null(True)
    return (
        days.join(signs, on="mailbox_key", how="left")
        .group_by("mailbox_key")
        .agg(
            pl.len().cast(pl.UInt32).alias("deliveries"),
            col("first").min().alias("delivered_first_at"),
            col("last").max().alias("delivered_last_at"),
            is_unanswered.sum().cast(pl.UInt32).alias("unengaged_deliveries"),
        )
    )


def engaged_at(events: pl.LazyFrame) -> pl.LazyFrame:
    """Last human engagement per `address_key`: which of several aliases the person uses."""
    human = col("kind").is_in([EventKind.OPENED, EventKind.CLICKED]) & ~col("is_machine").fill_null(False)
    return events.filter(human).group_by("address_key").agg(engaged_at=col("occurred_at").max())

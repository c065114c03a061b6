"""When a mailbox provider refused the sender: who was hit, and by which words; no reader is at fault."""

import datetime as dt

import polars as pl
from polars import col

from hygiene.model.words import EventKind, Fault
from hygiene.policy.policy import Policy


def blocks(negatives: pl.LazyFrame, policy: Policy, as_of: dt.datetime) -> pl.LazyFrame:
    """One row per day, provider and token of bounces whose fault is the sender's, above `block_recipients`.

    Columns: day, mailbox_provider, token, reason, recipients, messages, reply (the most frequent), newest first.
    """
    since = pl.lit(as_of).cast(pl.Datetime("us", "UTC")) - pl.duration(days=policy.block_window_days)
    refused = negatives.filter(
        (col("kind") == EventKind.BOUNCED)
        & (col("fault") == Fault.SENDER)
        & (col("occurred_at") > since)
        & (col("occurred_at") <= as_of)
    )
    return (
        refused.group_by(col("occurred_at").dt.date().alias("day"), "mailbox_provider", "token")
        .agg(
            reason=col("reason").mode().sort().first(),
            recipients=col("address_key").n_unique(),
            messages=pl.len(),
            reply=col("diagnostic").mode().sort().first(),
        )
        .filter(col("recipients") >= policy.block_recipients)
        .sort("day", "recipients", "mailbox_provider", "token", descending=[True, True, False, False])
    )

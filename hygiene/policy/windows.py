"""Spans of time that rules ask about, as expressions over EVIDENCE; durations come from the policy."""

import polars as pl
from polars import col

from hygiene.policy.policy import Policy


def spans(first: str, last: str, least: pl.Expr) -> pl.Expr:
    """Whether `last` is at least that long after `first`."""
    return col(last) - col(first) >= least


def is_older_than(instant: pl.Expr, days: pl.Expr, as_of: pl.Expr) -> pl.Expr:
    """Whether the instant lies more than so many days back; null where the instant is."""
    return as_of - instant > days * pl.duration(days=1)


def is_engaged_before(bounce: str, days: int) -> pl.Expr:
    """Whether a person opened or clicked in the days up to the bounce; false where nobody ever did."""
    return (col("human_at") >= col(bounce) - pl.duration(days=days)).fill_null(False)


def cadence_days() -> pl.Expr:
    """Mean days between deliveries; null for fewer than two."""
    span = (col("delivered_last_at") - col("delivered_first_at")).dt.total_seconds() / 86_400
    return pl.when(col("deliveries") >= 2).then(span / (col("deliveries").cast(pl.Float64) - 1))


def idle_window(policy: Policy) -> pl.Expr:
    """Days without engagement that are too many, by how often mail is delivered (SparkPost, signals/list-hygiene)."""
    cadence = cadence_days()
    return (
        pl.when(cadence <= 2).then(policy.sunset_daily_days)
        .when(cadence <= 10).then(policy.sunset_weekly_days)
        .when(cadence <= 20).then(policy.sunset_fortnightly_days)
        .when(cadence <= 45).then(policy.sunset_monthly_days)
        .otherwise(policy.sunset_quarterly_days)
    )  # fmt: skip

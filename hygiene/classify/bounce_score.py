"""How well the rules do on labelled replies: category, action, and the two mistakes that cost readers or reputation."""

import polars as pl
from polars import col

from hygiene.classify.bounces import bounce_action, classify
from hygiene.model.words import BounceAction
from hygiene.policy.policy import Policy

LABELLED = {
    "smtp_code": pl.String(),
    "enhanced": pl.String(),
    "reply": pl.String(),
    "expected_category": pl.String(),
    "acceptable": pl.List(pl.String),
    "actions": pl.List(pl.String),
}
"""A labelled reply: `acceptable` are the categories that count as right, `actions` what may be done."""


def judged(labelled: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The labelled replies with their meaning, and whether category and action are right, or wrong in a costly way."""
    replies = labelled.with_columns(
        reply_code=_text("smtp_code"),
        status=_text("enhanced"),
        diagnostic="reply",
        esp_type=pl.lit(None, pl.String),
        mailbox_provider=pl.lit(None, pl.String),
    )
    suppresses = col("action") == BounceAction.SUPPRESS
    may_suppress = col("actions").list.contains(BounceAction.SUPPRESS.value)
    return (
        classify(replies)
        .with_columns(action=bounce_action(policy))
        .with_columns(
            is_right_category=col("acceptable").list.contains(col("reason")),
            is_right_action=col("actions").list.contains(col("action")),
            is_false_suppression=suppresses & ~may_suppress,
            is_missed_hard=~suppresses & may_suppress & (col("actions").list.len() == 1),
            must_suppress=may_suppress & (col("actions").list.len() == 1),
            must_not_suppress=~may_suppress,
        )
    )


def scores(replies: pl.DataFrame) -> pl.DataFrame:
    """Counts and shares per expected category and for all together, from what `judged` gives."""
    counts = [
        pl.len().alias("replies"),
        col("is_right_category").mean().alias("category"),
        col("is_right_action").mean().alias("action"),
        col("is_false_suppression").sum().alias("false_suppressions"),
        col("must_not_suppress").sum().alias("must_not_suppress"),
        col("is_missed_hard").sum().alias("missed_hard"),
        col("must_suppress").sum().alias("must_suppress"),
    ]
    by_category = replies.group_by("expected_category").agg(counts).sort("expected_category")
    everything = replies.select(pl.lit("all").alias("expected_category"), *counts)
    return pl.concat([by_category, everything])


def _text(name: str) -> pl.Expr:
    return pl.when(col(name) != "").then(name)

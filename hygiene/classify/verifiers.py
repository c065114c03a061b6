"""What paid verifiers say of an address: somebody else's belief, with a date and a source, and never a command."""

import polars as pl
from polars import col

from hygiene.model.words import EventKind

DELIVERABLE = ["valid", "deliverable"]
UNDELIVERABLE = ["invalid", "undeliverable"]
"""ZeroBounce and NeverBounce say `invalid`, Kickbox, Bouncer and Emailable `undeliverable`; all else is no verdict."""
TOLD = {"esp_type": "verifier_says", "provider": "verifier", "source": "verifier_source", "line": "verifier_line"}


def undeliverable(events: pl.LazyFrame) -> pl.LazyFrame:
    """Last verdict per `address_key` that no mail can arrive, where no verifier said otherwise then or later."""
    word = col("esp_type").str.extract(r"^([^/]*)", 1).str.to_lowercase()
    said = events.filter(col("kind") == EventKind.VERIFIED).with_columns(word=word)
    against, at = col("word").is_in(UNDELIVERABLE), col("occurred_at")
    last = said.group_by("address_key").agg(
        at.filter(against).max().alias("undeliverable_at"),
        at.filter(col("word").is_in(DELIVERABLE)).max().alias("deliverable_at"),
        *(col(name).filter(against).sort_by(at.filter(against)).last().alias(told) for name, told in TOLD.items()),
    )
    stands = (col("undeliverable_at") > col("deliverable_at")).fill_null(col("undeliverable_at").is_not_null())
    return last.filter(stands).drop("deliverable_at")

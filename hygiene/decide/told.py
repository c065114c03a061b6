"""Of every row what is counted, and of which rows somebody is told."""

import polars as pl
from polars import col

from hygiene.model.words import Verdict

UNKNOWN = {
    "no_history": col("deliveries").is_null(),
    "dns_temperror": col("mx_status") == "temperror",
    "dns_not_looked_up": col("mx_status").is_null() & col("domain").is_not_null(),
    "engagement_hidden_by_machine_opens": col("human_at").is_null() & col("machine_opened_at").is_not_null(),
}
"""What was not known of a row when it was decided; not knowing never suppresses."""

SLIM: list[str | pl.Expr] = [
    "list", "row", "verdict", "rule", "mailbox_provider", "fired", "in_force", "imported",
    *(unknown.alias(name) for name, unknown in UNKNOWN.items()),
]  # fmt: skip
"""What a night counts of every row."""

OF_A_CAMPAIGN = [*SLIM, "domain", pl.max_horizontal("human_at", "delivered_first_at").alias("seen_at")]
"""What the check of a campaign counts.

`seen_at` is the last sign of a person, or the first delivery where there was none: how long a reader is idle.
"""

TOLD = [
    "list", "row", "address", "repair", "rule", "typo_of", "hard_source", "hard_line", "hard_burst", "soft_source",
    "soft_line",
]  # fmt: skip
"""What lists and summary ask of some rows, beside the audit trail."""


def is_told() -> pl.Expr:
    """Not simply kept: a verdict, a repair, or a suppression that ends."""
    ends = (col("in_force") & ~col("fired") != 0).fill_null(False)
    return (col("verdict") != Verdict.KEEP.value) | col("repair").is_not_null() | ends


def is_asked() -> pl.Expr:
    """Mended, mistyped or bounced: of other rows, lists and summary ask nothing in TOLD."""
    bounced = col("rule").cast(pl.String).str.contains("^(BNC|SFT)").fill_null(False)
    return col("repair").is_not_null() | col("typo_of").is_not_null() | bounced

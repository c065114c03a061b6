"""What the gate looks at: decided rows, and what the state knows of before."""

import datetime as dt
from typing import Any

import polars as pl

from hygiene.campaign.gate import Past
from hygiene.campaign.rates import BounceRate
from hygiene.model.tables import INSTANT
from tests.builders import AS_OF, instant

COLUMNS = {
    "mailbox_provider": pl.String(), "domain": pl.String(), "verdict": pl.String(), "deliveries": pl.UInt32(),
    "human_at": INSTANT, "delivered_first_at": INSTANT,
}  # fmt: skip
YESTERDAY = AS_OF - dt.timedelta(days=1)


def rows(count: int = 1, **cells: Any) -> list[dict[str, Any]]:
    """So many rows to be mailed at Gmail, each a reader of last month."""
    base = {"mailbox_provider": "google", "domain": "gmail.com", "verdict": "keep", "deliveries": 10}
    base |= {"human_at": "2026-06-01", "delivered_first_at": "2025-06-01"}
    return [base | cells] * count


def decided(*parts: list[dict[str, Any]]) -> pl.LazyFrame:
    """The rows of a checked list."""
    every = [row for part in parts for row in part]
    parsed = [{name: instant(cell) if name.endswith("_at") else cell for name, cell in row.items()} for row in every]
    frame = pl.LazyFrame(parsed, schema=COLUMNS)
    seen = pl.max_horizontal("human_at", "delivered_first_at").alias("seen_at")
    return frame.with_columns(seen, no_history=pl.col("deliveries").is_null())


def past(**cells: Any) -> Past:
    """A state that speaks against nothing."""
    base: dict[str, Any] = {
        "last_run_at": YESTERDAY, "dns_newest_at": YESTERDAY, "needs_dns": True, "first": BounceRate(10, 1000),
        "later": BounceRate(1, 1000), "incidents": [],
    }  # fmt: skip
    return Past(**base | cells)

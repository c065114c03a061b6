"""The brake: whether a run would suppress so much that a person should look first."""

import polars as pl
from polars import col

from hygiene.decide.verdict import SUPPRESSING
from hygiene.policy.policy import Policy


def is_newly_suppressed() -> pl.Expr:
    """Suppressed tonight, and by nothing that was in force before."""
    before = col("in_force").fill_null(0) & ~col("imported").fill_null(0)
    return (col("fired") & SUPPRESSING != 0) & (before == 0)


def brake_reasons(decided: pl.LazyFrame, usual: float | None, is_first: bool, policy: Policy) -> list[str]:
    """Why the run is held, one sentence each; empty where it may go on.

    `decided` needs `list`, `mailbox_provider`, `fired`, `in_force` and `imported`; `usual` is the median number of new
    suppressions of the last 30 days, None where there is no past.
    """
    counted = decided.select("list", "mailbox_provider", is_new=is_newly_suppressed())
    list_limit = policy.brake_first_share if is_first else policy.brake_list_share
    provider_limit = policy.brake_first_share if is_first else policy.brake_provider_share
    lists = _shares(counted, "list").filter(col("share") > list_limit)
    providers = _shares(counted, "mailbox_provider").filter(
        (col("share") > provider_limit) & (col("rows") >= policy.brake_provider_rows)
    )
    new = int(counted.select(col("is_new").sum()).collect().item())
    return [
        *(_sentence(f"list {name}", row, list_limit) for name, *row in lists.sort("list").collect().rows()),
        *(
            _sentence(f"provider {name}", row, provider_limit)
            for name, *row in providers.sort("mailbox_provider").collect().rows()
        ),
        *_unusual(new, usual, policy),
    ]


def _shares(counted: pl.LazyFrame, key: str) -> pl.LazyFrame:
    known = counted.filter(col(key).is_not_null())
    new = col("is_new").sum()
    return known.group_by(key).agg(new.alias("new"), pl.len().alias("rows"), (new / pl.len()).alias("share"))


def _sentence(what: str, row: list[float], limit: float) -> str:
    new, rows, share = row
    return (
        f"{what}: {new:,.0f} of {rows:,.0f} rows ({share:.1%}) would be newly suppressed; the policy allows {limit:.1%}"
    )


def _unusual(new: int, usual: float | None, policy: Policy) -> list[str]:
    if usual is None or new < policy.brake_usual_rows or new <= usual * policy.brake_usual_times:
        return []
    times = f"more than {policy.brake_usual_times:g} times the usual {usual:,.0f}"
    return [f"{new:,} rows would be newly suppressed, {times}"]

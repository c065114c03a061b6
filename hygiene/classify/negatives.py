"""What speaks against mailing somebody: complaints, unsubscriptions and bounces that count, as evidence.

What a person or a lapse lifted does not count again; a delivery clears the bounces before it.
"""

import polars as pl
from polars import col

from hygiene.model.words import BounceAction, EventKind

NEGATIVE = [EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.UNSUBSCRIBED]
STATED = [EventKind.RESUBSCRIBED, EventKind.REINSTATED, EventKind.VERIFIED]
"""What somebody says of an address: its owner wants mail again, the ESP takes a bounce back, a verifier judged it."""
IN_TIME = ("occurred_at", "source", "line")
"""Of two events at one instant that of the later line is the last, in whatever order they were read."""
RULE_FAMILIES = {EventKind.BOUNCED: "BNC|SFT", EventKind.COMPLAINED: "CMP", EventKind.UNSUBSCRIBED: "UNS"}


def that_count(negatives: pl.LazyFrame, lifts: pl.LazyFrame) -> pl.LazyFrame:
    """Negative events without those from before a lift of their rule's family on the same address or mailbox."""
    for scope, key in (("address", "address_key"), ("mailbox", "mailbox_key")):
        for kind, families in RULE_FAMILIES.items():
            lifted = _lifted(lifts, scope, rf"^(?:{families}|\*)").rename({"key": key})
            is_past = (col("kind") == kind) & (col("occurred_at") <= col("lifted_at"))
            joined = negatives.join(lifted, on=key, how="left")
            negatives = joined.filter(~is_past.fill_null(False)).drop("lifted_at")
    return negatives


def not_taken_back(negatives: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Negative events without the bounces that the ESP took back later (EVENTS of kind `reinstated`)."""
    taken_back = events.filter(col("kind") == EventKind.REINSTATED)
    back_at = taken_back.group_by("address_key").agg(taken_back_at=col("occurred_at").max())
    is_past = (col("kind") == EventKind.BOUNCED) & (col("occurred_at") <= col("taken_back_at"))
    joined = negatives.join(back_at, on="address_key", how="left")
    return joined.filter(~is_past.fill_null(False)).drop("taken_back_at")


def _lifted(lifts: pl.LazyFrame, scope: str, families: str) -> pl.LazyFrame:
    mine = lifts.filter((col("scope") == scope) & col("rule").str.contains(families))
    return mine.group_by("key").agg(col("lifted_at").max())


def objections(negatives: pl.LazyFrame) -> pl.LazyFrame:
    """Last complaint and last unsubscription per mailbox, with file and line."""
    return (
        negatives.sort(IN_TIME)
        .group_by("mailbox_key")
        .agg(
            *_last(EventKind.COMPLAINED, "complained_at", "complaint"),
            *_last(EventKind.UNSUBSCRIBED, "unsubscribed_at", "unsubscribe"),
        )
    )


def _last(kind: EventKind, at: str, prefix: str) -> list[pl.Expr]:
    mine = col("kind") == kind
    newest = [_newest(name, mine) for name in ("source", "line")]
    return [col("occurred_at").filter(mine).max().alias(at)] + [
        expression.alias(f"{prefix}_{name}") for expression, name in zip(newest, ("source", "line"), strict=True)
    ]


def bounces(negatives: pl.LazyFrame, signs: pl.LazyFrame) -> pl.LazyFrame:
    """Hard bounces since the last delivery, and soft strikes since the last delivery or engagement, per `bounce_key`.

    `signs` holds `bounce_key`, `delivered_at` and `engaged_at`. A day counts once.
    """
    counted = negatives.filter((col("kind") == EventKind.BOUNCED) & (col("action") != BounceAction.NONE))
    fresh = counted.join(signs, on="bounce_key", how="left").filter(
        (col("occurred_at") > col("delivered_at")).fill_null(True)
    )
    return (
        fresh.sort(IN_TIME)
        .group_by("bounce_key")
        .agg(
            *_streak(col("action") == BounceAction.SUPPRESS, "hard", "hard_bounces"),
            _burst(col("action") == BounceAction.SUPPRESS).alias("hard_burst"),
            *_streak(_is_soft(), "soft", "soft_strikes"),
            _days(_is_soft() & (col("reason") == "mailbox_full")).alias("full_strikes"),
        )
    )


def _burst(mine: pl.Expr) -> pl.Expr:
    """The burst of the last one; null where one of them fell in none."""
    bursts = col("burst").filter(mine)
    return pl.when(bursts.null_count() == 0).then(_newest("burst", mine))


def _is_soft() -> pl.Expr:
    unanswered = (col("occurred_at") > col("engaged_at")).fill_null(True)
    return (col("action") == BounceAction.SOFT) & unanswered


def _days(mine: pl.Expr) -> pl.Expr:
    return col("occurred_at").dt.date().filter(mine).n_unique().cast(pl.UInt32)


def _streak(mine: pl.Expr, prefix: str, count: str) -> list[pl.Expr]:
    """Number of days, first and last instant, and reply, file and line of the last one."""
    at = col("occurred_at").filter(mine)
    proof = {"diagnostic": "reply", "source": "source", "line": "line"}
    return [
        _days(mine).alias(count),
        at.min().alias(f"{prefix}_first_at"),
        at.max().alias(f"{prefix}_last_at"),
        *(_newest(name, mine).alias(f"{prefix}_{told}") for name, told in proof.items()),
    ]


def _newest(name: str, mine: pl.Expr) -> pl.Expr:
    """Of the last one, in the order of IN_TIME."""
    return col(name).filter(mine).last()

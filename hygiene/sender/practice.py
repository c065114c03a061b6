"""How the sender mailed a provider before it refused: what a postmaster asks about, from the history alone."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from polars import col

from hygiene.classify.bounces import bounce_action
from hygiene.classify.engagement import DELIVERED
from hygiene.model.tables import INSTANT
from hygiene.model.words import HUMAN, BounceAction, EventKind
from hygiene.normalize.numbers import number
from hygiene.policy.policy import Policy

DAYS = 90
"""Days before the incident that rates are taken from."""
LOOK_BACK_DAYS = 365
"""How far back a first delivery or a last engagement is looked for."""
IDLE_DAYS = (90, 180)


@dataclass(frozen=True)
class Practice:
    """Counts at one provider in the DAYS before an incident."""

    delivered: int
    """Messages."""
    recipients: int
    """People whom mail reached."""
    complaints: int
    hard_bounced: int
    """People who bounced hard."""
    engagements: int
    """Opens and clicks by people, in all that was looked at; without any, nobody is called idle."""
    idle_90: int
    """Of the recipients: no person's open or click for so many days, and mailed for as long."""
    idle_180: int


def practice(activity: pl.LazyFrame, events: pl.LazyFrame, policy: Policy, began_at: dt.datetime) -> Practice:
    """What the ACTIVITY and the EVENTS (bounces with MEANING) of one provider's people tell of the time before."""
    now = pl.lit(began_at).cast(INSTANT)
    lately = col("at") >= now - pl.duration(days=DAYS)
    did = {name: col("what") == name for name in ("delivered", "engaged", "complained", "hard")}
    people = _happened(activity, events, policy).filter(col("at") < now).group_by("mailbox").agg(
        delivered=col("at").filter(did["delivered"] & lately).n_unique(),
        complaints=col("at").filter(did["complained"] & lately).n_unique(),
        hard=(did["hard"] & lately).any(),
        engagements=did["engaged"].sum(),
        first=col("at").filter(did["delivered"]).min(),
        human=col("at").filter(did["engaged"]).max(),
    )  # fmt: skip
    is_recipient = col("delivered") > 0
    since = pl.max_horizontal("human", "first")
    counted = people.select(
        *(col(name).sum() for name in ("delivered", "complaints", "engagements")),
        recipients=is_recipient.sum(),
        hard_bounced=col("hard").sum(),
        **{f"idle_{days}": (is_recipient & (since < now - pl.duration(days=days))).sum() for days in IDLE_DAYS},
    )
    row = counted.collect().row(0, named=True)
    return Practice(**{name: int(count or 0) for name, count in row.items()})


def _happened(activity: pl.LazyFrame, events: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """`mailbox`, `at` and `what`: delivered, engaged, complained or hard."""
    is_human = col("activity").is_in(HUMAN)
    done = pl.when(DELIVERED).then(pl.lit("delivered")).when(is_human).then(pl.lit("engaged"))
    is_hard = (bounce_action(policy) == BounceAction.SUPPRESS) & (col("kind") == EventKind.BOUNCED)
    bad = pl.when(is_hard).then(pl.lit("hard")).when(col("kind") == EventKind.COMPLAINED).then(pl.lit("complained"))
    parts = [
        activity.select("mailbox", at="occurred_at", what=done),
        events.select(mailbox=number("mailbox_key"), at="occurred_at", what=bad),
    ]
    return pl.concat(parts).filter(col("what").is_not_null())

"""Refusals of the sender grouped: one incident per mailbox provider, sign and stretch of time without a long gap.

Sending addresses and streams stand inside the incident, each with its share of it: a postmaster is written to once.
An incident keeps its id from night to night: `known` tells those of earlier nights, and what overlaps one is that one.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from polars import col

from hygiene.classify.domains import distinct_domains, stretches
from hygiene.normalize.numbers import pieces
from hygiene.policy.policy import Policy
from hygiene.sender.refusals import KEY, OTHERS, providers_of

SAMPLES = 5
"""How many different replies an incident shows."""
STEEP = 1.5
"""How many times the first half's mail the second half's is, for a trend to be called rising."""


@dataclass(frozen=True)
class Closing:
    """A person's word that an incident is dealt with."""

    at: dt.datetime
    actor: str
    reason: str


@dataclass(frozen=True)
class Incident:
    """One provider's refusal of the sender."""

    id: str
    mailbox_provider: str
    token: str
    reason: str
    """A BounceReason."""
    bounce_rule: str | None
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime
    counted_since: dt.datetime
    """From when on the counts below count: `first_seen_at`, or the beginning of the window that is looked at."""
    messages: int
    recipients: int
    days: list[dict[str, Any]]
    """`day`, `messages` and `recipients`, in order."""
    sources: list[dict[str, Any]]
    """`sending_ip`, `stream`, `messages` and `recipients`, most messages first; null where the events do not say."""
    replies: list[dict[str, Any]]
    """`reply` with addresses blanked, and `messages`, most frequent first."""
    share: float | None = None
    """Share of the provider's mail that was refused; None where it is not known what arrived."""
    closing: Closing | None = None

    @property
    def state(self) -> str:
        """`open`, `closed`, or `reopened` where replies came after it was closed."""
        if self.closing is None:
            return "open"
        return "reopened" if self.last_seen_at > self.closing.at else "closed"

    @property
    def is_open(self) -> bool:
        """Whether nobody closed it, or it went on all the same."""
        return self.state != "closed"

    @property
    def trend(self) -> str:
        """`one day`, `rising`, `falling` or `steady`: the second half of its days against the first."""
        counts = [day["messages"] for day in self.days]
        if len(counts) < 2:
            return "one day"
        half = len(counts) // 2
        before, after = sum(counts[:half]) / half, sum(counts[-half:]) / half
        return "rising" if after > STEEP * before else "falling" if before > STEEP * after else "steady"


def with_ids(refused: pl.DataFrame, known: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Refusals (see refusals.py) with `id` and `began_at`; `known` holds id, KEY, first_seen_at and last_seen_at."""
    gap = pl.duration(days=policy.incident_gap_days)
    ordered = refused.sort(*KEY, "occurred_at")
    parted = ordered.with_columns(session=(col("occurred_at").diff() > gap).fill_null(False).cum_sum().over(KEY))
    stretches = parted.group_by(*KEY, "session").agg(first=col("occurred_at").min(), last=col("occurred_at").max())
    same = stretches.join(known, on=KEY).filter(
        (col("first_seen_at") <= col("last") + gap) & (col("last_seen_at") >= col("first") - gap)
    )
    oldest = same.sort("first_seen_at", "id").unique([*KEY, "session"], keep="first", maintain_order=True)
    named = stretches.join(oldest.select(*KEY, "session", "id", "first_seen_at"), on=[*KEY, "session"], how="left")
    began = pl.min_horizontal("first", "first_seen_at")
    ids = named.select(*KEY, "session", id=pl.coalesce("id", _new_id()), began_at=began)
    return parted.join(ids, on=[*KEY, "session"], how="left").drop("session")


def _new_id() -> pl.Expr:
    words = pl.format("{}-{}-{}", *KEY, col("first").dt.strftime("%Y%m%d"))
    return words.str.to_lowercase().str.replace_all(r"[^a-z0-9.]+", "-")


def large(named: pl.DataFrame, known: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Refusals of the incidents that hit enough recipients, or were told before."""
    many = col("recipient").n_unique().over("id") >= policy.incident_recipients
    return named.filter(many | col("id").is_in(known["id"].implode()))


def incidents(
    named: pl.DataFrame, samples: pl.DataFrame, known: pl.DataFrame, closings: dict[str, Closing]
) -> list[Incident]:
    """One per id, newest first; `samples` are replies by sense, `known` holds shares that an earlier night found."""
    told = named.group_by("id").agg(
        *(col(name).first() for name in KEY),
        *(col(name).cast(pl.String).drop_nulls().mode().sort().first() for name in ("reason", "bounce_rule")),
        first_seen_at=col("began_at").min(),
        last_seen_at=col("occurred_at").max(),
        counted_since=col("occurred_at").min(),
        **_counts(),
    )
    source = [col("sending_ip").cast(pl.String), col("stream").cast(pl.String)]
    parts = {
        "days": _parts(named, [col("occurred_at").dt.date().alias("day")], ["day"], [False]),
        "sources": _parts(named, source, ["messages", "sending_ip", "stream"], [True, False, False]),
        "replies": _parts(_with_replies(named, samples), [col("reply")], ["messages", "reply"], [True, False]),
    }
    rows = told.join(known.select("id", "share"), on="id", how="left")
    newest = rows.sort("last_seen_at", "recipients", "id", descending=[True, True, False]).to_dicts()
    return [_incident(row, parts, closings.get(row["id"])) for row in newest]


def _with_replies(named: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """The refusals whose sense is among the most frequent of their incident, with a reply that stands for it."""
    senses = named.group_by("id", *KEY, "sense").len().sort("len", "sense", descending=[True, False])
    frequent = (
        senses.group_by("id", maintain_order=True).head(SAMPLES).join(samples, on=[*KEY, "sense"], nulls_equal=True)
    )
    return named.join(frequent.select("id", "sense", "reply"), on=["id", "sense"], nulls_equal=True)


def _counts() -> dict[str, pl.Expr]:
    return {"messages": col("message").n_unique(), "recipients": col("recipient").n_unique()}


def _parts(
    named: pl.DataFrame, keys: Sequence[pl.Expr], order: Sequence[str], descending: Sequence[bool]
) -> dict[str, list[dict[str, Any]]]:
    """Counts by id and some keys, as rows per id."""
    counted = named.group_by("id", *keys).agg(**_counts()).sort(order, descending=list(descending))
    return {str(name): rows.drop("id").to_dicts() for (name,), rows in counted.group_by("id", maintain_order=True)}


def _incident(
    row: dict[str, Any], parts: dict[str, dict[str, list[dict[str, Any]]]], closing: Closing | None
) -> Incident:
    mine = {name: table.get(row["id"], []) for name, table in parts.items()}
    said = [part for part in mine["replies"] if part["reply"]]
    return Incident(**row, days=mine["days"], sources=mine["sources"], replies=said, closing=closing)


def shares(
    refused: pl.DataFrame, delivered: pl.LazyFrame, people: pl.LazyFrame, answers: pl.DataFrame
) -> dict[str, float]:
    """Share of the messages to each incident's provider that was refused, from its first to its last day.

    `delivered` holds `mailbox` and `occurred_at` of each delivery, `people` the `domain` of each mailbox. An incident
    of which no delivery is known has no share, as a history may hold bounces alone.
    """
    at, day = col("occurred_at"), pl.duration(days=1)
    spans = refused.group_by("id", "mailbox_provider").agg(
        col("message").n_unique().alias("messages"),
        first=at.min().dt.truncate("1d"),
        last=at.max().dt.truncate("1d") + day,
    )
    names = spans.select("mailbox_provider").unique().with_row_index("place")
    places = _places(people, answers, names)
    lately = delivered.filter((at >= spans["first"].min()) & (at < spans["last"].max()))
    count = people.select(pl.len()).collect().item()
    daily = [_arrived(lately.filter(here), places.filter(here)) for here in pieces(count)]
    arrived = pl.concat(daily).join(names, on="place").join(spans, on="mailbox_provider")
    inside = arrived.filter((col("day") >= col("first").dt.date()) & (col("day") < col("last").dt.date()))
    told = spans.join(inside.group_by("id").agg(col("arrived").sum()), on="id")
    return dict(told.select("id", col("messages") / (col("messages") + col("arrived"))).rows())


def _arrived(delivered: pl.LazyFrame, places: pl.LazyFrame) -> pl.DataFrame:
    """Messages that arrived by place and day; one that two files tell of counts once."""
    mine = delivered.join(places, on="mailbox")
    messages = mine.select("place", "mailbox", "occurred_at").unique()
    return messages.group_by("place", day=col("occurred_at").dt.date()).agg(arrived=pl.len()).collect()


def _places(people: pl.LazyFrame, answers: pl.DataFrame, names: pl.DataFrame) -> pl.LazyFrame:
    """`mailbox` and `place` of whom an incident may be about: a domain of no known provider has two names."""
    domains = providers_of(distinct_domains(stretches(people)), answers)
    named, is_unknown = col("mailbox_provider"), col("mailbox_provider").is_null()
    both = [
        domains.select("domain", mailbox_provider=named.fill_null(OTHERS)),
        domains.filter(is_unknown).select("domain", mailbox_provider="domain"),
    ]
    there = pl.concat(both).join(names, on="mailbox_provider")
    return people.join(there.select("domain", "place").lazy(), on="domain").select("mailbox", "place")

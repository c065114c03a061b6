"""The gate before a campaign: send, do not send, or not enough is known; with the reasons."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from polars import col

from hygiene.campaign.rates import BounceRate
from hygiene.model.words import Verdict
from hygiene.policy.policy import Policy
from hygiene.sender.incidents import Incident
from hygiene.sender.told import share_told

IDLE_DAYS = (90, 180)
SEND, DO_NOT_SEND, UNKNOWN = "send", "do not send", "not enough known"


@dataclass(frozen=True)
class Past:
    """What the state knows of before."""

    last_run_at: dt.datetime | None
    dns_newest_at: dt.datetime | None
    """Newest DNS answer; None where there is none."""
    needs_dns: bool
    first: BounceRate
    later: BounceRate
    incidents: list[Incident]
    """What providers said against the sender."""


def providers(decided: pl.LazyFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Per mailbox provider, largest first: rows, to be mailed, never mailed, and idle over 90 and 180 days."""
    mailed = col("verdict").is_in([Verdict.KEEP.value, Verdict.REVIEW.value])
    now = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
    never = mailed & col("no_history")
    idle = {f"idle_{days}": (mailed & (now - col("seen_at") > pl.duration(days=days))).sum() for days in IDLE_DAYS}
    return (
        decided.group_by(col("mailbox_provider").fill_null("other"))
        .agg(pl.len().alias("rows"), mailed.sum().alias("mailed"), never.sum().alias("never_mailed"), **idle)
        .sort("rows", "mailbox_provider", descending=[True, False])
        .collect()
    )


def expected_bounces(table: pl.DataFrame, past: Past) -> float:
    """Share of the rows to be mailed that would bounce hard, by past rates."""
    mailed, never = int(table["mailed"].sum()), int(table["never_mailed"].sum())
    expected = never * past.first.share + (mailed - never) * past.later.share
    return expected / mailed if mailed else 0.0


def unknowns(table: pl.DataFrame, past: Past, policy: Policy, as_of: dt.datetime) -> list[str]:
    """Why not enough is known to answer, one sentence each."""
    reasons = []
    if past.last_run_at is None:
        reasons.append("no nightly run was published yet")
    elif as_of - past.last_run_at > dt.timedelta(days=policy.gate_run_age_days):
        reasons.append(
            f"the last nightly run is of {past.last_run_at:%Y-%m-%d}, over {policy.gate_run_age_days} days ago"
        )
    if past.needs_dns and past.dns_newest_at is None:
        reasons.append("no domain was ever looked up")
    elif past.dns_newest_at and as_of - past.dns_newest_at > dt.timedelta(days=policy.gate_dns_age_days):
        reasons.append(f"the DNS memory is of {past.dns_newest_at:%Y-%m-%d}, over {policy.gate_dns_age_days} days old")
    if not table["rows"].sum():
        reasons.append("the list has no rows")
    mailed, never = int(table["mailed"].sum()), int(table["never_mailed"].sum())
    if never > policy.gate_never_mailed_share * mailed and past.first.mailed < policy.gate_first_mailings:
        reasons.append(f"{never:,} of {mailed:,} rows were never mailed, and how such addresses bounce is not known")
    return reasons


def objections(decided: pl.LazyFrame, table: pl.DataFrame, past: Past, policy: Policy, as_of: dt.datetime) -> list[str]:
    """Why the campaign should not go out, one sentence each."""
    suppressed, rows = (
        decided.select((col("verdict") == Verdict.SUPPRESS.value).sum(), pl.len().alias("n")).collect().row(0)
    )
    expected = expected_bounces(table, past)
    reasons = []
    if rows and suppressed / rows > policy.gate_suppressed_share:
        reasons.append(f"{suppressed / rows:.1%} of the list is suppressed (limit {policy.gate_suppressed_share:.0%})")
    if expected > policy.gate_bounce_share:
        reasons.append(f"{expected:.1%} would bounce hard by past rates (limit {policy.gate_bounce_share:.1%})")
    return [*reasons, *_refused(decided, past, policy, as_of), *_idle(table, policy)]


def _refused(decided: pl.LazyFrame, past: Past, policy: Policy, as_of: dt.datetime) -> list[str]:
    """Open incidents of late at providers, or domains, that have rows to be mailed."""
    since = as_of - dt.timedelta(days=policy.gate_block_days)
    late = [one for one in past.incidents if one.is_open and one.last_seen_at >= since]
    grave = [one for one in late if one.share is None or one.share >= policy.gate_block_share]
    mailed = _mailed_at(decided, {one.mailbox_provider for one in grave})
    return [
        f"{one.mailbox_provider} refused the sender, last on {one.last_seen_at:%Y-%m-%d} ({one.token}, "
        f"{share_told(one)}, incident {one.id}); {mailed[one.mailbox_provider]:,} rows are there"
        for one in grave
        if mailed.get(one.mailbox_provider)
    ]


def _mailed_at(decided: pl.LazyFrame, places: set[str]) -> dict[str, int]:
    """Rows to be mailed at each of these providers or domains."""
    mailed = decided.filter(col("verdict").is_in([Verdict.KEEP.value, Verdict.REVIEW.value]))
    provider = col("mailbox_provider").fill_null("other")
    named = pl.concat([mailed.select(place=provider), mailed.select(place="domain")])
    return dict(named.filter(col("place").is_in(places)).group_by("place").len().collect().rows())


def _idle(table: pl.DataFrame, policy: Policy) -> list[str]:
    large = table.filter(
        (col("mailed") >= policy.brake_provider_rows) & (col("idle_180") > policy.gate_idle_share * col("mailed"))
    )
    return [
        f"{idle:,} of {mailed:,} rows at {provider} did not engage in 180 days"
        for provider, mailed, idle in large.select("mailbox_provider", "mailed", "idle_180").rows()
    ]

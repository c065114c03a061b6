"""Hard bounces that are not believed at once: those of a burst, and `5.4.1 Access denied` where nobody was let in.

A provider that fails says "no such user" to everybody; a tenant of Microsoft 365 may say "access denied" to a sender
that it does not want. The usual of a place (a mailbox provider, or a domain) is the share of its mail that bounced hard
in the days before, so that a larger mailing is no burst. A place without a past is not judged: the brake looks at it.
"""

import datetime as dt

import polars as pl
from polars import col

from hygiene.classify.bounces import ACCESS_DENIED, bounce_action
from hygiene.classify.domains import provider_of
from hygiene.classify.engagement import DELIVERED
from hygiene.model.refusal_tables import DOUBTS
from hygiene.model.words import BounceAction, EventKind
from hygiene.normalize.numbers import number
from hygiene.policy.policy import Policy

PLACES = ("domain", "mailbox_provider")


def doubts(negatives: pl.LazyFrame, activity: pl.LazyFrame, people: pl.LazyFrame, policy: Policy) -> pl.DataFrame:
    """DOUBTS about the bounces of `negatives` (EVENTS with MEANING), by the ACTIVITY of people (see `readers`)."""
    hard = _placed(negatives.filter(col("kind") == EventKind.BOUNCED)).filter(
        bounce_action(policy) == BounceAction.SUPPRESS
    )
    is_denial = col("bounce_rule") == ACCESS_DENIED
    denied = hard.filter(is_denial).select("domain", "day", mailbox=number("mailbox_key")).unique().collect()
    daily = _by_day(hard)
    suspects = _suspects(daily, policy)
    days = pl.concat([suspects["day"], denied["day"]])
    if days.is_empty():
        return DOUBTS.empty()
    first = days.dt.offset_by(f"-{max(policy.burst_past_days, policy.access_denied_days)}d").min()
    since = pl.lit(first, pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    places = pl.concat([suspects["place"], denied["domain"]]).unique()
    bounced = negatives.select(mailbox=number("mailbox_key"), domain=_domain("mailbox_key"))
    known = pl.concat([people, bounced]).unique("mailbox")
    arrived = _arrived(activity.filter(col("occurred_at") >= since), known, places, denied)
    return pl.concat([_bursts(suspects, daily, arrived, policy), _accepted(arrived, denied)])


def readers(rows: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    """People by number, with their domain: who an ACTIVITY is of is told by its number alone."""
    return rows.lazy().select(mailbox=number("mailbox_key"), domain=_domain("mailbox_key")).unique("mailbox")


def with_doubts(negatives: pl.LazyFrame, found: pl.DataFrame, policy: Policy) -> pl.LazyFrame:
    """`negatives` with `burst` (null outside of one), and of unknown permanence where a denial proves nothing."""
    bursts = found.filter(col("burst").is_not_null())
    accepted = found.filter(col("burst").is_null()).select("day", domain="place")
    return _with_proof(_with_burst(negatives, bursts, policy), accepted, policy)


def _with_burst(negatives: pl.LazyFrame, bursts: pl.DataFrame, policy: Policy) -> pl.LazyFrame:
    if bursts.is_empty():
        return negatives.with_columns(burst=pl.lit(None, pl.String))
    placed = _placed(negatives)
    for place in PLACES:
        named = bursts.lazy().select(col("place").alias(place), "day", col("burst").alias(f"{place}_burst"))
        placed = placed.join(named, on=[place, "day"], how="left")
    is_hard = bounce_action(policy) == BounceAction.SUPPRESS
    burst = pl.when(is_hard).then(pl.coalesce("mailbox_provider_burst", "domain_burst"))
    return placed.with_columns(burst=burst).drop("day", *PLACES, "mailbox_provider_burst", "domain_burst")


def _with_proof(negatives: pl.LazyFrame, accepted: pl.DataFrame, policy: Policy) -> pl.LazyFrame:
    """Permanence `unknown` for a denial without an accepted message near it."""
    keyed = negatives.with_columns(domain=_domain("address_key"), day=col("occurred_at").dt.date())
    near = keyed.join(_near(accepted, policy.access_denied_days).lazy(), on=["domain", "day"], how="left")
    is_unproven = (col("bounce_rule") == ACCESS_DENIED) & col("is_accepted").is_null()
    permanence = pl.when(is_unproven.fill_null(False)).then(pl.lit("unknown")).otherwise("permanence")
    return near.with_columns(permanence=permanence).drop("domain", "day", "is_accepted")


def _domain(key: str) -> pl.Expr:
    return col(key).str.extract(r"@([^@]*)$")


def _placed(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events with the domain, its provider and the UTC day."""
    return events.with_columns(domain=_domain("address_key"), day=col("occurred_at").dt.date()).with_columns(
        mailbox_provider=provider_of(col("domain"))
    )


def _by_day(hard: pl.LazyFrame) -> pl.DataFrame:
    """Recipients who bounced hard, per place and day."""
    long = [hard.select("day", "address_key", place=name) for name in PLACES]
    known = pl.concat(long).filter(col("place").is_not_null())
    return known.group_by("place", "day").agg(hard=col("address_key").n_unique().cast(pl.Int64)).collect()


def _suspects(daily: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Places and days with many more hard bounces than on the days before that had some."""
    before = _before(daily.with_columns(days=pl.lit(1, pl.Int64)), "hard", "days", policy=policy)
    usual = (col("hard_before") / col("days_before")).fill_nan(0.0)
    is_jump = (col("hard") > policy.burst_bounces) & (col("hard") > policy.burst_times * usual)
    return before.filter(is_jump).select("place", "day", "hard")


def _before(daily: pl.DataFrame, *counts: str, policy: Policy) -> pl.DataFrame:
    """Adds the sums of the counts over the days before, within `burst_past_days`, as `<count>_before`."""
    days = f"{policy.burst_past_days}d"
    sums = [
        col(name).rolling_sum_by("day", window_size=days, closed="left").over("place").alias(f"{name}_before")
        for name in counts
    ]
    return daily.sort("place", "day").with_columns(sums).fill_null(0)


def _arrived(activity: pl.LazyFrame, people: pl.LazyFrame, places: pl.Series, denied: pl.DataFrame) -> pl.DataFrame:
    """People whom mail reached per place and day: all (`mail`), and those never denied access (`others`)."""
    known = people.with_columns(mailbox_provider=provider_of(col("domain")))
    mine = known.filter(pl.any_horizontal(col(name).is_in(places.implode()) for name in PLACES))
    delivered = activity.filter(DELIVERED).select("mailbox", day=col("occurred_at").dt.date())
    is_other = ~col("mailbox").is_in(denied["mailbox"].implode())
    people_reached = {"mail": col("mailbox").n_unique(), "others": col("mailbox").filter(is_other).n_unique()}
    counts = {name: count.cast(pl.Int64) for name, count in people_reached.items()}
    counted = delivered.join(mine, on="mailbox").group_by(*PLACES, "day").agg(**counts).collect()
    long = [counted.select("day", "mail", "others", place=name) for name in PLACES]
    told = pl.concat(long).filter(col("place").is_in(places.implode()))
    return told.group_by("place", "day").agg(col("mail", "others").sum())


def _bursts(suspects: pl.DataFrame, daily: pl.DataFrame, arrived: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The suspects whose share of hard bounces jumped too; where no delivery is known at all, the number decides."""
    mine = daily.join(suspects.select("place").unique(), on="place", how="semi")
    both = mine.join(arrived.select("place", "day", "mail"), on=["place", "day"], how="full", coalesce=True)
    known = both.with_columns(col("hard", "mail").fill_null(0)).with_columns(
        judged=pl.when(col("mail").sum().over("place") > 0)
        .then(col("hard") + col("mail"))
        .otherwise(pl.lit(1, pl.Int64))
    )
    before = _before(known, "hard", "judged", policy=policy)
    usual = col("hard_before") / col("judged_before") * col("judged")
    is_known = col("judged_before") * policy.burst_times >= col("judged")
    jumped = before.with_columns(usual=usual).filter(is_known & (col("hard") > policy.burst_times * col("usual")))
    words = pl.format(
        "{}: {} hard bounces on {}, {} were usual", "place", "hard", "day", col("usual").round(0).cast(int)
    )
    return jumped.join(suspects, on=["place", "day"], how="semi").select("place", "day", burst=words)


def _accepted(arrived: pl.DataFrame, denied: pl.DataFrame) -> pl.DataFrame:
    """Days on which a domain that denied access to somebody took mail for others, as DOUBTS without a burst."""
    took = arrived.filter((col("others") > 0) & col("place").is_in(denied["domain"].implode()))
    return took.select("place", "day", burst=pl.lit(None, pl.String))


def _near(accepted: pl.DataFrame, days: int) -> pl.DataFrame:
    """Days within so many days of one on which the domain accepted others."""
    around = pl.concat(
        [accepted.with_columns(day=col("day") + dt.timedelta(days=offset)) for offset in range(-days, days + 1)]
    )
    return around.unique().with_columns(is_accepted=pl.lit(True))

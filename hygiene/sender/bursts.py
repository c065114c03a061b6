"""Hard bounces that are not believed at once: those of a burst, and `5.4.1 Access denied` where nobody was let in.

A provider that fails says "no such user" to everybody; a tenant of Microsoft 365 may say "access denied" to a sender
that it does not want. The usual of a place (a mailbox provider, or a domain) is the share of its mail that bounced hard
in the days before, so that a larger mailing is no burst. A place without a past is not judged: the brake looks at it.
"""

import datetime as dt

import polars as pl
from polars import col

from hygiene.classify.bounces import ACCESS_DENIED, bounce_action
from hygiene.classify.domains import distinct_domains, stretches
from hygiene.classify.engagement import DELIVERED
from hygiene.model.refusal_tables import DOUBTS
from hygiene.model.words import BounceAction, EventKind
from hygiene.normalize.numbers import number, pieces
from hygiene.policy.policy import Policy
from hygiene.sender.refusals import domain_of, providers_of

PLACES = ("domain", "mailbox_provider")


def doubts(
    negatives: pl.LazyFrame, activity: pl.LazyFrame, people: pl.LazyFrame, answers: pl.DataFrame, policy: Policy
) -> pl.DataFrame:
    """DOUBTS about the bounces of `negatives` (EVENTS with MEANING), by the ACTIVITY of people (see `readers`).

    `answers` is DNS_ANSWERS: a domain that no table names belongs to the provider that takes its mail.
    """
    is_hard = (bounce_action(policy) == BounceAction.SUPPRESS) & (col("kind") == EventKind.BOUNCED)
    bounced = _dated(negatives.filter(is_hard)).select(
        "domain", "day", "address_key", mailbox=number("mailbox_key"), is_denial=col("bounce_rule") == ACCESS_DENIED
    )
    hard = bounced.unique().collect()
    denied = hard.filter("is_denial")
    placed = hard.join(providers_of(hard.select("domain").unique(), answers), on="domain", how="left")
    daily = _by_day(placed)
    suspects = _suspects(daily, policy)
    days = pl.concat([suspects["day"], denied["day"]])
    if days.is_empty():
        return DOUBTS.empty()
    places = pl.concat([suspects["place"], denied["domain"]]).unique()
    lately = activity.filter(col("occurred_at") >= _days_before(days, policy))
    known = pl.concat([people, hard.lazy().select("mailbox", "domain")])
    arrived = _arrived(lately, known, places, denied["mailbox"], answers)
    bursts = _by_domain(_bursts(suspects, daily, arrived, policy), placed)
    return pl.concat([bursts, _accepted(arrived, denied)])


def readers(rows: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    """People by number, with their domain: who an ACTIVITY is of is told by its number alone."""
    return rows.lazy().select(mailbox=number("mailbox_key"), domain=domain_of("address_key"))


def listed(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The same of SUBSCRIBERS, whose domain is known but where it has no A-label."""
    named = pl.coalesce("domain", domain_of(pl.when(col("domain").is_null()).then("address_key")))
    return rows.select("mailbox", domain=named)


def with_doubts(negatives: pl.LazyFrame, found: pl.DataFrame, policy: Policy) -> pl.LazyFrame:
    """`negatives` with `burst` (null outside of one), and of unknown permanence where a denial proves nothing."""
    bursts = found.filter(col("burst").is_not_null())
    accepted = found.filter(col("burst").is_null()).select("domain", "day")
    is_hard = bounce_action(policy) == BounceAction.SUPPRESS
    named = _dated(negatives).join(bursts.lazy(), on=["domain", "day"], how="left")
    marked = named.with_columns(burst=pl.when(is_hard).then("burst"))
    return _with_proof(marked, accepted, policy).drop("domain", "day")


def _with_proof(dated: pl.LazyFrame, accepted: pl.DataFrame, policy: Policy) -> pl.LazyFrame:
    """Permanence `unknown` for a denial without a day near it on which the domain accepted others."""
    is_denial = (col("bounce_rule") == ACCESS_DENIED).fill_null(False)
    denials = dated.filter(is_denial).select("domain", "day").unique().sort("day")
    near = denials.join_asof(
        accepted.lazy().sort("day").with_columns(is_accepted=pl.lit(True)),
        on="day",
        by="domain",
        strategy="nearest",
        tolerance=dt.timedelta(days=policy.access_denied_days),
        check_sortedness=False,
    )
    told = dated.join(near, on=["domain", "day"], how="left")
    is_unproven = is_denial & col("is_accepted").is_null()
    permanence = pl.when(is_unproven).then(pl.lit("unknown")).otherwise("permanence")
    return told.with_columns(permanence=permanence).drop("is_accepted")


def _dated(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events with the domain and the UTC day."""
    return events.with_columns(domain=domain_of("address_key"), day=col("occurred_at").dt.date())


def _days_before(days: pl.Series, policy: Policy) -> pl.Expr:
    """The instant from which on the past of these days counts."""
    first = days.dt.offset_by(f"-{max(policy.burst_past_days, policy.access_denied_days)}d").min()
    return pl.lit(first, pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _by_day(placed: pl.DataFrame) -> pl.DataFrame:
    """Recipients who bounced hard, per place and day."""
    long = [placed.select("day", "address_key", place=name) for name in PLACES]
    known = pl.concat(long).filter(col("place").is_not_null())
    return known.group_by("place", "day").agg(hard=col("address_key").n_unique().cast(pl.Int64))


def _by_domain(bursts: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """DOUBTS for each domain that had hard bounces in a burst; a provider's burst is told before a domain's own."""
    hit = placed.select(*PLACES, "day").unique()
    for place in PLACES:
        named = bursts.select(col("place").alias(place), "day", col("burst").alias(f"{place}_burst"))
        hit = hit.join(named, on=[place, "day"], how="left")
    told = hit.with_columns(burst=pl.coalesce("mailbox_provider_burst", "domain_burst"))
    return DOUBTS.conform(told.filter(col("burst").is_not_null()))


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


def _arrived(
    activity: pl.LazyFrame, people: pl.LazyFrame, places: pl.Series, denied: pl.Series, answers: pl.DataFrame
) -> pl.DataFrame:
    """Per place and day, how many people mail reached (`mail`), and whether one was never denied access (`others`)."""
    domains = providers_of(distinct_domains(stretches(people)), answers)
    # Only who is at a place in question is looked at one by one, and the place goes by a number.
    there = domains.filter(pl.any_horizontal(col(name).is_in(places.implode()) for name in PLACES)).sort("domain")
    spots = there.with_row_index("spot")
    at_spots = people.join(spots.lazy().select("domain", "spot"), on="domain").with_columns(
        is_other=~col("mailbox").is_in(denied.implode())
    )
    count = people.select(pl.len()).collect().item()
    parts = [_reached(activity.filter(here), at_spots.filter(here)) for here in pieces(count)]
    reached = pl.concat(parts).group_by("spot", "day").agg(col("mail").sum(), col("others").any())
    counted = reached.join(spots, on="spot")
    long = [counted.select("day", "mail", "others", place=name) for name in PLACES]
    told = pl.concat(long).filter(col("place").is_in(places.implode()))
    return told.group_by("place", "day").agg(col("mail").sum(), col("others").any())


def _reached(activity: pl.LazyFrame, people: pl.LazyFrame) -> pl.DataFrame:
    one_each = people.group_by("mailbox").agg(col("spot").min(), col("is_other").first())
    delivered = activity.filter(DELIVERED).select("mailbox", "occurred_at").join(one_each, on="mailbox")
    daily = delivered.group_by("spot", day=col("occurred_at").dt.date())
    return daily.agg(mail=col("mailbox").n_unique().cast(pl.Int64), others=col("is_other").any()).collect()


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
    took = arrived.filter(col("others") & col("place").is_in(denied["domain"].implode()))
    return took.select("day", domain="place", burst=pl.lit(None, pl.String)).select(list(DOUBTS.columns))

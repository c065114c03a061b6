"""`clean_shard`: all rows and events of some mailboxes in, one decision a row out; pure, so every engine runs it.

Everything that joins here shares a `mailbox_key`, so a hash of it splits the work and changes no answer.
"""

import datetime as dt
from dataclasses import dataclass, field

import polars as pl
from polars import col

from hygiene.classify.bounces import bounce_action
from hygiene.classify.engagement import engaged_at, engagement, people
from hygiene.classify.negatives import bounces, not_taken_back, objections, that_count
from hygiene.classify.roles import role_tier
from hygiene.classify.verifiers import undeliverable
from hygiene.decide.duplicates import with_duplicates
from hygiene.decide.verdict import fired, first_rule, verdict
from hygiene.model.engagement_table import ENGAGEMENT
from hygiene.model.tables import ACTIVITY, EVIDENCE
from hygiene.model.words import EventKind
from hygiene.normalize.keys import bounce_scope_is_mailbox
from hygiene.normalize.numbers import number
from hygiene.policy.policy import Policy

BITS = ("in_force", "imported")
NEWEST = ("ledger_seq", "suppressed_at")


@dataclass(frozen=True)
class Shard:
    """What is known of some mailboxes; every frame is lazy and conforms to the table named."""

    subscribers: pl.LazyFrame
    """SUBSCRIBERS with `syntax`, `syntax_message` and `needs_smtputf8`."""
    activity: pl.LazyFrame
    """ACTIVITY that `engagement` does not hold."""
    stated: pl.LazyFrame
    """EVENTS of re-opt-ins, of bounces taken back, and of verifiers' verdicts."""
    negatives: pl.LazyFrame
    """EVENTS that speak against mailing; bounces with `reason`, `permanence` and `burst`."""
    domains: pl.LazyFrame
    """What is known of each domain (classify/domain_facts.py)."""
    in_force: pl.LazyFrame
    """IN_FORCE."""
    lifts: pl.LazyFrame
    """LIFTS."""
    engagement: pl.LazyFrame = field(default_factory=lambda: ENGAGEMENT.empty().lazy())
    """ENGAGEMENT as kept on an earlier night, of no instant after `as_of`."""
    told: pl.LazyFrame = field(default_factory=lambda: ACTIVITY.empty().lazy())
    """All ACTIVITY; read only where `engagement` is not enough."""


def clean_shard(shard: Shard, policy: Policy, as_of: dt.datetime) -> pl.LazyFrame:
    """DECISIONS with EVIDENCE and `mailbox_provider`, one row per subscriber row, in no order."""
    evidence = _worked_out(with_evidence(shard, policy, as_of).with_columns(fired(policy, as_of)))
    return with_duplicates(evidence, policy).with_columns(first_rule()).with_columns(verdict())


def _worked_out(step: pl.LazyFrame) -> pl.LazyFrame:
    """The step done once: a plan that uses a frame twice would often work it out twice.

    In memory, where a shard fits: a join of the streaming engine takes four times as long, as it copies all columns.
    """
    return step.collect(engine="in-memory").lazy()


def with_evidence(shard: Shard, policy: Policy, as_of: dt.datetime) -> pl.LazyFrame:
    """SUBSCRIBERS with all of EVIDENCE as known at `as_of`, and `engaged_at` for the choice among duplicates."""
    is_past = col("occurred_at") <= as_of
    stated = _worked_out(shard.stated.filter(is_past))
    kept = not_taken_back(shard.negatives.filter(is_past), stated)
    counted = _keyed(that_count(kept, shard.lifts), _mailbox_domain())
    negatives = _worked_out(counted.with_columns(action=bounce_action(policy)))
    numbered = shard.subscribers.with_columns(address_number=number("address_key"))
    rows = _worked_out(_keyed(_newest_subscription(numbered), col("domain")))
    engaged = up_to_date(shard, as_of).lazy()
    everybody = people(engaged).join(_signs_elsewhere(stated, shard.lifts), on="mailbox", how="full", coalesce=True)
    known = _worked_out(everybody.join(_sharing_a_number(rows), on="mailbox", how="anti"))
    joined = (
        rows.join(known, on="mailbox", how="left")
        .join(shard.domains, on="domain", how="left")
        .join(engaged_at(engaged).rename({"address": "address_number"}), on="address_number", how="left")
    )
    objected = joined.join(_without_returned(objections(negatives), _returned(stated)), on="mailbox_key", how="left")
    bounced = objected.join(bounces(negatives, _signs(engaged, negatives)), on="bounce_key", how="left").join(
        _lapses(shard.lifts), on="address_key", how="left"
    )
    verified = bounced.join(undeliverable(stated), on="address_key", how="left")
    classified = verified.with_columns(
        role_tier(col("local_part")).alias("role_tier"),
        pl.lit(None, pl.UInt32).alias("duplicate_of"),
    )
    given = [*shard.subscribers.collect_schema(), "bounce_key"]
    columns = dict.fromkeys([*given, *EVIDENCE.columns, "mailbox_provider", "engaged_at"])
    return _with_ledger(classified, shard.in_force).select(*columns)


def up_to_date(shard: Shard, as_of: dt.datetime) -> pl.DataFrame:
    """ENGAGEMENT of all ACTIVITY up to `as_of`: what was kept, and what it does not hold."""
    is_past = col("occurred_at") <= as_of
    # In the order of mailboxes, who stands together is told by a look at the neighbor.
    fresh = shard.activity.filter(is_past).sort("mailbox").collect(engine="in-memory")
    signs = _signs_elsewhere(shard.stated.filter(is_past), shard.lifts).collect(engine="in-memory")
    kept = shard.engagement.sort("mailbox").collect(engine="in-memory")
    return engagement(kept, fresh, shard.told.filter(is_past), signs)


def _keyed(frame: pl.LazyFrame, domain: pl.Expr) -> pl.LazyFrame:
    """With `bounce_key`: what a hard bounce tells of, the whole mailbox only where every alias is one login."""
    whole = bounce_scope_is_mailbox(domain)
    return frame.with_columns(bounce_key=pl.when(whole).then("mailbox_key").otherwise("address_key"))


def _newest_subscription(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of one recipient share the newest `subscribed_at`, so that they share their fate."""
    several = rows.filter(col("address_number").is_duplicated())
    newest = several.group_by("address_number").agg(newest=col("subscribed_at").max())
    joined = rows.join(newest, on="address_number", how="left")
    return joined.with_columns(subscribed_at=pl.max_horizontal("subscribed_at", "newest")).drop("newest")


def _mailbox_domain() -> pl.Expr:
    return col("mailbox_key").str.extract(r"@([^@]*)$", 1)


def _sharing_a_number(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Numbers that stand for two mailboxes of the list; what hangs on them is not known."""
    several = rows.filter(col("mailbox").is_duplicated()).group_by("mailbox")
    return several.agg(keys=col("mailbox_key").n_unique()).filter(col("keys") > 1)


def _signs_elsewhere(stated: pl.LazyFrame, lifts: pl.LazyFrame) -> pl.LazyFrame:
    """`resubscribed_at` and `sunset_lifted_at` per `mailbox`."""
    sunset = col("rule").is_in(["ENG701", "*"]) & (col("scope") == "mailbox")
    lifted = lifts.filter(sunset).group_by(number("key").alias("mailbox")).agg(sunset_lifted_at=col("lifted_at").max())
    return _returned(stated).join(lifted, on="mailbox", how="full", coalesce=True)


def _returned(stated: pl.LazyFrame) -> pl.LazyFrame:
    """Last re-opt-in per `mailbox`."""
    opted_in = stated.filter(col("kind") == EventKind.RESUBSCRIBED)
    return opted_in.group_by(number("mailbox_key").alias("mailbox")).agg(resubscribed_at=col("occurred_at").max())


def _lapses(lifts: pl.LazyFrame) -> pl.LazyFrame:
    """`soft_lapsed_at` per address."""
    lapsed = lifts.filter(col("is_lapse") & (col("scope") == "address"))
    return lapsed.group_by(address_key=col("key")).agg(soft_lapsed_at=col("lifted_at").max())


def _without_returned(objected: pl.LazyFrame, returned: pl.LazyFrame) -> pl.LazyFrame:
    """Unsubscriptions without those that a re-opt-in came after; a complaint stays."""
    came_back = (col("resubscribed_at") > col("unsubscribed_at")).fill_null(False)
    gone = ("unsubscribed_at", "unsubscribe_source", "unsubscribe_line")
    joined = objected.with_columns(mailbox=number("mailbox_key")).join(returned, on="mailbox", how="left")
    return joined.with_columns(pl.when(~came_back).then(name).alias(name) for name in gone).drop(
        "resubscribed_at", "mailbox"
    )


def _signs(engaged: pl.LazyFrame, negatives: pl.LazyFrame) -> pl.LazyFrame:
    """Last delivery and last human engagement of everybody who bounced, per `bounce_key`."""
    whole = bounce_scope_is_mailbox(_mailbox_domain())
    bounced = negatives.filter(col("kind") == EventKind.BOUNCED).select(
        "bounce_key", mailbox=number("mailbox_key"), bounced=number("bounce_key"), is_whole=whole
    )
    is_theirs = col("is_whole") | (pl.coalesce("address", "mailbox") == col("bounced"))
    return (
        engaged.join(bounced.unique(), on="mailbox", how="inner")
        .filter(is_theirs)
        .group_by("bounce_key")
        .agg(delivered_at=col("delivered_last_at").max(), engaged_at=col("human_at").max())
    )


def _with_ledger(rows: pl.LazyFrame, suppressions: pl.LazyFrame) -> pl.LazyFrame:
    """Adds the rules whose suppression is in force on the address or its mailbox, as bits."""
    for scope, key in (("address", "address_key"), ("mailbox", "mailbox_key")):
        mine = suppressions.filter(col("scope") == scope).select(
            col("key").alias(key), *(col(name).alias(f"{scope}_{name}") for name in (*BITS, *NEWEST))
        )
        rows = rows.join(mine, on=key, how="left")
    both = [col(f"address_{name}").fill_null(0) | col(f"mailbox_{name}").fill_null(0) for name in BITS]
    newest = [pl.max_horizontal(f"address_{name}", f"mailbox_{name}") for name in NEWEST]
    return rows.with_columns(value.alias(name) for value, name in zip([*both, *newest], (*BITS, *NEWEST), strict=True))

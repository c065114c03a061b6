"""What another system's suppression list adds to the ledger: never a weaker word, never an echo of our own.

An ESP's list also holds what we exported to it, in the few words that it has: a non-engager comes back as `BOUNCE`. So
only the recipient's own voice (complaint, unsubscription) is entered beside a suppression that is in force; all else is
entered where nothing is, and where the key was not lifted since the other system listed it. Without a date the listing
counts as older than the lift.
"""

import datetime as dt

import polars as pl
from polars import col

from hygiene.model.tables import IMPORTS, INSTANT
from hygiene.model.words import LedgerAction, ReasonFamily, Scope
from hygiene.policy.policy import Policy
from hygiene.policy.rules import BY_CODE, RANK, Lifetime

RULE_OF = {
    ReasonFamily.COMPLAINT: "CMP101",
    ReasonFamily.UNSUBSCRIBE: "UNS111",
    ReasonFamily.HARD_BOUNCE: "BNC201",
    ReasonFamily.DEAD_DOMAIN: "DOM303",
    ReasonFamily.SOFT_BOUNCE: "SFT601",
    ReasonFamily.UNENGAGED: "ENG701",
}
OTHER_RULE = "MAN002"
OUR_OWN_JUDGEMENT = [ReasonFamily.ROLE]
"""Seen by us as well as by them: role addresses are real subscribers (Mailtrain#863), whatever an ESP blocks."""
VOICES = ["CMP101", "UNS111"]
ENTRY = [
    "entered_at", "action", "scope", "key", "mailbox_key", "address", "rule", "evidence", "reason", "actor",
    "expires_at",
]  # fmt: skip


def import_entries(
    listed: pl.DataFrame,
    in_force: pl.DataFrame,
    lifts: pl.DataFrame,
    actor: str,
    policy: Policy,
    as_of: dt.datetime,
) -> pl.DataFrame:
    """Ledger entries for what IMPORTS holds and the state (IN_FORCE, LIFTS) does not; twice is once.

    `in_force` must know of the erased among those listed (erasure.erased_match), or they would be entered again.
    """
    ruled = (
        IMPORTS.conform(listed)
        .filter(~col("family").is_in(OUR_OWN_JUDGEMENT).fill_null(False))
        .with_columns(rule=col("family").replace_strict(RULE_OF, default=OTHER_RULE).fill_null(OTHER_RULE))
    )
    named = _strongest(ruled.with_columns(_rank(), _scope(), _expires_at(policy, as_of)).with_columns(_key()))
    is_voice = col("rule").is_in(VOICES)
    news = _with_lifts(_with_state(named, in_force), lifts).filter(
        pl.when(is_voice).then(col("bits") & _at_least_as_loud() == 0).otherwise(col("bits") == 0)
        & ~_is_older_than(pl.when(is_voice).then("own_lift").otherwise("any_lift"))
        & (col("expires_at") > as_of).fill_null(True)
    )
    evidence = pl.struct("source", "line", "family", "suppressed_at").struct.json_encode()
    return (
        news.sort("rank", "key")
        .with_columns(
            evidence=evidence,
            entered_at=pl.lit(as_of).cast(INSTANT),
            action=pl.lit(LedgerAction.SUPPRESS.value),
            actor=pl.lit(actor),
        )
        .select(ENTRY)
    )


def _rank() -> pl.Expr:
    return col("rule").replace_strict(RANK, return_dtype=pl.Int64).alias("rank")


def _scope() -> pl.Expr:
    used = [*RULE_OF.values(), OTHER_RULE]
    return col("rule").replace_strict({rule: BY_CODE[rule].scope.value for rule in used}).alias("scope")


def _key() -> pl.Expr:
    return pl.when(col("scope") == Scope.MAILBOX).then("mailbox_key").otherwise("address_key").alias("key")


def _expires_at(policy: Policy, as_of: dt.datetime) -> pl.Expr:
    """A soft bounce rests as long as the policy says, counted from when the other system listed it."""
    soft = [rule for rule in RULE_OF.values() if BY_CODE[rule].lifetime is Lifetime.DAYS]
    began = col("suppressed_at").fill_null(pl.lit(as_of).cast(INSTANT))
    ends = began + dt.timedelta(days=policy.soft_suppression_days)
    return pl.when(col("rule").is_in(soft)).then(ends).alias("expires_at")


def _strongest(listed: pl.DataFrame) -> pl.DataFrame:
    """One row per key: the strongest reason, the newest date; an address falls away where its mailbox is listed."""
    best = listed.sort(
        "rank", "suppressed_at", "source", "line", descending=[False, True, False, False], nulls_last=True
    )
    one = best.unique(["scope", "key"], keep="first", maintain_order=True)
    whole = one.filter(col("scope") == Scope.MAILBOX).select("mailbox_key")
    narrow = one.filter(col("scope") == Scope.ADDRESS).join(whole, on="mailbox_key", how="anti")
    return pl.concat([one.filter(col("scope") == Scope.MAILBOX), narrow])


def _with_state(named: pl.DataFrame, in_force: pl.DataFrame) -> pl.DataFrame:
    """Adds `bits`: all that is in force on the address or its mailbox."""
    for scope, key in ((Scope.ADDRESS, "address_key"), (Scope.MAILBOX, "mailbox_key")):
        mine = in_force.filter(col("scope") == scope).select(
            col("key").alias(key), col("in_force").alias(f"{scope}_bits")
        )
        named = named.join(mine, on=key, how="left")
    return named.with_columns(bits=col("address_bits").fill_null(0) | col("mailbox_bits").fill_null(0))


def _at_least_as_loud() -> pl.Expr:
    """Bits of erasure, and of the voices from the strongest to this one."""
    masks = {
        rule: sum(1 << RANK[each] for each in ("MAN001", *VOICES[: number + 1])) for number, rule in enumerate(VOICES)
    }
    return col("rule").replace_strict(masks, default=0, return_dtype=pl.UInt64)


def _with_lifts(named: pl.DataFrame, lifts: pl.DataFrame) -> pl.DataFrame:
    """Adds when anything, and when this rule, was last lifted from the address or its mailbox."""
    by_key = [
        named.select("scope", "key", "rule", key_scope=pl.lit(scope.value), lifted_key=col(key))
        for scope, key in ((Scope.ADDRESS, "address_key"), (Scope.MAILBOX, "mailbox_key"))
    ]
    lifted = lifts.select("lifted_at", key_scope="scope", lifted_key="key", lifted_rule="rule")
    is_own = col("lifted_rule").is_in(["*"]) | (col("lifted_rule") == col("rule"))
    found = (
        pl.concat(by_key)
        .join(lifted, on=["key_scope", "lifted_key"])
        .group_by("scope", "key")
        .agg(any_lift=col("lifted_at").max(), own_lift=col("lifted_at").filter(is_own).max())
    )
    return named.join(found, on=["scope", "key"], how="left")


def _is_older_than(lifted_at: pl.Expr) -> pl.Expr:
    return lifted_at.is_not_null() & (col("suppressed_at") <= lifted_at).fill_null(True)

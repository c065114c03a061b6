"""The ledger read as a state: which suppressions are in force, and what was lifted when."""

import datetime as dt

import polars as pl
from polars import col

from hygiene.decide.verdict import bit
from hygiene.model.tables import IN_FORCE, LIFTS
from hygiene.model.words import LedgerAction, Scope
from hygiene.policy.rules import RULES

EVERY_RULE = "*"
NAMED = ["scope", "key", "rule", "mailbox_key"]


def in_force(entries: pl.LazyFrame, imports: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """IN_FORCE: what the ledger's last word per scope, key and rule leaves suppressed at `as_of`.

    All of the ledger counts, whenever it was entered: to replay an older night, give the ledger of that version.
    `entries` is the LEDGER; `imports` are tonight's, without `seq`. A rule that is no longer known still suppresses,
    as MAN002: renaming a rule must not bring the dead back.
    """
    old = _last_words(entries, as_of).filter(col("ends_at").is_null()).with_columns(imported=pl.lit(0, pl.UInt64))
    new = imports.with_columns(seq=pl.lit(None, pl.Int64), suppressed_at=col("entered_at"))
    both = pl.concat(
        [
            old.select(*NAMED, "seq", "suppressed_at", is_import=pl.lit(False)),
            new.select(*NAMED, "seq", "suppressed_at", is_import=pl.lit(True)),
        ]
    ).join(rule_bits(), on="rule", how="left")
    bits = col("bit").fill_null(bit("MAN002"))
    grouped = both.group_by("scope", "key").agg(
        mailbox_key=col("mailbox_key").max(),
        in_force=bits.bitwise_or(),
        imported=bits.filter(col("is_import")).bitwise_or().fill_null(0),
        standing=bits.filter(~col("is_import")).bitwise_or().fill_null(0),
        ledger_seq=col("seq").max(),
        suppressed_at=col("suppressed_at").max(),
    )
    return IN_FORCE.conform(grouped.with_columns(imported=col("imported") & ~col("standing")))


def standing(entries: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """LEDGER: the newest suppression of each scope, key and rule that is in force."""
    words = _last_words(entries, as_of).filter(col("ends_at").is_null())
    return entries.join(words.select("seq"), on="seq", how="semi")


def lifts(entries: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """LIFTS: the last lift of each rule of a key, by a person, by what ends it, or by its expiry."""
    words = _last_words(entries, as_of).filter(col("ends_at").is_not_null())
    return LIFTS.conform(words.select("scope", "key", "rule", lifted_at="ends_at", is_lapse=col("is_lapse")))


def expired(entries: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """Lift entries for suppressions whose time is up and that nobody lifted yet."""
    words = _last_words(entries, as_of).filter(col("is_lapse") & ~col("is_lifted"))
    return words.select(
        entered_at=pl.lit(as_of).cast(pl.Datetime("us", "UTC")),
        action=pl.lit(LedgerAction.LIFT.value),
        scope="scope",
        key="key",
        mailbox_key="mailbox_key",
        address="address",
        rule="rule",
        evidence=pl.lit(None, pl.String),
        reason=pl.lit("its time is up"),
        expires_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def _last_words(entries: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """One row per scope, key and rule: the newest suppression, and when it ended if it did."""
    seen = entries.filter(col("scope") != Scope.ERASED)
    is_lift = col("action") == LedgerAction.LIFT
    of_all = col("rule") == EVERY_RULE
    everything = (
        seen.filter(is_lift & of_all)
        .group_by("scope", "key")
        .agg(all_seq=col("seq").max(), all_at=col("entered_at").max())
    )
    ruled = seen.filter(~of_all).with_columns(
        new_seq=pl.when(~is_lift).then("seq"),
        lift_seq=pl.when(is_lift).then("seq"),
        lift_at=pl.when(is_lift).then("entered_at"),
        is_endless=~is_lift & col("expires_at").is_null(),
        expires_at=pl.when(~is_lift).then("expires_at"),
    )
    newest = {
        "seq": col("new_seq").max(),
        "suppressed_at": col("entered_at").max_by("new_seq"),
        "address": col("address").max_by("new_seq"),
        "mailbox_key": col("mailbox_key").first(),
        "expires_at": pl.when(~col("is_endless").any()).then(col("expires_at").max()),
        "lift_seq": col("lift_seq").max(),
        "lift_at": col("lift_at").max(),
    }
    words = _with_standing_expiry(ruled.group_by("scope", "key", "rule").agg(**newest), ruled)
    joined = words.join(everything, on=["scope", "key"], how="full", coalesce=True)
    by_rule = pl.when(col("lift_seq") > col("seq").fill_null(-1)).then("lift_at")
    by_all = pl.when(col("all_seq") > col("seq").fill_null(-1)).then("all_at")
    lifted_at = pl.max_horizontal(by_rule, by_all)
    lapsed_at = pl.when(col("expires_at") <= as_of).then("expires_at")
    lapsed = lapsed_at.is_not_null() & (lifted_at.is_null() | (lifted_at >= lapsed_at))
    return joined.with_columns(
        rule=col("rule").fill_null(EVERY_RULE),
        ends_at=pl.when(lapsed).then(lapsed_at).otherwise(lifted_at),
        is_lapse=lapsed,
        is_lifted=lifted_at.is_not_null(),
    )


def _with_standing_expiry(words: pl.LazyFrame, ruled: pl.LazyFrame) -> pl.LazyFrame:
    """Where something was lifted, the longest suppression since the last lift before the newest counts."""
    keys = ["scope", "key", "rule"]
    before = col("lift_seq").filter(col("lift_seq") < col("new_seq").max()).max().fill_null(-1)
    stands = col("new_seq") > before
    longest = pl.when(col("expires_at").filter(stands).null_count() == 0).then(col("expires_at").filter(stands).max())
    lifted = words.filter(col("lift_seq").is_not_null()).select(keys)
    mended = ruled.join(lifted, on=keys, how="semi").group_by(keys).agg(since_lift=longest)
    is_lifted = col("lift_seq").is_not_null()
    both = words.join(mended, on=keys, how="left")
    return both.with_columns(expires_at=pl.when(is_lifted).then("since_lift").otherwise("expires_at")).drop(
        "since_lift"
    )


def rule_bits() -> pl.LazyFrame:
    """Columns rule and bit of every rule."""
    codes = [rule.code for rule in RULES]
    return pl.LazyFrame({"rule": codes, "bit": [bit(code) for code in codes]}, schema_overrides={"bit": pl.UInt64})

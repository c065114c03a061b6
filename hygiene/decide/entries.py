"""What tonight's verdicts change in the ledger: suppressions that are new, and those that have ended."""

import datetime as dt

import polars as pl
from polars import col

from hygiene.decide.verdict import SUPPRESSING, bit
from hygiene.model.words import LedgerAction, Scope, Verdict
from hygiene.policy.policy import Policy
from hygiene.policy.rules import RULES, Lifetime, Rule

SUBJECT = ["entered_at", "action", "scope", "key", "mailbox_key", "address", "rule"]
COLUMNS = [*SUBJECT, "evidence", "reason", "expires_at"]
"""Of LEDGER; who entered it, in which run and under which policy is added by the run."""

ENDED_BY = {
    Lifetime.WHILE_TRUE: "the rule no longer fires",
    Lifetime.UNTIL_RESOLVES: "the domain takes mail again",
    Lifetime.UNTIL_REOPTIN: "the recipient opted in again",
}


def entries(decided: pl.DataFrame, policy: Policy, as_of: dt.datetime) -> pl.DataFrame:
    """Suppressions that tonight's evidence adds and lifts of those that ended, by mailbox number, rule and key.

    `decided` is what `clean_shard` returns. One entry per rule and key, however many rows share the key. Shards are
    ranges of the numbers, so the entries of all shards, one after the other, are in the same order.
    """
    new, over = col("fired") & SUPPRESSING & ~col("in_force"), col("in_force") & ~col("fired")
    # Nothing more is written of somebody who asked to be forgotten.
    changed = decided.filter(((new | over) != 0) & (col("in_force") & bit("MAN001") == 0))
    suppressing = [rule for rule in RULES if rule.verdict is Verdict.SUPPRESS]
    added = {
        (rule.code, LedgerAction.SUPPRESS): _added(changed.lazy(), rule, policy, as_of)
        for rule in _among(suppressing, changed, new)
    }
    ending = [rule for rule in suppressing if rule.lifetime in ENDED_BY]
    lifted = {
        (rule.code, LedgerAction.LIFT): _lifted(changed.lazy(), rule, as_of) for rule in _among(ending, changed, over)
    }
    nothing = _added(changed.clear().lazy(), suppressing[0], policy, as_of)
    made = pl.concat([nothing, *(part for _, part in sorted((added | lifted).items()))])
    return made.sort("mailbox", maintain_order=True).drop("mailbox").collect(engine="in-memory")


def _among(rules: list[Rule], rows: pl.DataFrame, bits: pl.Expr) -> list[Rule]:
    """Those of the rules that the bits of some row name: a rule of none costs as much as one of many."""
    named = rows.select(bits.bitwise_or()).item() or 0
    return [rule for rule in rules if named & bit(rule.code)]


def _added(decided: pl.LazyFrame, rule: Rule, policy: Policy, as_of: dt.datetime) -> pl.LazyFrame:
    is_new = (col("fired") & bit(rule.code) != 0) & (col("in_force") & bit(rule.code) == 0)
    ends = as_of + dt.timedelta(days=policy.soft_suppression_days) if rule.lifetime is Lifetime.DAYS else None
    proof = pl.struct("list", "row", *rule.evidence).struct.json_encode()
    return _entries(decided.filter(is_new), rule, LedgerAction.SUPPRESS, as_of).select(
        "mailbox",
        *SUBJECT,
        evidence=proof,
        reason=pl.lit(rule.says),
        expires_at=pl.lit(ends, pl.Datetime("us", "UTC")),
    )


def _lifted(decided: pl.LazyFrame, rule: Rule, as_of: dt.datetime) -> pl.LazyFrame:
    is_over = (col("in_force") & bit(rule.code) != 0) & (col("fired") & bit(rule.code) == 0)
    return _entries(decided.filter(is_over), rule, LedgerAction.LIFT, as_of).select(
        "mailbox",
        *SUBJECT,
        evidence=pl.struct("mx_status", "mx_observations", "resubscribed_at").struct.json_encode(),
        reason=pl.lit(ENDED_BY[rule.lifetime]),
        expires_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def _entries(rows: pl.LazyFrame, rule: Rule, action: LedgerAction, as_of: dt.datetime) -> pl.LazyFrame:
    """One row per key, in order of the keys: the first by list and row."""
    key = "address_key" if rule.scope is Scope.ADDRESS else "mailbox_key"
    return (
        rows.sort(key, "list", "row")
        .unique(key, keep="first", maintain_order=True)
        .with_columns(
            entered_at=pl.lit(as_of).cast(pl.Datetime("us", "UTC")),
            action=pl.lit(action.value),
            scope=pl.lit(rule.scope.value),
            key=col(key),
            rule=pl.lit(rule.code),
        )
    )

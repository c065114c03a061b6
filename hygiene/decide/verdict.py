"""One verdict per row: the first rule that fires is the reason, all that fire are kept."""

import datetime as dt

import polars as pl
from polars import col

from hygiene.model.words import MxStatus, Verdict
from hygiene.policy.policy import Policy
from hygiene.policy.rules import RANK, RULES, Lifetime

CODES = pl.Enum([rule.code for rule in RULES])
VERDICTS = pl.Enum([verdict.value for verdict in Verdict])
SUPPRESSING = sum(1 << rank for rank, rule in enumerate(RULES) if rule.verdict is Verdict.SUPPRESS)


def still_in_force(policy: Policy) -> pl.Expr:
    """The rules whose suppression is in force and has not ended by itself; its expiry is the ledger's business."""
    kept = [
        pl.when(~_ended(lifetime, policy)).then(col("in_force") & _bits(lifetime)).fill_null(0)
        for lifetime in Lifetime
        if _bits(lifetime)
    ]
    return pl.sum_horizontal(kept)


def _bits(lifetime: Lifetime) -> int:
    return sum(bit(rule.code) for rule in RULES if rule.lifetime is lifetime)


def _ended(lifetime: Lifetime, policy: Policy) -> pl.Expr:
    """Whether what ends such a suppression has happened."""
    resolves = col("mx_status").is_in([MxStatus.MX, MxStatus.IMPLICIT_MX])
    is_over: pl.Expr
    match lifetime:
        case Lifetime.WHILE_TRUE:
            is_over = pl.lit(True)
        case Lifetime.UNTIL_RESOLVES:
            is_over = resolves & (col("mx_observations") >= policy.resolves_again_observations)
        case Lifetime.UNTIL_REOPTIN:
            is_over = col("resubscribed_at") > col("suppressed_at")
        case _:  # the ledger's expiry, a person, or nothing ends these
            is_over = pl.lit(False)
    return is_over.fill_null(False)


def bit(code: str) -> int:
    """The bit of `fired` that stands for a rule."""
    return 1 << RANK[code]


def fired(policy: Policy, as_of: dt.datetime) -> pl.Expr:
    """All rules that fire, as one bit each; bit 0 is the first of RULES.

    A rule fires by today's evidence, or where its suppression is still in force; null never fires.
    """
    now = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
    tonight = [pl.when(rule.when(policy, now)).then(pl.lit(bit(rule.code), pl.UInt64)).otherwise(0) for rule in RULES]
    return (pl.sum_horizontal(tonight) | still_in_force(policy)).cast(pl.UInt64).alias("fired")


def first_rule() -> pl.Expr:
    """The code of the lowest bit of `fired`; null where none is set."""
    rank = col("fired").bitwise_trailing_zeros().cast(pl.UInt8)
    return pl.when(col("fired") > 0).then(rank).cat.to(CODES).alias("rule")


def verdict() -> pl.Expr:
    """The verdict of the first rule that fired; keep where none did."""
    of_rule = {rule.code: rule.verdict for rule in RULES}
    names = [
        pl.when(col("rule").is_in([code for code, found in of_rule.items() if found is kind])).then(
            pl.lit(kind.value, dtype=VERDICTS)
        )
        for kind in Verdict
    ]
    return pl.coalesce(*names, pl.lit(Verdict.KEEP.value, dtype=VERDICTS)).alias("verdict")


def with_names(decisions: pl.DataFrame, column: str = "fired", into: str = "rules") -> pl.DataFrame:
    """Adds the codes of the rules in a set of bits, in order of precedence; Python sees the distinct sets only."""
    distinct = decisions.select(col(column).unique()).drop_nulls()
    lists = [[rule.code for rank, rule in enumerate(RULES) if mask >> rank & 1] for mask in distinct[column]]
    names = distinct.with_columns(pl.Series(into, lists, dtype=pl.List(pl.String)))
    return decisions.join(names, on=column, how="left", maintain_order="left")

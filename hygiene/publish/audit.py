"""The audit trail: every row that is not simply kept, with its rule, all rules that fired, and the evidence."""

from pathlib import Path

import polars as pl
from polars import col

from hygiene.classify.typos import suggestion
from hygiene.model.words import Verdict
from hygiene.policy.rules import RULES, Rule

COLUMNS = [
    "list", "row", "address", "repair", "verdict", "rule", "name", "says", "suggestion", "rules", "evidence",
    "ledger_seq", "address_key", "mailbox_key", "run_id", "policy_digest", "references",
]  # fmt: skip
FOR_PEOPLE = ["list", "row", "address", "rule", "name", "says", "suggestion", "rules", "evidence"]


def write_trail(
    told: pl.LazyFrame, stretches: list[tuple[str, int, int]], known: tuple[str, str, str], trail: Path
) -> None:
    """Writes one row per row of a list that has a rule or a repair, in the order of the lists.

    `stretches` are list, first row and the row after the last; `known` are run id, policy digest and references.
    """
    parts = []
    for number, (name, first, end) in enumerate(stretches):
        here = (col("list") == name) & (col("row") >= first) & (col("row") < end)
        parts.append(trail.with_suffix(f".{number}"))
        audited(told.filter(here), *known).sort("row").sink_parquet(parts[-1])
    pl.scan_parquet(parts, glob=False).sink_parquet(trail)
    for part in parts:
        part.unlink()


def audited(decided: pl.LazyFrame, run_id: str, policy_digest: str, references: str) -> pl.LazyFrame:
    """One row per row of a list that has a rule or a repair."""
    told = (col("verdict") != Verdict.KEEP.value) | col("repair").is_not_null()
    named = decided.filter(told).with_columns(
        _of_rule("name"),
        _of_rule("says"),
        suggestion=suggestion(),
        rules=fired_codes(),
        evidence=evidence_text(),
        run_id=pl.lit(run_id),
        policy_digest=pl.lit(policy_digest),
        references=pl.lit(references),
    )
    return named.with_columns(col("verdict", "rule").cast(pl.String)).select(COLUMNS)


def fired_codes() -> pl.Expr:
    """Codes of all rules that fired, joined by spaces, in order of precedence."""
    codes = [pl.when(col("fired") & (1 << rank) != 0).then(pl.lit(rule.code)) for rank, rule in enumerate(RULES)]
    return pl.concat_str(codes, separator=" ", ignore_nulls=True)


def _of_rule(field: str) -> pl.Expr:
    texts = [pl.when(col("rule") == rule.code).then(pl.lit(getattr(rule, field))) for rule in RULES]
    return pl.coalesce(texts).alias(field)


def evidence_text() -> pl.Expr:
    """What the deciding rule saw, as JSON; where it fired by the ledger alone, the entry."""
    texts = [pl.when(col("rule") == rule.code).then(pl.struct(_proof(rule)).struct.json_encode()) for rule in RULES]
    return pl.coalesce(texts)


def _proof(rule: Rule) -> list[str]:
    ledger = ["ledger_seq", "suppressed_at"] if rule.verdict is Verdict.SUPPRESS else []
    return [*rule.evidence, *ledger]

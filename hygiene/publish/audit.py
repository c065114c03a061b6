"""The audit trail: every row that is not simply kept, with its rule, all rules that fired, and the evidence."""

from pathlib import Path

import polars as pl
from polars import col

from hygiene.classify.typos import suggestion
from hygiene.decide.verdict import with_names
from hygiene.model.words import Verdict
from hygiene.policy.rules import BY_CODE, RULES, Rule

COLUMNS = [
    "list", "row", "address", "repair", "verdict", "rule", "name", "says", "suggestion", "rules", "evidence",
    "ledger_seq", "address_key", "mailbox_key", "run_id", "policy_digest", "references",
]  # fmt: skip
FOR_PEOPLE = ["list", "row", "address", "rule", "name", "says", "suggestion", "rules", "evidence"]


def write_trail(
    told: pl.LazyFrame, stretches: list[tuple[str, int, int]], known: tuple[str, str, str], work: Path
) -> pl.LazyFrame:
    """One row per row of a list that has a rule or a repair, in the order of the lists; on disk in the work folder.

    `stretches` are list, first row and the row after the last; `known` are run id, policy digest and references.
    """
    parts = []
    for number, (name, first, end) in enumerate(stretches):
        here = (col("list") == name) & (col("row") >= first) & (col("row") < end)
        parts.append(work / f"audit-{number}.parquet")
        audited(told.filter(here & _is_told()).collect(), *known).write_parquet(parts[-1], compression="lz4")
    return pl.scan_parquet(parts, glob=False)


def _is_told() -> pl.Expr:
    return (col("verdict") != Verdict.KEEP.value) | col("repair").is_not_null()


def audited(told: pl.DataFrame, run_id: str, policy_digest: str, references: str) -> pl.DataFrame:
    """The columns of the trail for the rows given, in the order of the lists."""
    proven = with_evidence(told).with_columns(
        _of_rule("name"),
        _of_rule("says"),
        suggestion=suggestion(),
        run_id=pl.lit(run_id),
        policy_digest=pl.lit(policy_digest),
        references=pl.lit(references),
    )
    named = with_names(proven).with_columns(col("rules").list.join(" "), col("verdict", "rule").cast(pl.String))
    return named.select(COLUMNS).sort("list", "row")


def with_evidence(decided: pl.DataFrame) -> pl.DataFrame:
    """With `evidence`: what the deciding rule saw, as JSON; where it fired by the ledger alone, the entry.

    In no order: the rows of each rule are put into words apart, as one expression would word every row for every rule.
    """
    parts = decided.partition_by("rule", as_dict=True)
    return pl.concat([rows.with_columns(evidence=_evidence(code)) for (code,), rows in parts.items()] or [
        decided.with_columns(evidence=pl.lit(None, pl.String))
    ])  # fmt: skip


def _evidence(code: str | None) -> pl.Expr:
    if code is None:
        return pl.lit(None, pl.String)
    return pl.struct(_proof(BY_CODE[code])).struct.json_encode()


def _of_rule(field: str) -> pl.Expr:
    """What RULES says in that field, which differs from rule to rule, by the number of the rule."""
    texts = pl.Enum([getattr(rule, field) for rule in RULES])
    return col("rule").to_physical().cat.to(texts).cast(pl.String).alias(field)


def _proof(rule: Rule) -> list[str]:
    ledger = ["ledger_seq", "suppressed_at"] if rule.verdict is Verdict.SUPPRESS else []
    return [*rule.evidence, *ledger]

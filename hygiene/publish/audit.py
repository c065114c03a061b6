"""The audit trail: every row that is not simply kept, with its rule, all rules that fired, and the evidence."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
from polars import col

from hygiene.classify.typos import suggestion
from hygiene.decide.verdict import CODES, VERDICTS, with_names
from hygiene.model.tables import DECISIONS, EVIDENCE
from hygiene.model.words import Verdict
from hygiene.policy.rules import BY_CODE, RULES, Rule
from hygiene.publish.spool import Spool

COLUMNS = [
    "list", "row", "address", "repair", "verdict", "rule", "name", "says", "suggestion", "rules", "evidence",
    "ledger_seq", "address_key", "mailbox_key", "run_id", "policy_digest", "references",
]  # fmt: skip
FROM_OUTSIDE = ["list", "address", "repair", "suggestion", "address_key", "mailbox_key"]
"""Columns whose cells may begin as a list has them; the others begin with words and numbers of ours."""
FOR_PEOPLE = ["list", "row", "address", "rule", "name", "says", "suggestion", "rules", "evidence"]
STRETCH = 250_000
"""Rows of a list whose told ones are put in order in memory."""
WRITTEN_ROWS = 25_000
"""So many of them are worded and written at once."""
KEPT = ["list", "row", "address", "repair", "verdict", "rule", "fired", "ledger_seq", "address_key", "mailbox_key"]
TRAIL = pl.Schema({**DECISIONS.schema, **EVIDENCE.schema, "evidence": pl.String(), "suggestion": pl.String()})


def new_trail(work: Path) -> Spool:
    """An empty trail in the work folder: what `tell` says of rows, by list and stretch."""
    kept = {name: TRAIL[name] for name in (*KEPT, "suggestion", "evidence")}
    return Spool(work / "trail.spool", pl.Schema({**kept, "verdict": VERDICTS, "rule": CODES}))


def tell(trail: Spool, decided: pl.DataFrame) -> None:
    """Adds the rows that have a rule or a repair: the proof of each as one text, as its columns are many."""
    told = decided.filter((col("verdict") != Verdict.KEEP.value) | col("repair").is_not_null())
    proven = with_evidence(told, *KEPT, suggestion().alias("suggestion"))
    trail.put(proven.with_columns(name="list", stretch=col("row") // STRETCH), ["name", "stretch"])


def trails(
    trail: Spool, lists: Mapping[str, int], run_id: str, policy_digest: str, references: str
) -> Iterator[pl.DataFrame]:
    """The columns of the trail, some rows at a time in the order of the lists, of which the records are given."""
    night = {"run_id": run_id, "policy_digest": policy_digest, "references": references}
    of_night = [pl.lit(value).alias(name) for name, value in night.items()]
    for name, records in sorted(lists.items()):
        for stretch in range(max(records - 1, 0) // STRETCH + 1):
            told = trail.take((name, stretch)).sort("row")
            for first in range(0, max(told.height, 1), WRITTEN_ROWS):
                some = told.slice(first, WRITTEN_ROWS)
                named = with_names(some.with_columns(_of_rule("name"), _of_rule("says"), *of_night))
                texts = [col("rules").list.join(" "), col("verdict", "rule").cast(pl.String)]
                yield named.with_columns(texts).select(COLUMNS)


def with_evidence(decided: pl.DataFrame, *columns: str | pl.Expr) -> pl.DataFrame:
    """The columns, or all, with `evidence`: what the deciding rule saw, as JSON; by the ledger alone, the entry.

    In no order: the rows of each rule are put into words apart, as one expression would word every row for every rule.
    """
    codes = decided["rule"].unique().to_list() or [None]
    parts = [decided.lazy().filter(col("rule").eq_missing(code)) for code in codes]
    worded = [
        rows.select(*(columns or (pl.all(),)), evidence=_evidence(code))
        for code, rows in zip(codes, parts, strict=True)
    ]
    return pl.concat(pl.collect_all(worded))


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

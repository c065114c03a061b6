"""Facts of domains as rows: one observation of one domain at one instant."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

import polars as pl

from hygiene.model.table import Column as C
from hygiene.model.table import Table
from hygiene.model.tables import DNS_ANSWERS
from hygiene.validate.mx import DomainFacts, mx_verdict

OBSERVED = Table(
    "OBSERVED",
    {
        name: C(column.dtype, column.says, column.nullable)
        for name, column in DNS_ANSWERS.columns.items()
        if name in ("domain", "mx_status", "targets", "note", "ttl", "observed_at", "resolver")
    },
)


def observations(seen: Iterable[tuple[str, DomainFacts, dt.datetime]]) -> pl.DataFrame:
    """OBSERVED rows: what the facts of each domain amount to."""
    rows = list(seen)
    # Many domains share their facts; each is judged once, and is the same object wherever it is shared.
    alike = {(id(facts), id(at)): (facts, at) for _, facts, at in rows}
    place = {key: number for number, key in enumerate(alike)}
    judged = _judged(list(alike.values()))
    found = judged.select(pl.all().gather([place[id(facts), id(at)] for _, facts, at in rows]))
    return OBSERVED.conform(found.with_columns(pl.Series("domain", [domain for domain, _, _ in rows], dtype=pl.String)))


def _judged(seen: list[tuple[DomainFacts, dt.datetime]]) -> pl.DataFrame:
    """OBSERVED rows without their domain."""
    verdicts = [mx_verdict(facts) for facts, _ in seen]
    columns = {
        "mx_status": [verdict.status.value for verdict in verdicts],
        "targets": [_targets(facts.mx) for facts, _ in seen],
        "note": [verdict.note for verdict in verdicts],
        "ttl": [facts.ttl for facts, _ in seen],
        "observed_at": [at for _, at in seen],
        "resolver": [facts.resolver for facts, _ in seen],
    }
    return pl.DataFrame(columns, schema={name: OBSERVED.schema[name] for name in columns})


@lru_cache(maxsize=10_000)
def _targets(mx: tuple[tuple[int, str], ...]) -> str | None:
    return "; ".join([f"{preference} {target}" for preference, target in mx]) or None

"""Facts of domains as rows: one observation of one domain at one instant."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

import polars as pl

from hygiene.model.table import Column as C
from hygiene.model.table import Table
from hygiene.model.tables import DNS_ANSWERS, INSTANT
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
    verdicts = [mx_verdict(facts) for _, facts, _ in rows]
    columns = {
        "domain": [domain for domain, _, _ in rows],
        "mx_status": [verdict.status.value for verdict in verdicts],
        "targets": [_targets(facts.mx) for _, facts, _ in rows],
        "note": [verdict.note for verdict in verdicts],
        "ttl": [facts.ttl for _, facts, _ in rows],
        "observed_at": pl.Series([at for _, _, at in rows], dtype=INSTANT),
        "resolver": [facts.resolver for _, facts, _ in rows],
    }
    return OBSERVED.conform(pl.DataFrame(columns, schema_overrides=OBSERVED.schema))


@lru_cache(maxsize=10_000)
def _targets(mx: tuple[tuple[int, str], ...]) -> str | None:
    return "; ".join([f"{preference} {target}" for preference, target in mx]) or None

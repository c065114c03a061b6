"""Ledger entries about people, as runs and persons make them."""

import datetime as dt
from itertools import chain
from typing import Any

import polars as pl

from hygiene.model.tables import IN_FORCE, LEDGER, LIFTS
from hygiene.policy.rules import BY_CODE, RANK
from tests.builders import AS_OF, instant


def entry(address: str, rule: str = "BNC201", action: str = "suppress", **cells: Any) -> dict[str, Any]:
    """One entry; `mailbox_key` is the address unless told otherwise."""
    base = {"entered_at": AS_OF, "action": action, "scope": "mailbox", "key": address, "mailbox_key": address}
    return {**base, "address": address, "rule": rule, "actor": "run", "evidence": '{"line": 3}', **cells}


def entries(*told: dict[str, Any]) -> pl.DataFrame:
    """LEDGER entries before they are chained."""
    parsed = [{name: instant(cell) if name.endswith("_at") else cell for name, cell in row.items()} for row in told]
    known = LEDGER.schema  # made anew each time that it is asked for
    return pl.DataFrame(parsed, schema={name: known[name] for name in dict.fromkeys(chain.from_iterable(told))})


def people(*addresses: str, mailbox_key: str | None = None) -> pl.DataFrame:
    """People as commands hand them over."""
    cells = {"address": addresses, "address_key": addresses, "mailbox_key": [mailbox_key or each for each in addresses]}
    return pl.DataFrame(cells)


def in_force(*standing: tuple[str, str]) -> pl.DataFrame:
    """IN_FORCE: one suppression per (address, rule), in the scope that the rule has."""
    rows = [
        {
            "scope": BY_CODE[rule].scope.value,
            "key": key,
            "in_force": 1 << RANK[rule],
            "imported": 0,
            "suppressed_at": AS_OF,
        }
        for key, rule in standing
    ]
    frame = IN_FORCE.fill(pl.DataFrame(rows, schema_overrides=IN_FORCE.schema)) if rows else IN_FORCE.empty()
    whole = pl.when(pl.col("scope") == "erased").then(pl.lit("mailbox")).otherwise("scope")
    return frame.with_columns(scope=whole)


def lifts(*lifted: tuple[str, str, dt.datetime]) -> pl.DataFrame:
    """LIFTS: one per (key, rule, instant), of the mailbox."""
    rows = [
        {"scope": "mailbox", "key": key, "rule": rule, "lifted_at": at, "is_lapse": False} for key, rule, at in lifted
    ]
    return pl.DataFrame(rows, schema=LIFTS.schema)

"""The ledger's last word per key and rule decides; a lift of one rule says nothing of another."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from hygiene.decide.in_force import expired, in_force, lifts
from hygiene.decide.verdict import bit
from hygiene.model.tables import LEDGER
from tests.builders import AS_OF, rows

ANN = {"scope": "mailbox", "key": "ann@example.org", "actor": "run", "prev_hash": "", "hash": ""}


def ledger(*entries: dict[str, Any]) -> pl.LazyFrame:
    return rows(LEDGER, *({**ANN, "seq": seq, **entry} for seq, entry in enumerate(entries, 1))).lazy()


def suppress(rule: str, entered_at: str, **cells: Any) -> dict[str, Any]:
    return {"action": "suppress", "rule": rule, "entered_at": entered_at, **cells}


def lift(rule: str, entered_at: str, **cells: Any) -> dict[str, Any]:
    return {"action": "lift", "rule": rule, "entered_at": entered_at, **cells}


def bits(*entries: dict[str, Any], imports: pl.LazyFrame | None = None, as_of: dt.datetime = AS_OF) -> list[int]:
    none = LEDGER.empty().lazy()
    return in_force(ledger(*entries), none if imports is None else imports, as_of).collect()["in_force"].to_list()


@pytest.mark.parametrize(
    ("entries", "codes"),
    [
        ([suppress("CMP101", "2026-01-01")], ["CMP101"]),
        ([suppress("CMP101", "2026-01-01"), suppress("BNC201", "2026-02-01")], ["CMP101", "BNC201"]),
        ([suppress("BNC201", "2026-01-01"), lift("BNC201", "2026-02-01")], []),
        (
            [suppress("BNC201", "2026-01-01"), lift("BNC201", "2026-02-01"), suppress("BNC201", "2026-03-01")],
            ["BNC201"],
        ),
        ([suppress("CMP101", "2026-01-01"), lift("BNC201", "2026-02-01")], ["CMP101"]),
        ([suppress("CMP101", "2026-01-01"), suppress("BNC201", "2026-02-01"), lift("*", "2026-03-01")], []),
        ([lift("*", "2026-01-01"), suppress("UNS111", "2026-02-01")], ["UNS111"]),
        ([suppress("SFT601", "2026-01-01", expires_at="2026-04-01")], []),
        ([suppress("SFT601", "2026-05-01", expires_at="2026-08-01")], ["SFT601"]),
        ([suppress("OLD999", "2026-01-01")], ["MAN002"]),
        ([suppress("CMP101", "2026-08-01")], ["CMP101"]),
        ([suppress("SFT601", "2026-01-01"), suppress("SFT601", "2026-02-01", expires_at="2026-03-01")], ["SFT601"]),
    ],
)
def test_the_last_word_per_rule_is_in_force(entries: list[dict[str, Any]], codes: list[str]) -> None:
    assert bits(*entries) == ([sum(bit(code) for code in codes)] if codes else [])


def test_a_lapse_is_told_apart_from_a_lift() -> None:
    entries = ledger(suppress("SFT601", "2026-01-01", expires_at="2026-04-01"), lift("UNS111", "2026-05-01"))
    found = lifts(entries, AS_OF).sort("rule").collect()
    assert found.select("rule", "is_lapse", pl.col("lifted_at").dt.date().cast(pl.String)).rows() == [
        ("SFT601", True, "2026-04-01"),
        ("UNS111", False, "2026-05-01"),
    ]


def test_tonights_imports_are_in_force_and_told_apart() -> None:
    imports = ledger(suppress("UNS111", "2026-06-30"), suppress("BNC201", "2026-06-30"))
    found = in_force(ledger(suppress("BNC201", "2026-01-01")), imports, AS_OF).collect().row(0, named=True)
    assert (found["in_force"], found["imported"]) == (bit("UNS111") | bit("BNC201"), bit("UNS111"))


def test_an_expiry_is_entered_once() -> None:
    suppressed = suppress("SFT601", "2026-01-01", expires_at="2026-04-01")
    assert expired(ledger(suppressed), AS_OF).collect().select("action", "rule").rows() == [("lift", "SFT601")]
    assert expired(ledger(suppressed, lift("SFT601", "2026-06-01")), AS_OF).collect().is_empty()


def test_a_lift_entered_for_an_expiry_still_counts_as_a_lapse() -> None:
    entries = ledger(suppress("SFT601", "2026-01-01", expires_at="2026-04-01"), lift("SFT601", "2026-06-01"))
    assert lifts(entries, AS_OF).collect()["is_lapse"].to_list() == [True]

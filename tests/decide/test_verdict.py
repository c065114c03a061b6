"""Each rule just fires, just does not, and never on nulls; order is precedence."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from hygiene.decide.verdict import bit, fired, first_rule, verdict
from hygiene.model.words import Verdict
from hygiene.policy.policy import Policy
from hygiene.policy.rules import BY_CODE, RULES, Lifetime, Rule
from tests.builders import AS_OF, evidence

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases/rules.csv").read_text("utf-8").splitlines()))
SEVERITY = [Verdict.SUPPRESS, Verdict.DUPLICATE, Verdict.HOLD, Verdict.REVIEW]
BY_LEDGER = {"MAN001", "MAN002", "DUP901"}


def decided(row: pl.DataFrame, policy: Policy | None = None) -> dict[str, object]:
    frame = row.lazy().with_columns(fired(policy or Policy(), AS_OF)).with_columns(first_rule())
    return frame.with_columns(verdict()).collect().row(0, named=True)


def fires(rule: Rule, row: pl.DataFrame) -> bool:
    return bool(row.select(fired(Policy(), AS_OF)).item() & bit(rule.code))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']} {case['fires']} {case['why']}")
def test_a_rule_fires_just_when_its_sentence_says(case: dict[str, str]) -> None:
    row = evidence(**json.loads(case["evidence"]))
    assert fires(BY_CODE[case["rule"]], row) is (case["fires"] == "yes")


def test_every_rule_has_a_case_that_fires_and_one_that_does_not() -> None:
    told = {(case["rule"], case["fires"]) for case in CASES}
    needed = {(rule.code, answer) for rule in RULES for answer in ("yes", "no") if rule.code not in BY_LEDGER}
    assert needed - told == {("SYN405", "yes")}  # fires under another policy: see the test below


def test_quotes_suppress_where_the_policy_refuses_them() -> None:
    assert decided(evidence(syntax="quoted"), Policy(suppress_quoted=True))["rule"] == "SYN405"


def test_not_knowing_anything_keeps() -> None:
    found = decided(evidence())
    assert (found["verdict"], found["rule"], found["fired"]) == ("keep", None, 0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_null_never_fires(rule: Rule) -> None:
    assert fires(rule, evidence()) is False


def test_grave_rules_stand_before_mild_ones() -> None:
    ranks = [SEVERITY.index(rule.verdict) for rule in RULES]
    assert ranks == sorted(ranks)


def test_a_complaint_is_the_reason_even_of_an_address_that_bounces() -> None:
    both = evidence(complained_at="2026-01-01", hard_bounces=1, hard_first_at="2026-02-01", hard_last_at="2026-02-01")
    found = decided(both)
    assert (found["rule"], found["fired"]) == ("CMP101", bit("CMP101") | bit("BNC201"))


def test_a_suppression_in_force_needs_no_evidence() -> None:
    assert decided(evidence(in_force=bit("BNC201")))["rule"] == "BNC201"


@pytest.mark.parametrize(
    ("code", "cells", "rule"),
    [
        ("DOM303", {"mx_status": "mx", "mx_observations": 2}, None),
        ("DOM303", {"mx_status": "mx", "mx_observations": 1}, "DOM303"),
        ("DOM303", {"mx_status": "temperror", "mx_last_good_at": "2026-01-01"}, "DOM303"),
        ("UNS111", {"resubscribed_at": "2026-06-01", "suppressed_at": "2026-05-01"}, None),
        ("UNS111", {"resubscribed_at": "2026-04-01", "suppressed_at": "2026-05-01"}, "UNS111"),
        ("CMP101", {"resubscribed_at": "2026-06-01", "suppressed_at": "2026-05-01"}, "CMP101"),
        ("ROL501", {"role_tier": "technical"}, "ROL501"),
        ("ROL501", {}, None),
        ("BNC201", {"human_at": "2026-06-01", "suppressed_at": "2026-05-01"}, "BNC201"),
    ],
)
def test_a_suppression_ends_only_by_what_its_lifetime_names(
    code: str, cells: dict[str, object], rule: str | None
) -> None:
    assert decided(evidence(in_force=bit(code), **cells))["rule"] == rule


def test_complaints_and_unsubscriptions_never_lapse() -> None:
    assert {BY_CODE[code].lifetime for code in ("CMP101", "MAN001", "UNS111")} <= {
        Lifetime.BY_HAND, Lifetime.FOREVER, Lifetime.UNTIL_REOPTIN,
    }  # fmt: skip

"""Only what rests on the incident alone is lifted: never a reader's own word, a person's, or another bounce."""

import json
from typing import Any

import polars as pl
import pytest

from hygiene.ledger.by_hand import lifting
from hygiene.model.errors import InputError
from hygiene.model.tables import DNS_ANSWERS, LEDGER
from hygiene.sender.rollback import resting_on
from tests.builders import AS_OF, rows
from tests.sender.builders import CS02, incident, refused, told

HIT, STRANGER = "reader1@icloud.com", "stranger@icloud.com"
LISTED = {"source": "old-tool.csv", "line": 3, "family": "hard_bounce", "suppressed_at": "2026-06-24T09:00:00+00:00"}
REFUSED = told(refused("2026-06-24T06:00"))


def listed(address: str = HIT, rule: str = "BNC201", reason: str | None = CS02, **cells: Any) -> dict[str, Any]:
    """A suppression that came with an older tool's list."""
    evidence = json.dumps({**LISTED, **cells.pop("evidence", {})})
    scope = "address" if rule.startswith(("BNC", "SFT")) else "mailbox"
    base = {"seq": 1, "entered_at": "2026-06-25", "action": "suppress", "scope": scope, "key": address}
    base |= {"mailbox_key": address, "address": address, "rule": rule, "reason": reason, "actor": "old tool"}
    return {**base, "personal_digest": "", "prev_hash": "", "hash": "", "evidence": evidence, **cells}


def rests(*entries: dict[str, Any], counted: tuple[tuple[str, str], ...] = ()) -> list[str]:
    against = pl.DataFrame(counted, schema={"mailbox_key": pl.String, "action": pl.String}, orient="row")
    standing = rows(LEDGER, *entries)
    found = resting_on(incident(), standing, REFUSED, against, DNS_ANSWERS.empty())
    return found["rule"].to_list()


def test_a_hard_bounce_that_an_older_tool_made_of_the_refusal_rests_on_it() -> None:
    assert rests(listed()) == ["BNC201"]


def test_so_does_one_whose_list_only_says_bounce_on_that_day() -> None:
    assert rests(listed(reason="Bounce")) == ["BNC201"]


def test_a_bare_word_about_somebody_who_was_not_refused_proves_nothing() -> None:
    assert rests(listed(STRANGER, reason="Bounce")) == []


@pytest.mark.parametrize("day", ["2026-06-01T09:00:00+00:00", "2026-07-20T09:00:00+00:00"])
def test_a_listing_of_another_day_is_not_of_the_incident(day: str) -> None:
    assert rests(listed(evidence={"suppressed_at": day})) == []


def test_without_a_date_the_refusal_must_have_hit_the_person() -> None:
    undated = {"suppressed_at": None}
    assert rests(listed(evidence=undated)) == ["BNC201"]
    assert rests(listed(STRANGER, evidence=undated)) == []


def test_the_reply_as_an_unknown_reason_of_a_list_rests_on_it_too() -> None:
    assert rests(listed(rule="MAN002")) == ["MAN002"]


def test_what_a_person_entered_stays_whatever_they_wrote() -> None:
    assert rests(listed(rule="MAN002", evidence={"source": None})) == []
    assert rests(listed(rule="MAN002", reason="asked on the telephone")) == []


@pytest.mark.parametrize("rule", ["CMP101", "UNS111", "ENG701", "DOM303", "ROL501"])
def test_no_other_rule_is_touched(rule: str) -> None:
    assert rests(listed(rule=rule)) == []


def test_a_hard_bounce_that_counts_keeps_the_suppression() -> None:
    assert rests(listed(), counted=((HIT, "suppress"),)) == []
    assert rests(listed(), counted=((STRANGER, "suppress"),)) == ["BNC201"]


def test_a_soft_failure_keeps_a_soft_suppression_alone() -> None:
    soft = (HIT, "soft")
    assert rests(listed(), counted=(soft,)) == ["BNC201"]
    assert rests(listed(rule="SFT601"), counted=(soft,)) == []
    assert rests(listed(rule="SFT601")) == ["SFT601"]


def test_another_reply_does_not_rest_on_the_incident() -> None:
    assert rests(listed(reason="550 5.1.1 user unknown")) == []
    assert rests(listed(reason="554 5.7.1 [HM08] Message rejected due to local policy")) == []


def test_an_entry_of_a_run_rests_on_the_reply_that_it_kept() -> None:
    proof = {"hard_reply": CS02, "hard_last_at": "2026-06-24T06:00:00+00:00"}
    assert rests(listed(reason="The receiver said so.", actor="run", evidence=proof)) == ["BNC201"]


def test_each_gets_one_lift_that_says_who_and_why() -> None:
    entries = rows(LEDGER, listed(), listed("reader2@icloud.com", seq=2))
    lifts = lifting(entries, ("ann", "rests on incident x alone"), AS_OF)
    assert lifts.select("action", "scope", "key", "rule", "actor", "reason").rows() == [
        ("lift", "address", key, "BNC201", "ann", "rests on incident x alone") for key in (HIT, "reader2@icloud.com")
    ]
    with pytest.raises(InputError, match="who acts"):
        lifting(entries, ("", "why"), AS_OF)

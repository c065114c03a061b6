"""Which failures are told as incidents, by whom and by which sign."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hygiene.model.tables import DNS_ANSWERS
from hygiene.sender.refusals import blanked
from tests.builders import event, rows
from tests.sender.builders import CS02, refused, told

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases/refusals.csv").read_text("utf-8").splitlines()))


def bounce(case: dict[str, str]) -> dict[str, Any]:
    return event("bounced", f"ann@{case['domain']}", "2026-06-01", diagnostic=case["reply"] or None)


@cache
def judged_at_once() -> None:
    """So that the meaning of each reply is known when its case is tested."""
    told([bounce(case) for case in CASES])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['domain']} {case['token'] or 'none'} {case['why']}")
def test_a_reply_is_told_by_provider_and_sign_or_not_at_all(case: dict[str, str]) -> None:
    judged_at_once()
    found = told([bounce(case)])
    expected = [(case["provider"], case["token"])] if case["token"] else []
    assert found.select("mailbox_provider", "token").rows() == expected


def test_a_deferral_is_told_as_well() -> None:
    reply = "421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due to user complaints"
    found = told([event("deferred", "ann@yahoo.com", "2026-06-01", diagnostic=reply)])
    assert found["token"].to_list() == ["TSS04"]


def test_a_firm_whose_mail_a_provider_takes_counts_to_that_provider() -> None:
    answers = rows(
        DNS_ANSWERS,
        {"domain": "firm.example", "mx_status": "mx", "targets": "10 firm-example.mail.protection.outlook.com.",
         "observed_at": "2026-06-01"},
    )  # fmt: skip
    refusal = "550 5.7.606 Access denied, banned sending IP [192.0.2.25]."
    found = told(refused("2026-06-01", 1, refusal, "firm.example"), answers)
    assert found["mailbox_provider"].to_list() == ["microsoft"]


def test_tries_of_one_mailing_are_one_message() -> None:
    tries = [event("deferred", "ann@icloud.com", f"2026-06-01T0{hour}:00", diagnostic=CS02, campaign="june")
             for hour in range(5)]  # fmt: skip
    later = event("bounced", "ann@icloud.com", "2026-06-02", diagnostic=CS02, campaign="june two")
    assert told([*tries, later])["message"].n_unique() == 2


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("550 5.7.1 <ann@icloud.com>: blocked [192.0.2.25]", "550 5.7.1 <address>: blocked [192.0.2.25]"),
        ("rcpt to:ann.lee+x@a.org refused by mx.a.org", "rcpt to:<address> refused by mx.a.org"),
        ("554 (ann@a.org, bob@b.org) [CS02]", "554 (<address>, <address>) [CS02]"),
    ],
)
def test_no_address_is_left_in_a_sample_and_all_else_stays(reply: str, expected: str) -> None:
    assert pl.select(blanked(pl.lit(reply))).item() == expected

"""Domains that were meant to be a provider's."""

import csv

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hygiene.classify.typos import meant, slips, suggestion, typo_of
from tests.conftest import ROOT

CASES = list(csv.DictReader((ROOT / "tests/cases/typos.csv").read_text("utf-8").splitlines()))
WORDS = st.text("abc.", max_size=7)


@pytest.mark.parametrize("case", CASES, ids=[case["domain"] for case in CASES])
def test_a_slip_names_the_provider_s_domain(case: dict[str, str]) -> None:
    assert (meant(case["domain"]) or "") == case["meant"]


@pytest.mark.parametrize(
    ("status", "targets", "note", "expected"),
    [
        ("nxdomain", None, None, "gmail.com"),
        ("null_mx", None, None, "gmail.com"),
        ("no_data", None, "cname", "gmail.com"),
        ("unroutable", "0 localhost.", None, "gmail.com"),
        ("mx", "10 mail.h-email.net.", None, "gmail.com"),
        ("mx", "10 mx.gmial.com.", "cname+wildcard", "gmail.com"),
        ("mx", "10 mx.gmial.com.", None, None),
        ("temperror", None, "timeout", None),
        ("implicit_mx", None, None, None),
    ],
)
def test_nothing_is_said_of_a_domain_that_takes_mail(
    status: str, targets: str | None, note: str | None, expected: str | None
) -> None:
    schema = dict.fromkeys(("domain", "mx_status", "targets", "note"), pl.String)
    answers = pl.DataFrame([("gmial.com", status, targets, note)], schema=schema, orient="row")
    assert answers.select(typo_of(pl.col("targets"), pl.col("note"))).item() == expected


def test_the_address_proposed_keeps_its_local_part() -> None:
    rows = pl.DataFrame(
        {"address": ["Ann.Lee+x@gmial.com", '"a@b"@gmial.com', "x@y.org"], "typo_of": ["gmail.com"] * 2 + [None]}
    )
    assert rows.select(suggestion()).to_series().to_list() == ["Ann.Lee+x@gmail.com", '"a@b"@gmail.com', None]


@given(WORDS, WORDS, WORDS)
def test_slips_are_symmetric_and_none_where_the_names_are_the_same(one: str, other: str, place: str) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)
    assert slips(one, one + place) == len(place)

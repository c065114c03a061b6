"""Who is one recipient, and which aliases reach one mailbox."""

import csv
from pathlib import Path

import polars as pl
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.normalize.keys import MailboxRule, bounce_scope_is_mailbox, mailbox_rules, with_keys
from tests.validate.address_grammar import addresses

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases" / "mailbox_keys.csv").read_text("utf-8").splitlines()))


def keys(*given_addresses: str | None) -> pl.DataFrame:
    return with_keys(pl.DataFrame({"address": given_addresses}, schema={"address": pl.String}))


@pytest.mark.parametrize("case", CASES, ids=[case["why"] + ": " + case["address"] for case in CASES])
def test_the_truth_table_of_keys_holds(case: dict[str, str]) -> None:
    address, address_key, mailbox_key = (
        case[name].encode().decode("unicode_escape") for name in ("address", "address_key", "mailbox_key")
    )
    assert keys(address).select("address_key", "mailbox_key").row(0) == (address_key, mailbox_key)


@pytest.mark.parametrize(
    ("address", "halves"),
    [
        ("Ann.Lee@X.org", ("ann.lee", "x.org")),
        ('"a@b"@x.org', ('"a@b"', "x.org")),
        ("a@b@c@x.org", ("a@b@c", "x.org")),
        ("ann@x.org.", ("ann", "x.org")),
        ("ann@münchen.de", ("ann", "xn--mnchen-3ya.de")),
        ("ann@", ("ann", None)),
        ("@x.org", ("", "x.org")),
        ("ann", (None, None)),
        ("", (None, None)),
        ("ann@ü..de", ("ann", None)),
        (f"ann@{'ü' * 300}.de", ("ann", None)),
        (None, (None, None)),
    ],
)
def test_an_address_parts_at_its_last_at(address: str | None, halves: tuple[str | None, str | None]) -> None:
    assert keys(address).select("local_part", "domain").row(0) == halves


def test_only_a_null_address_has_null_keys() -> None:
    found = keys(None, "", "@", "ann", "ann@x.org")
    assert found["address_key"].is_null().to_list() == [True, False, False, False, False]
    assert found["mailbox_key"].is_null().to_list() == [True, False, False, False, False]


def test_every_valid_address_keeps_the_domain_that_the_library_finds() -> None:
    frame = keys(*addresses(20_000, seed=2))
    wrong = []
    for address, domain in frame.select("address", "domain").rows():
        try:
            expected = validate_email(address, check_deliverability=False).ascii_domain
        except EmailNotValidError:
            continue
        if domain != expected.lower():
            wrong.append((address, domain, expected))
    assert wrong == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.text(), st.builds("{}@{}".format, st.text(), st.text())), max_size=20))
def test_a_key_is_its_own_key(cells: list[str]) -> None:
    once = keys(*cells)["address_key"]
    assert keys(*once)["address_key"].to_list() == once.to_list()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab.+-_", min_size=1, max_size=6), min_size=2, max_size=20, unique=True))
def test_no_two_names_of_an_unknown_domain_are_merged(local_parts: list[str]) -> None:
    assert keys(*(f"{local_part}@x.org" for local_part in local_parts))["mailbox_key"].n_unique() == len(local_parts)


@pytest.mark.parametrize("rule", mailbox_rules(), ids=lambda rule: rule.provider)
def test_every_rule_folds_tags_at_each_of_its_domains_and_names_its_source(rule: MailboxRule) -> None:
    tagged = keys(*(f"ann{rule.fold.separator}{tag}@{domain}" for domain in rule.domains for tag in ("x", "y")))
    assert tagged["mailbox_key"].n_unique() == (1 if rule.fold.one_domain else len(rule.domains))
    assert rule.source


def test_a_bounce_tells_of_the_whole_mailbox_at_gmail_only() -> None:
    domains = pl.DataFrame({"domain": ["gmail.com", "googlemail.com", "outlook.com", "yahoo.com", "x.org", None]})
    found = domains.select(bounce_scope_is_mailbox(pl.col("domain"))).to_series()
    assert found.fill_null(False).to_list() == [True, True, False, False, False, False]


def test_a_lazy_frame_of_many_batches_gets_the_same_keys() -> None:
    rows = pl.DataFrame({"row": range(3000), "address": [f"A{row}@m{row % 9}ü.de" for row in range(3000)]})
    lazy = with_keys(pl.concat([rows[:10], rows[10:2000], rows[2000:]]).lazy()).sort("row").collect()
    assert lazy.equals(with_keys(rows))


def test_the_column_may_have_another_name() -> None:
    frame = with_keys(pl.DataFrame({"mail": ["Ann@GMAIL.com"], "address": ["other"]}), "mail")
    assert frame.select("address", "address_key").row(0) == ("other", "ann@gmail.com")

"""Risky domains and the providers behind them, from pinned lists."""

import re

import polars as pl
import pytest

from hygiene.classify import domains
from hygiene.classify.domains import (
    distinct_domains,
    domain_risk,
    is_parked,
    provider_of,
    provider_of_mx,
    stretches,
)
from hygiene.policy.references import REFERENCES, reference, reference_versions

CONSUMER = [domain for row in reference("providers").tables["provider"] for domain in row.get("domains", ())]


def risks(*domains: str | None) -> list[str | None]:
    frame = pl.DataFrame({"domain": domains}, schema={"domain": pl.String})
    return frame.select(domain_risk(pl.col("domain"))).to_series().to_list()


def of_targets(expression: pl.Expr, *targets: str | None) -> list[object]:
    return pl.DataFrame({"t": targets}, schema={"t": pl.String}).select(expression).to_series().to_list()


def test_a_disposable_domain_and_its_sub_domains_are_told() -> None:
    assert risks("mailinator.com", "ann.mailinator.com", "yopmail.fr") == ["disposable"] * 3


def test_a_name_that_ends_like_a_disposable_domain_is_not_one() -> None:
    assert risks("notmyyopmail.com", "yopmail.com.org", "mailinator.de.x", "com") == [None] * 4


@pytest.mark.parametrize(
    "domain",
    ["privaterelay.appleid.com", "mozmail.com", "duck.com", "simplelogin.com", "ann.anonaddy.com", "passmail.net"],
)
def test_a_relay_is_a_relay_and_never_disposable(domain: str) -> None:
    assert risks(domain) == ["relay"]


def test_no_relay_and_no_consumer_provider_is_on_the_disposable_list() -> None:
    found = dict(zip(CONSUMER, risks(*CONSUMER), strict=True))
    assert {domain: risk for domain, risk in found.items() if risk} == {"privaterelay.appleid.com": "relay"}
    assert set(risks(*reference("relay").entries)) == {"relay"}


def test_an_unknown_or_missing_domain_has_no_risk() -> None:
    assert risks("x.org", None, "") == [None] * 3


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmail.com", "google"),
        ("googlemail.com", "google"),
        ("hotmail.fr", "microsoft"),
        ("me.com", "apple"),
        ("aol.com", "yahoo"),
        ("yahoo.co.uk", "yahoo"),
        ("yahoo.co.jp", "yahoo_japan"),
        ("web.de", "united_internet"),
        ("t-online.de", "t_online"),
        ("qq.com", "tencent"),
        ("mail.gmail.com", None),
        ("x.org", None),
        (None, None),
    ],
)
def test_a_consumer_domain_names_its_provider(domain: str | None, provider: str | None) -> None:
    frame = pl.DataFrame({"domain": [domain, "gmail.com"]}, schema={"domain": pl.String})
    assert frame.select(provider_of(pl.col("domain"))).to_series().to_list() == [provider, "google"]


@pytest.mark.parametrize(
    ("targets", "provider"),
    [
        ("1 aspmx.l.google.com.; 5 alt1.aspmx.l.google.com.", "google"),
        ("0 x-org.mail.protection.outlook.com.", "microsoft"),
        ("0 x-org.p-v1.mx.microsoft.", "microsoft"),
        ("10 mx01.mail.icloud.com.", "apple"),
        ("10 mx-eu.mail.am0.yahoodns.net.", "yahoo"),
        ("10 mxa-00101.gslb.pphosted.com.", "proofpoint"),
        ("10 eu-smtp-inbound-1.mimecast.com.; 20 aspmx.l.google.com.", "mimecast"),
        ("10 mx.x.org.; 20 ASPMX.L.GOOGLE.COM", "google"),
        ("10 primary.eu.email.fireeyecloud.com.", "trellix"),
        ("5 mta-gw.infomaniak.ch.", "infomaniak"),
        ("10 mx1.hostinger.com.; 20 mx2.hostinger.com.", "hostinger"),
        ("10 google.com.x.org.", None),
        ("10 notgoogle.com.", None),
        ("10 mx.x.org.", None),
        (None, None),
    ],
)
def test_mail_exchangers_name_who_takes_the_mail(targets: str | None, provider: str | None) -> None:
    assert of_targets(provider_of_mx(pl.col("t")), targets) == [provider]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("10 park-mx.above.com.", True),
        ("5 mail.h-email.net.", True),
        ("10 mx37.m1bp.com.; 10 mx37.mb5p.com.", True),
        ("10 mail.h-email.net.; 20 mx.x.org.", False),
        ("10 notpark-mx.above.com.", False),
        ("10 mx.x.org.", False),
        (None, None),
    ],
)
def test_a_domain_is_parked_where_all_its_mail_exchangers_are(targets: str | None, expected: bool | None) -> None:
    assert of_targets(is_parked(pl.col("t")), targets) == [expected]


def test_a_lazy_frame_of_many_batches_gets_the_same_providers() -> None:
    rows = pl.DataFrame(
        {"row": range(3000), "domain": [("gmail.com", "x.org", "aol.com")[row % 3] for row in range(3000)]}
    )
    lazy = pl.concat([rows[:10], rows[10:2000], rows[2000:]]).lazy().with_columns(provider_of(pl.col("domain")))
    assert lazy.sort("row").collect()["domain"].to_list() == ["google", None, "yahoo"] * 1000


def test_no_domain_has_two_providers() -> None:
    assert len(CONSUMER) == len(set(CONSUMER))


@pytest.mark.parametrize("name", REFERENCES)
def test_every_list_is_pinned_by_a_date_and_a_digest(name: str) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", reference(name).version)
    assert reference_versions()[name] == f"{reference(name).version} ({reference(name).digest[:12]})"
    assert reference(name).entries or reference(name).tables


@pytest.mark.parametrize("name", ["disposable", "relay", "parked_mx"])
def test_every_listed_domain_is_written_as_an_a_label(name: str) -> None:
    entries = reference(name).entries
    assert [entry for entry in entries if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", entry)] == []
    assert list(entries) == sorted(set(entries)) or name == "relay"


@pytest.mark.parametrize("stretch", [1, 2, 3, 7, 100])
def test_every_domain_is_told_once_however_the_rows_are_parted(stretch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "STRETCH_ROWS", stretch)
    names = ["a.org", "b.org", None, "a.org", "c.org", "b.org", "a.org"]
    rows = pl.LazyFrame({"domain": names, "mailbox": range(len(names))})
    parts = list(stretches(rows))
    assert pl.concat(parts).collect().equals(rows.collect())
    assert sorted(distinct_domains(parts)["domain"].to_list(), key=str) == [None, "a.org", "b.org", "c.org"]


def test_no_row_has_no_domain() -> None:
    assert distinct_domains(stretches(pl.LazyFrame(schema={"domain": pl.String}))).is_empty()

"""Each reason not to send, and each thing that may not be known: it just counts, and just does not."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from hygiene.campaign.gate import expected_bounces, objections, providers, unknowns
from hygiene.campaign.rates import BounceRate
from hygiene.policy.policy import Policy
from hygiene.sender.incidents import Closing
from tests.builders import AS_OF
from tests.campaign.builders import decided, past, rows
from tests.sender.builders import incident

LONG_AGO = AS_OF - dt.timedelta(days=60)


def against(frame: pl.LazyFrame, policy: Policy | None = None, **known: Any) -> list[str]:
    table = providers(frame, AS_OF)
    return objections(frame, table, past(**known), policy or Policy(), AS_OF)


def not_known(frame: pl.LazyFrame, policy: Policy | None = None, **known: Any) -> list[str]:
    return unknowns(providers(frame, AS_OF), past(**known), policy or Policy(), AS_OF)


def test_a_list_of_readers_may_be_sent_to() -> None:
    assert (against(decided(rows(100))), not_known(decided(rows(100)))) == ([], [])


@pytest.mark.parametrize(("suppressed", "objects"), [(20, False), (21, True)])
def test_a_fifth_suppressed_is_too_many(suppressed: int, objects: bool) -> None:
    frame = decided(rows(100 - suppressed), rows(suppressed, verdict="suppress"))
    assert bool(against(frame)) is objects


@pytest.mark.parametrize(("bounced", "objects"), [(20, False), (21, True)])
def test_two_in_a_hundred_hard_bounces_are_too_many(bounced: int, objects: bool) -> None:
    found = against(decided(rows(10)), later=BounceRate(bounced, 1000))
    assert found == (["2.1% would bounce hard by past rates (limit 2.0%)"] if objects else [])


def test_never_mailed_rows_bounce_at_the_rate_of_first_mailings() -> None:
    table = providers(decided(rows(6), rows(4, deliveries=None, human_at=None, delivered_first_at=None)), AS_OF)
    known = past(first=BounceRate(5, 100), later=BounceRate(1, 100))
    assert expected_bounces(table, known) == pytest.approx((4 * 0.05 + 6 * 0.01) / 10)


def test_nothing_to_mail_expects_no_bounce() -> None:
    assert expected_bounces(providers(decided(rows(3, verdict="suppress")), AS_OF), past()) == 0.0


APPLE = {"mailbox_provider": "apple", "domain": "icloud.com"}
RECENT = {"last_seen_at": AS_OF - dt.timedelta(days=2), "first_seen_at": AS_OF - dt.timedelta(days=5)}


def test_an_open_incident_of_this_week_says_do_not_send() -> None:
    found = against(decided(rows(90), rows(10, **APPLE)), incidents=[incident(**RECENT)])
    assert found == [
        "apple refused the sender, last on 2026-06-29 (CS02, 95.0% of the mail there, incident apple-cs02-20260624); "
        "10 rows are there"
    ]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"closing": Closing(AS_OF, "ann", "dealt with")}, "a person closed it"),
        ({"last_seen_at": AS_OF - dt.timedelta(days=8)}, "it is older than a week"),
        ({"share": 0.009}, "it hit less than one message in a hundred"),
        ({"mailbox_provider": "yahoo"}, "nobody of the list is there"),
    ],
)
def test_an_incident_is_no_reason_where(cells: dict[str, Any], why: str) -> None:
    assert against(decided(rows(90), rows(10, **APPLE)), incidents=[incident(**RECENT | cells)]) == [], why


def test_an_incident_of_unknown_share_is_a_reason() -> None:
    found = against(decided(rows(10, **APPLE)), incidents=[incident(**RECENT, share=None)])
    assert "its share of the mail is not known" in found[0]


def test_an_incident_that_was_closed_and_went_on_is_a_reason_again() -> None:
    early = Closing(AS_OF - dt.timedelta(days=4), "ann", "dealt with")
    assert len(against(decided(rows(10, **APPLE)), incidents=[incident(**RECENT, closing=early)])) == 1


def test_rows_that_are_not_mailed_do_not_count_as_being_there() -> None:
    assert against(decided(rows(90), rows(10, **APPLE, verdict="hold")), incidents=[incident(**RECENT)]) == []


def test_an_incident_of_one_firm_counts_the_rows_of_its_domain() -> None:
    firm = {"mailbox_provider": None, "domain": "firm.example"}
    one = incident(**RECENT, mailbox_provider="firm.example", token="5.7.1")
    assert "3 rows are there" in against(decided(rows(9), rows(3, **firm)), incidents=[one])[0]


def test_an_incident_at_many_providers_counts_the_rows_of_no_known_one() -> None:
    firm = {"mailbox_provider": None, "domain": "firm.example"}
    one = incident(**RECENT, mailbox_provider="other", token="SPAMHAUS")
    assert "3 rows are there" in against(decided(rows(9), rows(3, **firm)), incidents=[one])[0]


@pytest.mark.parametrize(("idle", "objects"), [(50, False), (51, True)])
def test_a_provider_whose_readers_sleep_is_not_mailed(idle: int, objects: bool) -> None:
    frame = decided(rows(100 - idle), rows(idle, human_at="2025-12-01"))
    assert bool(against(frame)) is objects


def test_a_small_provider_is_not_judged_by_its_sleepers() -> None:
    assert against(decided(rows(99, human_at="2025-12-01"))) == []


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"last_run_at": None}, "no nightly run was published yet"),
        ({"last_run_at": LONG_AGO}, "the last nightly run is of 2026-05-02, over 3 days ago"),
        ({"dns_newest_at": None}, "no domain was ever looked up"),
        ({"dns_newest_at": LONG_AGO}, "the DNS memory is of 2026-05-02, over 45 days old"),
    ],
)
def test_what_is_not_known_is_said(known: dict[str, Any], reason: str) -> None:
    assert not_known(decided(rows(10)), **known) == [reason]


def test_a_job_without_dns_misses_none() -> None:
    assert not_known(decided(rows(10)), dns_newest_at=None, needs_dns=False) == []


def test_many_never_mailed_rows_need_a_past_of_first_mailings() -> None:
    new = rows(30, deliveries=None, human_at=None, delivered_first_at=None)
    assert not_known(decided(rows(70), new), first=BounceRate(0, 49)) == [
        "30 of 100 rows were never mailed, and how such addresses bounce is not known"
    ]
    assert not_known(decided(rows(70), new), first=BounceRate(0, 50)) == []
    assert not_known(decided(rows(80), new[:20]), first=BounceRate(0, 0)) == []


def test_an_empty_list_is_not_known_to_be_good() -> None:
    assert not_known(decided()) == ["the list has no rows"]


def test_providers_are_counted_the_largest_first() -> None:
    table = providers(decided(rows(2, **APPLE), rows(5), rows(1, mailbox_provider=None, human_at="2026-03-01")), AS_OF)
    assert table.select("mailbox_provider", "rows", "mailed", "never_mailed", "idle_90", "idle_180").rows() == [
        ("google", 5, 5, 0, 0, 0), ("apple", 2, 2, 0, 0, 0), ("other", 1, 1, 0, 1, 0),
    ]  # fmt: skip

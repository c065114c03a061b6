"""What a new observation makes of what was known, night by night."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene.lookup.answer import OBSERVED
from hygiene.lookup.memory import DnsMemory, due, fold, in_trouble
from hygiene.model.tables import DNS_ANSWERS
from hygiene.policy.policy import Policy

START = dt.datetime(2026, 5, 1, 2, tzinfo=dt.UTC)
LATE = 23 * 24 + 17 + 40 / 60 + 24 / 3600
"""The hour at which a good answer of example.org comes due: its own point between the 20th and the 30th day."""
POLICY = Policy(dns_positive_days=30, dns_negative_hours=20)


def at(hours: float) -> dt.datetime:
    """Hours after the first night."""
    return START + dt.timedelta(hours=hours)


def observed(status: str, hours: float, domain: str = "example.org", **cells: object) -> pl.DataFrame:
    """One observation."""
    row = {"domain": domain, "mx_status": status, "observed_at": at(hours), "resolver": "9.9.9.9"} | cells
    return pl.DataFrame([row], schema=OBSERVED.schema)


def remembered(*nights: pl.DataFrame) -> pl.DataFrame:
    """The memory after nights of one observation each."""
    memory = DNS_ANSWERS.empty()
    for night in nights:
        memory = fold(memory, night, POLICY)
    return memory


def row(*nights: pl.DataFrame) -> dict[str, object]:
    """The one row of that memory."""
    return remembered(*nights).row(0, named=True)


def test_the_first_observation_is_kept_as_it_is() -> None:
    assert row(observed("mx", 0, targets="10 mx.example.org.", ttl=300)) == {
        "domain": "example.org",
        "mx_status": "mx",
        "targets": "10 mx.example.org.",
        "note": None,
        "ttl": 300,
        "observed_at": at(0),
        "first_observed_at": at(0),
        "observations": 1,
        "last_good_at": at(0),
        "next_check_at": at(LATE),
        "resolver": "9.9.9.9",
    }


def test_the_same_answer_on_later_nights_is_counted_from_the_first() -> None:
    known = row(*(observed("nxdomain", 24 * night) for night in range(3)))
    assert (known["observations"], known["first_observed_at"], known["observed_at"]) == (3, at(0), at(48))


@pytest.mark.parametrize(("hours", "count"), [(0, 1), (5.9, 1), (6, 2)])
def test_observations_less_than_six_hours_apart_are_one(hours: float, count: int) -> None:
    assert row(observed("nxdomain", 0), observed("nxdomain", hours))["observations"] == count


def test_hourly_runs_count_every_six_hours() -> None:
    assert row(*(observed("nxdomain", hour) for hour in range(13)))["observations"] == 3


def test_a_rerun_at_the_same_instant_changes_nothing() -> None:
    once = remembered(observed("nxdomain", 0), observed("nxdomain", 24))
    assert_frame_equal(fold(once, observed("nxdomain", 24, note="cname"), POLICY), once)


def test_what_was_seen_before_the_last_observation_changes_nothing() -> None:
    known = remembered(observed("mx", 24))
    assert_frame_equal(fold(known, observed("nxdomain", 0), POLICY), known)


def test_another_answer_begins_anew_and_the_last_good_one_is_not_forgotten() -> None:
    known = row(observed("nxdomain", 0), observed("mx", 24), observed("nxdomain", 24 * 40))
    assert (known["mx_status"], known["observations"], known["first_observed_at"]) == ("nxdomain", 1, at(24 * 40))
    assert known["last_good_at"] == at(24)


@pytest.mark.parametrize("status", ["mx", "nxdomain", "no_data", "null_mx"])
def test_a_failed_look_up_neither_counts_nor_resets(status: str) -> None:
    before = remembered(observed(status, 0, note="cname"), observed(status, 24, note="cname"))
    after = fold(before, observed("temperror", 48, note="timeout"), POLICY)
    assert after.row(0, named=True) == {
        **before.row(0, named=True),
        "note": "cname+temperror",
        "next_check_at": at(48),
    }


def test_failures_night_after_night_are_noted_once() -> None:
    assert row(observed("mx", 0), observed("temperror", 24), observed("temperror", 48))["note"] == "temperror"


def test_the_count_goes_on_after_a_failed_look_up() -> None:
    known = row(observed("nxdomain", 0), observed("temperror", 24), observed("nxdomain", 48))
    assert (known["observations"], known["first_observed_at"], known["note"]) == (2, at(0), None)


def test_a_domain_that_never_answered_is_unknown_and_asked_again_at_once() -> None:
    known = row(observed("temperror", 0, note="timeout"), observed("temperror", 24, note="servfail"))
    assert (known["mx_status"], known["observations"], known["note"]) == ("temperror", 0, "servfail")
    assert (known["last_good_at"], known["observed_at"], known["next_check_at"]) == (None, at(24), at(24))


def test_a_rerun_makes_good_a_failure_of_the_same_night() -> None:
    known = row(observed("temperror", 0), observed("mx", 0))
    assert (known["mx_status"], known["observations"]) == ("mx", 1)


def test_several_observations_of_one_file_are_folded_oldest_first() -> None:
    at_once = pl.concat([observed("nxdomain", 48), observed("mx", 0), observed("nxdomain", 24)])
    known = row(at_once)
    assert (known["mx_status"], known["observations"], known["first_observed_at"]) == ("nxdomain", 2, at(24))


NEXT = [
    ("mx", None, None, LATE),
    ("implicit_mx", None, None, LATE),
    ("mx_is_ip", None, None, LATE),
    ("mx", None, 40 * 86400, 40 * 24),
    ("null_mx", None, None, LATE),
    ("null_mx", "malformed_null_mx", None, 20),
    ("nxdomain", None, None, 20),
    ("no_data", None, 86400, 20),
    ("spf_refuses", None, None, 20),
    ("temperror", "timeout", None, 0),
]


@pytest.mark.parametrize(("status", "note", "ttl", "hours"), NEXT)
def test_the_next_look_up_comes_when_the_answer_may_have_changed(
    status: str, note: str | None, ttl: int | None, hours: float
) -> None:
    assert row(observed(status, 0, note=note, ttl=ttl))["next_check_at"] == at(hours)


def test_a_settled_no_is_asked_for_ever_more_rarely_but_within_the_month() -> None:
    waits = []
    memory, now = DNS_ANSWERS.empty(), 0.0
    for _ in range(10):
        memory = fold(memory, observed("nxdomain", now), POLICY)
        waits.append((memory["next_check_at"].item() - at(now)).total_seconds() / 3600)
        now += waits[-1]
    assert waits == [20, 20, 20, 40, 80, 160, 320, 640, 720, 720]


def test_only_what_is_new_or_due_is_asked_for() -> None:
    memory = remembered(observed("mx", 0, "good.org"), observed("nxdomain", 0, "gone.org"))
    wanted = pl.Series(["good.org", "gone.org", "new.org"])
    assert due(wanted, memory, at(19)).to_list() == ["new.org"]
    assert due(wanted, memory, at(20)).to_list() == ["gone.org", "new.org"]
    assert due(wanted, memory, at(30 * 24)).to_list() == ["gone.org", "good.org", "new.org"]


def test_domains_whose_last_look_up_failed_are_known() -> None:
    memory = remembered(
        pl.concat([observed("mx", 0, "a.org"), observed("temperror", 0, "b.org"), observed("mx", 0, "c.org")]),
        observed("temperror", 24, "c.org"),
    )
    assert in_trouble(memory)["domain"].to_list() == ["b.org", "c.org"]


def test_the_memory_is_stored_once_a_run(tmp_path: Path) -> None:
    store = DnsMemory(str(tmp_path))
    assert store.load().is_empty()
    first, second = remembered(observed("mx", 0)), remembered(observed("nxdomain", 24))
    assert store.save(first, "r1")
    assert store.save(second, "r2")
    assert not store.save(first, "r1")
    assert_frame_equal(store.load(), second)
    assert_frame_equal(store.load(version=1), first)


def test_what_the_first_night_asked_for_comes_due_over_ten_days_and_not_in_one() -> None:
    first = pl.concat([observed("mx", 0, domain=f"d{number}.org") for number in range(2000)])
    memory = remembered(first)
    hours = (memory["next_check_at"] - at(0)).dt.total_hours().to_list()
    assert (min(hours), max(hours)) == (480, 719)
    by_day = [sum(1 for hour in hours if hour // 24 == day) for day in range(20, 30)]
    assert max(by_day) < 2000 * 0.13
    assert_frame_equal(remembered(first.reverse()), memory, check_row_order=False)

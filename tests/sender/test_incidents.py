"""One incident per provider, sign and stretch of time; its name lasts from night to night."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.model.tables import DNS_ANSWERS
from hygiene.model.words import Activity
from hygiene.normalize.activity import activity
from hygiene.policy.policy import Policy
from hygiene.sender.bursts import readers
from hygiene.sender.incidents import Closing, Incident, incidents, large, shares, with_ids
from tests.builders import event, events
from tests.sender.builders import CS02, incident, known, refused, told, told_apart

NOBODY = known()


def found(
    happened: list[dict[str, Any]], before: pl.DataFrame = NOBODY, policy: Policy | None = None
) -> list[Incident]:
    """Incidents among events, as a night finds them."""
    rules = policy or Policy()
    refusals, samples = told_apart(happened)
    return incidents(large(with_ids(refusals, before, rules), before, rules), samples, before, {})


def ids(happened: list[dict[str, Any]], before: pl.DataFrame = NOBODY) -> list[str]:
    return [one.id for one in found(happened, before)]


def test_an_incident_is_named_by_provider_sign_and_first_day() -> None:
    assert ids(refused("2026-06-24T06:00")) == ["apple-cs02-20260624"]


def test_what_goes_on_the_next_day_is_one_incident() -> None:
    assert ids([*refused("2026-06-24"), *refused("2026-06-25")]) == ["apple-cs02-20260624"]


def test_a_weekly_letter_that_stays_refused_is_one_incident() -> None:
    weeks = [row for day in ("2026-06-03", "2026-06-10", "2026-06-17") for row in refused(day)]
    assert ids(weeks) == ["apple-cs02-20260603"]


def test_the_same_refusal_after_a_long_gap_is_a_new_incident() -> None:
    assert ids([*refused("2026-06-03"), *refused("2026-06-24")]) == ["apple-cs02-20260624", "apple-cs02-20260603"]


def test_two_signs_of_one_provider_are_two_incidents() -> None:
    other = refused("2026-06-24", reply="554 5.7.1 [HM08] Message rejected due to local policy.")
    assert sorted(ids([*refused("2026-06-24"), *other])) == ["apple-cs02-20260624", "apple-hm08-20260624"]


def test_streams_and_addresses_stand_inside_one_incident() -> None:
    weekly = refused("2026-06-24", 12, stream="weekly", sending_ip="192.0.2.25", campaign="w")
    digest = refused("2026-06-24", 20, stream="digest", sending_ip="192.0.2.26", campaign="d")
    (one,) = found([*weekly, *digest])
    assert [(part["sending_ip"], part["stream"], part["messages"]) for part in one.sources] == [
        ("192.0.2.26", "digest", 20), ("192.0.2.25", "weekly", 12),
    ]  # fmt: skip
    assert (one.messages, one.recipients) == (32, 20)


@pytest.mark.parametrize(("people", "count"), [(9, 0), (10, 1)])
def test_an_incident_hits_a_least_number_of_recipients(people: int, count: int) -> None:
    assert len(found(refused("2026-06-24", people))) == count


def test_an_incident_that_was_told_before_is_told_on_however_small_it_is_now() -> None:
    before = known(("apple-cs02-20260620", "apple", "CS02", "2026-06-20", "2026-06-22"))
    assert ids(refused("2026-06-24", 2), before) == ["apple-cs02-20260620"]


def test_an_incident_keeps_its_name_when_the_window_no_longer_shows_its_beginning() -> None:
    before = known(("apple-cs02-20260501", "apple", "CS02", "2026-05-01", "2026-06-18"))
    (one,) = found(refused("2026-06-24"), before)
    assert (one.id, one.first_seen_at.date()) == ("apple-cs02-20260501", dt.date(2026, 5, 1))
    assert one.counted_since.date() == dt.date(2026, 6, 24)


def test_an_older_file_that_comes_late_does_not_rename_an_incident() -> None:
    before = known(("apple-cs02-20260624", "apple", "CS02", "2026-06-24", "2026-06-24"))
    (one,) = found([*refused("2026-06-21"), *refused("2026-06-24")], before)
    assert (one.id, one.first_seen_at.date()) == ("apple-cs02-20260624", dt.date(2026, 6, 21))


def test_an_incident_of_another_sign_lends_no_name() -> None:
    before = known(("apple-hm08-20260620", "apple", "HM08", "2026-06-20", "2026-06-24"))
    assert ids(refused("2026-06-24"), before) == ["apple-cs02-20260624"]


REFUSALS = told(refused("2026-04-01"))
RULES = Policy()


def on_days(days: list[int]) -> pl.DataFrame:
    """The same refusals on each of these days of the spring."""
    each = [REFUSALS.with_columns(pl.col("occurred_at") + pl.duration(days=day)) for day in days]
    return pl.concat([REFUSALS.clear(), *each])


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(0, 60))
def test_a_name_once_given_stays_as_nights_go_by(days: list[int], night: int) -> None:
    first = with_ids(on_days([day for day in days if day <= night]), NOBODY, RULES)
    told_before = first.group_by("id", "mailbox_provider", "token").agg(
        first_seen_at=pl.col("began_at").min(), last_seen_at=pl.col("occurred_at").max(), share=pl.lit(None, pl.Float64)
    )
    later = with_ids(on_days(days), told_before.select(NOBODY.columns), RULES)
    assert set(first["id"]) <= set(later["id"])


def share(*happened: dict[str, Any]) -> dict[str, float]:
    """Shares by incident, where everybody of the events is on a list."""
    every = events(*happened)
    named = with_ids(told([*happened]), NOBODY, RULES)
    delivered = activity(every).lazy().filter(pl.col("activity") == Activity.DELIVERED)
    return shares(named, delivered, readers(every), DNS_ANSWERS.empty())


def passed(people: int, domain: str, day: str) -> list[dict[str, Any]]:
    return [event("delivered", f"other{n}@{domain}", day) for n in range(people)]


def test_its_share_is_of_the_providers_mail_while_it_lasted() -> None:
    others = [
        *passed(36, "me.com", "2026-06-24T09:00"),
        *passed(100, "me.com", "2026-06-01"),
        *passed(9, "gmail.com", "2026-06-24"),
    ]
    assert share(*refused("2026-06-24T06:00"), *others) == {"apple-cs02-20260624": 0.25}


def test_the_share_of_a_firm_and_of_many_are_of_their_own_mail() -> None:
    spamhaus = "554 5.7.1 Service unavailable; client [192.0.2.25] blocked using zen.spamhaus.org"
    firm = refused("2026-06-24", 10, "550 5.7.1 Message refused by our reputation filter", "firm.example")
    many = refused("2026-06-24", 20, spamhaus, "shop.example")
    arrived = [
        *passed(10, "firm.example", "2026-06-24"),
        *passed(70, "third.example", "2026-06-24"),
        *passed(9, "me.com", "2026-06-24"),
    ]
    assert share(*firm, *many, *arrived) == {
        "firm.example-5.7.1-20260624": 0.5, "other-spamhaus-20260624": 0.2,
    }  # fmt: skip


def test_without_any_delivery_known_there_is_no_share() -> None:
    assert share(*refused("2026-06-24")) == {}
    (one,) = found(refused("2026-06-24"))
    assert one.share is None


def test_between_two_nights_the_share_is_as_the_last_one_found_it() -> None:
    before = known(("apple-cs02-20260624", "apple", "CS02", "2026-06-24", "2026-06-24"), share=0.95)
    (one,) = found(refused("2026-06-24"), before)
    assert one.share == 0.95


@pytest.mark.parametrize(
    ("counts", "trend"),
    [([5], "one day"), ([5, 5], "steady"), ([5, 5, 9], "rising"), ([100, 60, 20], "falling"), ([4, 5, 6], "steady")],
)
def test_the_trend_holds_the_second_half_against_the_first(counts: list[int], trend: str) -> None:
    days = [{"day": dt.date(2026, 6, number + 1), "messages": count} for number, count in enumerate(counts)]
    assert incident(days=days).trend == trend


def test_replies_after_it_was_closed_open_an_incident_again() -> None:
    noon = dt.datetime(2026, 6, 24, 12, tzinfo=dt.UTC)
    closed = Closing(noon, "ann", "Apple lifted the block")
    assert incident(closing=closed).state == "closed"
    again = incident(closing=closed, last_seen_at=noon + dt.timedelta(hours=1))
    assert (again.state, again.is_open) == ("reopened", True)


def test_replies_that_differ_by_an_id_alone_are_one_sample_and_counted_together() -> None:
    ids = [
        row
        for n in range(12)
        for row in refused("2026-06-24", 1, f"{CS02} queue id 4f{n}c01a{n}7336d9443", f"d{n}.icloud.com")
    ]
    same = [row | {"address_key": f"r{n}@icloud.com"} for n, row in enumerate(ids)]
    (one,) = found(same)
    assert [reply["messages"] for reply in one.replies] == [12]
    assert "queue id 4f" in one.replies[0]["reply"]


def test_at_most_five_replies_are_shown_the_most_frequent_first() -> None:
    many = [
        row for n in range(8) for row in refused("2026-06-24", 10 + n, f"554 5.7.1 [CS02] Rejected {'very ' * n}badly.")
    ]
    (one,) = found(many)
    assert len(one.replies) == 5
    assert one.replies[0]["reply"].count("very") == 7

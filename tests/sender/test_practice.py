"""What the history tells of how a provider was mailed before an incident began."""

import datetime as dt
from typing import Any

from hygiene.classify.bounces import with_bounce_meaning
from hygiene.normalize.activity import activity, is_activity
from hygiene.policy.policy import Policy
from hygiene.sender.practice import Practice, practice
from tests.builders import event, events

BEGAN = dt.datetime(2026, 6, 24, tzinfo=dt.UTC)


def told(*happened: dict[str, Any]) -> Practice:
    every = events(*happened)
    bad = with_bounce_meaning(every.lazy().filter(~is_activity()))
    return practice(activity(every).lazy(), bad, Policy(), BEGAN)


def weekly(address: str) -> list[dict[str, Any]]:
    return [event("delivered", address, f"2026-{month:02}-10") for month in range(1, 7)]


def test_messages_and_people_of_the_last_90_days_are_counted() -> None:
    found = told(*weekly("ann@icloud.com"), *weekly("bob@icloud.com"))
    assert (found.delivered, found.recipients) == (6, 2)


def test_hard_bounces_and_complaints_count_people_and_messages() -> None:
    gone = event("bounced", "carl@icloud.com", "2026-06-10", diagnostic="550 5.1.1 user unknown")
    complaint = event("complained", "ann@icloud.com", "2026-06-11")
    found = told(*weekly("ann@icloud.com"), gone, complaint)
    assert (found.hard_bounced, found.complaints) == (1, 1)


def test_a_refusal_of_the_sender_is_no_hard_bounce() -> None:
    refusal = event("bounced", "ann@icloud.com", "2026-06-10", diagnostic="554 5.7.1 [CS02] local policy")
    assert told(refusal).hard_bounced == 0


def test_idle_is_who_was_mailed_for_as_long_and_did_nothing() -> None:
    reads = event("clicked", "ann@icloud.com", "2026-05-01")
    once = event("opened", "bob@icloud.com", "2026-02-01")
    machine = event("opened", "carl@icloud.com", "2026-06-01", is_machine=True)
    new = event("delivered", "dora@icloud.com", "2026-06-10")
    people = [row for name in ("ann", "bob", "carl") for row in weekly(f"{name}@icloud.com")]
    long_ago = event("delivered", "carl@icloud.com", "2025-11-01")
    found = told(*people, reads, once, machine, new, long_ago)
    assert (found.recipients, found.idle_90, found.idle_180) == (4, 2, 1)


def test_what_came_after_the_incident_began_does_not_count() -> None:
    assert told(event("delivered", "ann@icloud.com", "2026-06-25")) == Practice(0, 0, 0, 0, 0, 0, 0)


def test_a_delivery_that_two_files_tell_of_is_one() -> None:
    assert told(*weekly("ann@icloud.com"), *weekly("ann@icloud.com")).delivered == 3

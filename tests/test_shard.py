"""From subscribers and events to decisions: who is kept, who is not, and for which rule."""

from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from hygiene.classify.domain_facts import domain_facts
from hygiene.classify.negatives import NEGATIVE, STATED
from hygiene.decide.verdict import bit
from hygiene.model.tables import DNS_ANSWERS, IN_FORCE
from hygiene.normalize.activity import activity
from hygiene.policy.policy import Policy
from hygiene.shard import Shard, clean_shard
from tests.builders import AS_OF, bounced, event, events, lifts, meaning, rows, subscriber, subscribers

ANN = "ann@example.org"


def decisions(
    people: list[dict[str, Any]],
    happened: list[dict[str, Any]] | None = None,
    policy: Policy | None = None,
    **known: Any,
) -> pl.DataFrame:
    history = events(*(happened or []))
    on_lists = subscribers(*people).lazy()
    shard = Shard(
        on_lists,
        activity(history).lazy(),
        history.filter(pl.col("kind").is_in(STATED)).lazy(),
        meaning(history.filter(pl.col("kind").is_in(NEGATIVE))).lazy(),
        domain_facts(on_lists, known.get("answers", DNS_ANSWERS.empty()).lazy()),
        known.get("in_force", IN_FORCE.empty()).lazy(),
        known.get("lifts", lifts()).lazy(),
    )
    return clean_shard(shard, policy or Policy(), AS_OF).collect().sort("list", "row")


def rule_of(
    people: list[dict[str, Any]], happened: list[dict[str, Any]] | None = None, **known: Any
) -> list[str | None]:
    return decisions(people, happened, **known)["rule"].cast(pl.String).to_list()


def weekly(kind: str, address: str, weeks: int = 52, **cells: Any) -> list[dict[str, Any]]:
    mondays = pl.date_range(pl.date(2025, 7, 7), pl.date(2026, 6, 29), "1w", eager=True).to_list()[-weeks:]
    return [event(kind, address, f"{day}T08:00", **cells) for day in mondays]


def test_somebody_nobody_knows_is_kept() -> None:
    assert rule_of([subscriber(ANN)]) == [None]


def test_a_hard_bounce_suppresses_and_tells_its_reply_and_line() -> None:
    reply = "550 5.1.1 no such user"
    found = decisions([subscriber(ANN)], [bounced(ANN, "2026-06-01", diagnostic=reply, source="june.csv", line=7)])
    assert found.select("rule", "hard_reply", "hard_source", "hard_line").row(0) == ("BNC201", reply, "june.csv", 7)


def test_a_delivery_after_a_hard_bounce_clears_it() -> None:
    assert rule_of([subscriber(ANN)], [bounced(ANN, "2026-06-01"), event("delivered", ANN, "2026-06-08")]) == [None]


def test_a_delivery_before_a_hard_bounce_does_not() -> None:
    assert rule_of([subscriber(ANN)], [event("delivered", ANN, "2026-05-25"), bounced(ANN, "2026-06-01")]) == ["BNC201"]


def test_a_block_of_the_sender_suppresses_nobody_however_often() -> None:
    blocks = [bounced(ANN, f"2026-06-{day:02}", "policy_block") for day in range(1, 29)]
    assert rule_of([subscriber(ANN)], blocks) == [None]


def test_a_transient_reply_never_suppresses() -> None:
    greylisted = [bounced(ANN, f"2026-06-{day:02}", reply_code="450") for day in range(1, 29)]
    assert rule_of([subscriber(ANN)], greylisted) == [None]


def test_an_event_after_as_of_is_not_yet_known() -> None:
    assert rule_of([subscriber(ANN)], [bounced(ANN, "2026-07-02")]) == [None]


def test_five_soft_failures_over_two_weeks_are_a_streak() -> None:
    failures = [bounced(ANN, f"2026-06-{day:02}", "inactive_mailbox") for day in (1, 4, 8, 11, 15)]
    assert rule_of([subscriber(ANN)], failures) == ["SFT601"]


def test_two_failures_in_one_day_are_one_strike() -> None:
    failures = [
        bounced(ANN, f"2026-06-{day:02}T{hour}:00", "inactive_mailbox") for day in (1, 8, 15) for hour in (10, 20)
    ]
    assert decisions([subscriber(ANN)], failures)["soft_strikes"].item() == 3


def test_a_delivery_resets_a_soft_streak() -> None:
    failures = [bounced(ANN, f"2026-06-{day:02}", "inactive_mailbox") for day in (1, 4, 8, 11, 15)]
    assert rule_of([subscriber(ANN)], [*failures, event("delivered", ANN, "2026-06-09")]) == [None]


def test_a_full_mailbox_takes_three_strikes() -> None:
    failures = [bounced(ANN, f"2026-06-{day:02}", "mailbox_full") for day in (1, 8, 15)]
    assert rule_of([subscriber(ANN)], failures) == ["SFT602"]


def test_a_silent_reader_of_a_year_is_sunset() -> None:
    assert rule_of([subscriber(ANN)], weekly("delivered", ANN)) == ["ENG701"]


def test_mail_that_was_blocked_is_no_exposure() -> None:
    blocked = weekly("bounced", ANN, esp_type="policy_block", reply_code="554")
    assert decisions([subscriber(ANN)], blocked)["deliveries"].to_list() == [None]


def test_machine_opens_shield_a_silent_reader_for_review() -> None:
    opens = weekly("opened", ANN, 10, is_machine=True)
    assert rule_of([subscriber(ANN)], [*weekly("delivered", ANN), *opens]) == ["ENG711"]


def test_an_open_of_unknown_making_counts_as_a_person() -> None:
    assert rule_of([subscriber(ANN)], [*weekly("delivered", ANN), event("opened", ANN, "2026-06-20")]) == [None]


def test_a_complaint_of_an_alias_suppresses_the_whole_mailbox() -> None:
    people = [subscriber("ann.lee@gmail.com"), subscriber("annlee+news@gmail.com"), subscriber("ann.lee@example.org")]
    assert rule_of(people, [event("complained", "annlee@gmail.com", "2026-06-01")]) == ["CMP101", "CMP101", None]


def test_a_hard_bounce_tells_of_the_mailbox_only_where_aliases_are_one_login() -> None:
    people = [subscriber("ann.lee@gmail.com"), subscriber("ann@outlook.com")]
    gone = [bounced("annlee@gmail.com", "2026-06-01"), bounced("ann+news@outlook.com", "2026-06-01")]
    assert rule_of(people, gone) == ["BNC201", None]


def test_a_re_opt_in_takes_an_unsubscription_back_but_not_a_complaint() -> None:
    people = [subscriber(ANN), subscriber("bob@example.org")]
    happened = [
        event("unsubscribed", ANN, "2026-05-01"),
        event("resubscribed", ANN, "2026-06-01"),
        event("complained", "bob@example.org", "2026-05-01"),
        event("resubscribed", "bob@example.org", "2026-06-01"),
    ]
    assert rule_of(people, happened) == [None, "CMP101"]


def test_what_a_person_lifted_does_not_count_again() -> None:
    lifted = {"scope": "address", "key": ANN, "rule": "BNC201", "lifted_at": "2026-06-15", "is_lapse": False}
    assert rule_of([subscriber(ANN)], [bounced(ANN, "2026-06-01")], lifts=lifts(lifted)) == [None]
    assert rule_of([subscriber(ANN)], [bounced(ANN, "2026-06-20")], lifts=lifts(lifted)) == ["BNC201"]


def test_a_lift_of_a_bounce_says_nothing_of_a_complaint() -> None:
    lifted = {"scope": "address", "key": ANN, "rule": "BNC201", "lifted_at": "2026-06-15", "is_lapse": False}
    assert rule_of([subscriber(ANN)], [event("complained", ANN, "2026-06-01")], lifts=lifts(lifted)) == ["CMP101"]


def test_a_suppression_outlives_its_events() -> None:
    in_force = rows(
        IN_FORCE,
        {"scope": "mailbox", "key": ANN, "in_force": bit("CMP101"), "imported": 0, "suppressed_at": "2024-01-01"},
    )
    assert rule_of([subscriber(ANN)], in_force=in_force) == ["CMP101"]


def test_the_first_of_two_rows_of_one_recipient_stands_for_both() -> None:
    found = decisions([subscriber(ANN), subscriber("Ann@Example.org")])
    assert found.select("rule", "duplicate_of").rows() == [(None, None), ("DUP901", 0)]


def test_rows_of_two_lists_are_no_duplicates_unless_the_policy_says_so() -> None:
    people = [subscriber(ANN), subscriber(ANN, list="customers")]
    assert rule_of(people) == [None, None]
    assert rule_of(people, policy=Policy(duplicate_scope="job")) == [None, "DUP901"]


def test_the_alias_that_a_person_reads_stands_for_the_mailbox_where_the_policy_says_so() -> None:
    people = [subscriber("ann.lee@gmail.com"), subscriber("annlee@gmail.com")]
    policy = Policy(duplicate_by="mailbox", duplicate_winner="most_engaged")
    assert rule_of(people, [event("clicked", "annlee@gmail.com", "2026-06-01")], policy=policy) == ["DUP901", None]


def test_a_suppressed_row_does_not_stand_for_a_living_one() -> None:
    people = [subscriber("ann+dead@outlook.com"), subscriber("ann@outlook.com")]
    policy = Policy(duplicate_by="mailbox")
    assert rule_of(people, [bounced("ann+dead@outlook.com", "2026-06-01")], policy=policy) == ["BNC201", None]


def test_events_read_twice_and_out_of_order_change_nothing() -> None:
    people = [subscriber(ANN), subscriber("bob@example.org")]
    once = [*weekly("delivered", ANN), *weekly("delivered", "bob@example.org"), bounced(ANN, "2026-06-30")]
    assert_frame_equal(decisions(people, once), decisions(people, [*reversed(once), *once]))


def verified(occurred_at: str, verifier: str, says: str, **cells: Any) -> dict[str, Any]:
    return event("verified", ANN, occurred_at, provider=verifier, esp_type=says, **cells)


def test_a_verifiers_verdict_is_reviewed_with_its_source_and_never_suppresses() -> None:
    said = verified("2026-06-01", "neverbounce", "invalid", source="june.csv", line=4)
    again = verified("2026-06-02", "kickbox", "Undeliverable/rejected_email", source="kick.csv", line=9)
    found = decisions([subscriber(ANN)], [said, again])
    told = ("review", "RSK811", "kickbox", "Undeliverable/rejected_email", "kick.csv", 9)
    assert (
        found.select("verdict", "rule", "verifier", "verifier_says", "verifier_source", "verifier_line").row(0) == told
    )


def test_verifiers_who_disagree_are_not_believed() -> None:
    against, for_her = (
        verified("2026-06-01", "neverbounce", "invalid"),
        verified("2026-06-01", "emailable", "deliverable"),
    )
    assert rule_of([subscriber(ANN)], [against, for_her]) == [None]
    assert rule_of([subscriber(ANN)], [verified("2026-05-01", "emailable", "deliverable"), against]) == ["RSK811"]


def test_a_verifier_who_does_not_know_says_nothing() -> None:
    for says in ("catchall", "risky/low_quality", "do_not_mail/role_based", "unknown", "spamtrap"):
        assert rule_of([subscriber(ANN)], [verified("2026-06-01", "some", says)]) == [None], says
    unsure = [verified("2026-06-01", "neverbounce", "invalid"), verified("2026-06-02", "neverbounce", "unknown")]
    assert rule_of([subscriber(ANN)], unsure) == ["RSK811"]


def test_a_verdict_about_one_alias_says_nothing_of_another() -> None:
    said = event("verified", "ann+old@example.org", "2026-06-01", provider="neverbounce", esp_type="invalid")
    assert rule_of([subscriber(ANN)], [said]) == [None]

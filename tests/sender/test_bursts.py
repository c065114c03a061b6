"""A sudden jump of hard bounces at one place is doubted; the usual dead, and a larger mailing, are not."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from hygiene.classify.bounce_explain import explained
from hygiene.classify.bounce_rules import bounce_rules
from hygiene.classify.bounces import ACCESS_DENIED, bounce_action, with_bounce_meaning
from hygiene.classify.negatives import NEGATIVE
from hygiene.model.tables import DNS_ANSWERS, EVENTS, INSTANT
from hygiene.normalize.activity import activity
from hygiene.policy.policy import Policy
from hygiene.sender.bursts import doubts, readers, with_doubts
from tests.builders import rows

NO_DNS = DNS_ANSWERS.empty()
UNKNOWN = "550 5.1.1 user unknown"
DENIED = "550 5.4.1 Recipient address rejected: Access denied. [AM5EUR.prod.protection.outlook.com]"


def happened(kind: str, domain: str, day: str, count: int, **cells: Any) -> pl.DataFrame:
    """So many people of a domain, each with one event on that day."""
    start = cells.pop("start", 0)
    address = pl.format("reader{}@{}", pl.int_range(start, start + count), pl.lit(domain))
    at = pl.lit(dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)).cast(INSTANT)
    keys = [address.alias(name) for name in ("address", "address_key", "mailbox_key")]
    reply, source = pl.lit(cells.get("reply"), pl.String), pl.lit("events.csv")
    return EVENTS.fill(pl.select(*keys, occurred_at=at, kind=pl.lit(kind), diagnostic=reply, source=source))


def delivered(domain: str, day: str, count: int, **cells: Any) -> pl.DataFrame:
    return happened("delivered", domain, day, count, **cells)


def bounced(domain: str, day: str, count: int, reply: str = UNKNOWN, **cells: Any) -> pl.DataFrame:
    return happened("bounced", domain, day, count, reply=reply, **cells)


def judged(*frames: pl.DataFrame, policy: Policy | None = None, answers: pl.DataFrame = NO_DNS) -> pl.DataFrame:
    """Bounces with their action and burst."""
    rules, events = policy or Policy(), pl.concat(frames)
    meant = with_bounce_meaning(events.lazy().filter(pl.col("kind").is_in(NEGATIVE)))
    found = doubts(meant, activity(events).lazy(), readers(events), answers, rules)
    return with_doubts(meant, found, rules).with_columns(action=bounce_action(rules)).collect()


def in_bursts(*frames: pl.DataFrame, policy: Policy | None = None) -> int:
    """How many hard bounces fell in a burst."""
    return judged(*frames, policy=policy)["burst"].drop_nulls().len()


QUIET = [delivered("gmail.com", f"2026-05-{day:02}", 1000) for day in range(1, 29)]
USUAL = [bounced("gmail.com", f"2026-05-{day:02}", 2, start=5000 + day * 2) for day in range(1, 29)]


def test_a_jump_at_a_provider_is_a_burst_and_tells_its_numbers() -> None:
    found = judged(*QUIET, *USUAL, delivered("gmail.com", "2026-06-01", 900), bounced("gmail.com", "2026-06-01", 100))
    told = found.filter(pl.col("burst").is_not_null())
    assert told.height == 100
    assert told["burst"][0] == "google: 100 hard bounces on 2026-06-01, 2 were usual"


def test_a_jump_at_one_domain_of_no_known_provider_is_one_too() -> None:
    quiet = [delivered("firm.example", f"2026-05-{day:02}", 60) for day in (1, 8, 15)]
    assert in_bursts(*quiet, bounced("firm.example", "2026-05-22", 40)) == 40


@pytest.mark.parametrize(("count", "expected"), [(25, 0), (26, 26)])
def test_a_burst_has_more_than_the_least_number(count: int, expected: int) -> None:
    assert in_bursts(*QUIET, bounced("gmail.com", "2026-06-01", count), delivered("gmail.com", "2026-06-01", 900)) == (
        expected
    )


@pytest.mark.parametrize(("count", "expected"), [(50, 0), (52, 52)])
def test_a_burst_is_more_than_so_many_times_the_usual(count: int, expected: int) -> None:
    usual = [bounced("gmail.com", f"2026-05-{day:02}", 10, start=5000 + day * 10) for day in range(1, 29)]
    today = delivered("gmail.com", "2026-06-01", 1010 - count)
    assert in_bursts(*QUIET, *usual, bounced("gmail.com", "2026-06-01", count), today) == expected


def test_a_mailing_ten_times_as_large_with_ten_times_the_dead_is_no_burst() -> None:
    large = [delivered("gmail.com", "2026-06-01", 5000), bounced("gmail.com", "2026-06-01", 30)]
    usual = [bounced("gmail.com", f"2026-05-{day:02}", 3, start=5000 + day * 3) for day in range(1, 29)]
    quiet = [delivered("gmail.com", f"2026-05-{day:02}", 500) for day in range(1, 29)]
    assert in_bursts(*quiet, *usual, *large) == 0


def test_an_old_list_with_a_year_of_history_has_no_burst() -> None:
    weeks = pl.date_range(pl.date(2025, 7, 1), pl.date(2026, 6, 23), "1w", eager=True)
    mail = [delivered("gmail.com", str(day), 2000) for day in weeks]
    dead = [bounced("gmail.com", str(day), 60, start=10_000 + 60 * n) for n, day in enumerate(weeks)]
    first = [bounced("gmail.com", str(weeks[0]), 400, start=50_000)]
    assert in_bursts(*mail, *dead, *first) == 0


def test_a_place_without_a_past_is_not_judged() -> None:
    assert in_bursts(delivered("gmail.com", "2026-06-01", 900), bounced("gmail.com", "2026-06-01", 100)) == 0


def test_a_few_test_messages_are_no_past() -> None:
    seeds = delivered("gmail.com", "2026-05-31", 10)
    assert in_bursts(seeds, delivered("gmail.com", "2026-06-01", 900), bounced("gmail.com", "2026-06-01", 100)) == 0


def test_a_history_that_knows_bounces_only_is_judged_by_their_number() -> None:
    assert in_bursts(*USUAL, bounced("gmail.com", "2026-06-01", 100)) == 100


def test_firms_whose_mail_one_provider_takes_are_one_place() -> None:
    firms = [f"firm{n}.example" for n in range(15)]
    cells = {"mx_status": "mx", "targets": "1 aspmx.l.google.com.", "observed_at": "2026-06-01"}
    answers = rows(DNS_ANSWERS, *({"domain": firm, **cells} for firm in firms))
    mail = [delivered(firm, f"2026-05-{day:02}", 5) for firm in firms for day in (1, 8, 15)]
    gone = [bounced(firm, "2026-05-22", 2) for firm in firms]
    found = judged(*mail, *gone, answers=answers)
    assert found["burst"].unique().to_list() == ["google: 30 hard bounces on 2026-05-22, 0 were usual"]
    assert judged(*mail, *gone)["burst"].drop_nulls().is_empty()


def test_a_burst_elsewhere_does_not_touch_the_others() -> None:
    elsewhere = [delivered("firm.example", "2026-05-01", 60), bounced("firm.example", "2026-05-22", 40)]
    found = judged(*QUIET, *USUAL, *elsewhere)
    assert found.filter(pl.col("address_key").str.ends_with("@gmail.com"))["burst"].drop_nulls().is_empty()


def test_a_block_of_the_sender_is_no_burst_of_hard_bounces() -> None:
    blocked = bounced("gmail.com", "2026-06-01", 500, "550 5.7.1 likely unsolicited mail")
    assert in_bursts(*QUIET, blocked, delivered("gmail.com", "2026-06-01", 500)) == 0


def denied_actions(*frames: pl.DataFrame, policy: Policy | None = None) -> list[str]:
    return judged(*frames, policy=policy)["action"].unique().to_list()


def test_access_denied_is_hard_where_the_domain_took_mail_for_others() -> None:
    others = delivered("firm.example", "2026-05-28", 3, start=100)
    assert denied_actions(others, bounced("firm.example", "2026-06-01", 2, DENIED)) == ["suppress"]


def test_access_denied_to_all_counts_for_nobody() -> None:
    assert denied_actions(bounced("firm.example", "2026-06-01", 2, DENIED)) == ["none"]


def test_access_denied_after_their_own_deliveries_alone_counts_for_nobody() -> None:
    own = delivered("firm.example", "2026-05-28", 2)
    assert denied_actions(own, bounced("firm.example", "2026-06-01", 2, DENIED)) == ["none"]


def test_mail_taken_long_before_proves_nothing_of_access_denied() -> None:
    others = delivered("firm.example", "2026-05-01", 3, start=100)
    assert denied_actions(others, bounced("firm.example", "2026-06-01", 2, DENIED)) == ["none"]
    wide = Policy(access_denied_days=40)
    assert denied_actions(others, bounced("firm.example", "2026-06-01", 2, DENIED), policy=wide) == ["suppress"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-06-02", "none"),
        ("2026-06-03", "suppress"),
        ("2026-06-10", "suppress"),
        ("2026-06-17", "suppress"),
        ("2026-06-18", "none"),
    ],
)
def test_mail_taken_seven_days_before_or_after_proves_a_denial(day: str, expected: str) -> None:
    others = delivered("firm.example", day, 3, start=100)
    elsewhere = delivered("shop.example", "2026-06-10", 3, start=200)
    denials = [bounced(domain, "2026-06-10", 2, DENIED) for domain in ("firm.example", "other.example")]
    found = judged(others, elsewhere, *denials)
    by_domain = found.group_by(domain=pl.col("address").str.extract("@(.*)$")).agg(pl.col("action").unique())
    assert dict(by_domain.rows()) == {"firm.example": [expected], "other.example": ["none"]}


def test_an_unknown_user_needs_no_other_recipient() -> None:
    assert denied_actions(bounced("firm.example", "2026-06-01", 2)) == ["suppress"]


def test_what_explains_a_denial_says_when_it_counts() -> None:
    assert "accepted mail for others" in explained(DENIED, "firm.example", Policy())["counts"]
    assert explained(UNKNOWN, "firm.example", Policy())["counts"].startswith("counted as a hard bounce: ")


def test_the_bounce_rule_of_a_denial_is_there() -> None:
    assert ACCESS_DENIED in {rule.id for rule in bounce_rules()}

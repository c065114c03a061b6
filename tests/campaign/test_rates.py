"""How often mail bounced hard: apart for first mailings and later ones, by days, in the last year."""

from typing import Any

import polars as pl

from hygiene.campaign.rates import BounceRate, bounce_rates
from hygiene.classify.bounces import bounce_action
from hygiene.normalize.activity import activity
from hygiene.policy.policy import Policy
from tests.builders import AS_OF, bounced, event, events, meaning

ANN, BOB = "ann@example.org", "bob@example.org"


def rates(*happened: dict[str, Any]) -> tuple[tuple[int, int], tuple[int, int]]:
    """(bounced, mailed) of first and of later mailings."""
    history = events(*happened)
    negatives = meaning(history.filter(pl.col("kind") == "bounced")).with_columns(action=bounce_action(Policy()))
    first, later = bounce_rates(activity(history).lazy(), negatives.lazy(), AS_OF)
    return (first.bounced, first.mailed), (later.bounced, later.mailed)


def test_the_first_mailing_is_counted_apart() -> None:
    assert rates(event("delivered", ANN, "2026-05-01"), bounced(ANN, "2026-06-01"), bounced(BOB, "2026-06-01")) == (
        (1, 2), (1, 1),
    )  # fmt: skip


def test_a_day_counts_once_and_a_bounce_on_it_counts() -> None:
    assert rates(event("delivered", ANN, "2026-05-01T08:00"), bounced(ANN, "2026-05-01T09:00")) == ((1, 1), (0, 0))


def test_refusals_and_soft_failures_are_no_mailing() -> None:
    refused = bounced(ANN, "2026-05-01", "policy_block")
    assert rates(refused, bounced(BOB, "2026-05-01", "mailbox_full")) == ((0, 0), (0, 0))


def test_mail_of_more_than_a_year_ago_or_after_the_instant_does_not_count() -> None:
    assert rates(event("delivered", ANN, "2025-06-01"), event("delivered", BOB, "2026-07-02")) == ((0, 0), (0, 0))


def test_without_any_mailing_the_share_is_nothing() -> None:
    assert BounceRate(0, 0).share == 0.0
    assert BounceRate(1, 4).share == 0.25

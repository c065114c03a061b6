"""Another system's list adds what we do not know, never weakens, and never brings back what was lifted."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from hygiene.decide.in_force import in_force as folded
from hygiene.ledger.imports import import_entries
from hygiene.ledger.store import complete
from hygiene.model.tables import IMPORTS, LEDGER
from hygiene.policy.policy import Policy
from tests.builders import AS_OF, rows
from tests.ledger.entries import in_force, lifts

ANN = "ann@a.org"
JUNE, MAY = dt.datetime(2026, 6, 1, tzinfo=dt.UTC), dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def listed(family: str | None = "hard_bounce", address: str = ANN, **cells: Any) -> dict[str, Any]:
    keys = {"address": address, "address_key": address, "mailbox_key": address}
    return {**keys, "family": family, "source": "esp.csv", "line": 2, **cells}


def imported(
    *records: dict[str, Any], state: pl.DataFrame | None = None, lifted: pl.DataFrame | None = None
) -> pl.DataFrame:
    known = in_force() if state is None else state
    return import_entries(rows(IMPORTS, *records), known, lifts() if lifted is None else lifted, "esp", Policy(), AS_OF)


@pytest.mark.parametrize(
    ("family", "rule", "scope"),
    [
        ("complaint", "CMP101", "mailbox"),
        ("unsubscribe", "UNS111", "mailbox"),
        ("hard_bounce", "BNC201", "address"),
        ("soft_bounce", "SFT601", "address"),
        ("dead_domain", "DOM303", "address"),
        ("unengaged", "ENG701", "mailbox"),
        ("manual", "MAN002", "mailbox"),
        ("unknown", "MAN002", "mailbox"),
        (None, "MAN002", "mailbox"),
    ],
)
def test_the_family_says_the_rule(family: str | None, rule: str, scope: str) -> None:
    assert imported(listed(family)).select("rule", "scope", "key").rows() == [(rule, scope, ANN)]


def test_a_role_address_on_their_list_is_left_to_our_own_rules() -> None:
    assert imported(listed("role")).is_empty()


@pytest.mark.parametrize(
    ("family", "standing", "enters"),
    [
        ("complaint", "CMP101", False),
        ("complaint", "UNS111", True),
        ("complaint", "MAN002", True),
        ("unsubscribe", "CMP101", False),
        ("unsubscribe", "UNS111", False),
        ("unsubscribe", "BNC201", True),
        ("unsubscribe", "ENG701", True),
        ("hard_bounce", "UNS111", False),
        ("hard_bounce", "ENG701", False),
        ("soft_bounce", "BNC201", False),
        ("manual", "SFT601", False),
        ("complaint", "MAN001", False),
        ("hard_bounce", "MAN001", False),
    ],
)
def test_only_the_recipients_voice_is_added_to_what_is_in_force(family: str, standing: str, enters: bool) -> None:
    assert imported(listed(family), state=in_force((ANN, standing))).height == enters


@pytest.mark.parametrize(
    ("family", "suppressed_at", "lifted_rule", "enters"),
    [
        ("unsubscribe", None, "UNS111", False),
        ("unsubscribe", "2026-05-01", "UNS111", False),
        ("unsubscribe", "2026-06-02", "UNS111", True),
        ("unsubscribe", "2026-05-01", "*", False),
        ("unsubscribe", "2026-05-01", "SFT601", True),
        ("complaint", None, "UNS111", True),
        ("hard_bounce", None, "ENG701", False),
        ("hard_bounce", "2026-06-02", "ENG701", True),
    ],
)
def test_a_listing_older_than_a_lift_stays_out(
    family: str, suppressed_at: str | None, lifted_rule: str, enters: bool
) -> None:
    record = listed(family, suppressed_at=suppressed_at)
    assert imported(record, lifted=lifts((ANN, lifted_rule, JUNE))).height == enters


def test_the_second_import_adds_nothing() -> None:
    first = imported(listed("complaint"), listed("hard_bounce", "bob@a.org"))
    state = folded(complete(first).with_columns(seq=pl.Series([1, 2])).lazy(), LEDGER.empty().lazy(), AS_OF).collect()
    assert (first.height, imported(listed("complaint"), listed("hard_bounce", "bob@a.org"), state=state).height) == (
        2,
        0,
    )


def test_the_strongest_of_several_reasons_is_entered() -> None:
    assert imported(listed("soft_bounce"), listed("complaint"), listed("hard_bounce"))["rule"].to_list() == ["CMP101"]


def test_a_soft_bounce_rests_from_the_day_it_was_listed() -> None:
    assert imported(listed("soft_bounce", suppressed_at=JUNE))["expires_at"].to_list() == [JUNE + dt.timedelta(days=90)]


def test_a_soft_bounce_whose_rest_is_over_is_not_entered() -> None:
    assert imported(listed("soft_bounce", suppressed_at=AS_OF - dt.timedelta(days=91))).is_empty()


def test_the_entry_tells_where_it_came_from() -> None:
    entry = imported(listed(reason="550 no such user", suppressed_at=MAY)).row(0, named=True)
    proof = json.loads(entry["evidence"])
    assert (proof["source"], proof["line"], entry["reason"], entry["actor"]) == (
        "esp.csv",
        2,
        "550 no such user",
        "esp",
    )

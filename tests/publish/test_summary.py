"""The page for people: who refused us first, what is held and why, and whether a reader paid for it."""

from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from hygiene.config import SenderSettings
from hygiene.night import Night
from hygiene.outputs import bursts_told, incidents_told
from hygiene.publish.summary import as_text
from hygiene.sender.refusals import line_id
from hygiene.sender.told import as_dict
from tests.sender.builders import incident

DECIDED = pl.LazyFrame(
    {
        "rule": ["BNC201", "SFT601", "BNC212", "BNC212", "CMP101"],
        "hard_source": ["a.csv", None, "a.csv", "a.csv", "a.csv"],
        "hard_line": [3, None, 4, 5, 3],
        "soft_source": [None, "b.csv", None, None, None],
        "soft_line": [None, 9, None, None, None],
        "hard_burst": [None, None, "google: 60", "google: 60", None],
    },
    schema_overrides={"hard_line": pl.UInt32, "soft_line": pl.UInt32},
)


def night(*lines: tuple[str, int]) -> Night:
    """What the summary asks of a night in which these lines of event files were refusals."""
    schema = {"source": pl.String, "line": pl.UInt32}
    found = pl.DataFrame(lines, schema=schema, orient="row").select(
        id=pl.lit("apple-cs02-20260624"), line_id=line_id("source", "line")
    )
    watched = SimpleNamespace(refused=found, incidents=[incident()])
    loaded = SimpleNamespace(job=SimpleNamespace(sender=SenderSettings()))
    return cast(Night, SimpleNamespace(told=DECIDED, watched=watched, loaded=loaded))


@pytest.mark.parametrize(
    ("lines", "suppressed"),
    [([("a.csv", 3)], 1), ([("a.csv", 3), ("b.csv", 9)], 2), ([("a.csv", 4)], 0), ([("b.csv", 3)], 0)],
)
def test_a_suppression_by_the_line_of_a_refusal_would_be_told(lines: list[tuple[str, int]], suppressed: int) -> None:
    assert incidents_told(night(*lines))[0]["suppressed_for_it"] == suppressed


def test_rows_held_in_a_burst_are_counted_by_burst() -> None:
    assert bursts_told(night()) == [{"burst": "google: 60", "rows": 2}]


def page(**cells: Any) -> list[str]:
    """The lines of a summary of nothing but that."""
    lists = [{"list": "letter", "rows": 0}]
    base: dict[str, Any] = {
        "job": "nightly",
        "as_of": "now",
        "run_id": "1",
        "status": "published",
        "incidents": [],
        "bursts": [],
    }
    base |= {"held_because": [], "lists": lists, "rules": [], "unknown": {}, "notes": []}
    base["changes"] = {"since": None, "suppressed": 0, "lifted": 0, "in_force": 0}
    return as_text(base | cells).splitlines()


def told(**cells: Any) -> dict[str, Any]:
    return {**as_dict(incident(), SenderSettings()), "suppressed_for_it": 0, **cells}


def test_a_quiet_night_begins_with_the_counts() -> None:
    assert page()[2].split() == ["rows"]


def test_incidents_stand_first_then_bursts() -> None:
    lines = page(incidents=[told()], bursts=[{"burst": "google: 60 hard bounces", "rows": 60}])
    assert lines[2:4] == [
        "The sender was refused (no reader is at fault):",
        "  apple-cs02-20260624: 400 recipients, 95.0% of the mail there, last on 2026-06-24, 0 suppressed for it; "
        "“554 5.7.1 [CS02] Message rejected due to local policy.”",
    ]
    assert "  google: 60 hard bounces; 60 rows held" in lines


def test_a_closed_incident_is_not_told_and_a_reopened_one_is_told_as_such() -> None:
    assert page(incidents=[told(state="closed")]) == page()
    assert "apple-cs02-20260624 again, after it was closed" in page(incidents=[told(state="reopened")])[3]


def test_a_share_that_is_not_known_is_said_to_be_so() -> None:
    assert "its share of the mail is not known" in page(incidents=[told(share=None)])[3]

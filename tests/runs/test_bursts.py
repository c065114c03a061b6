"""A provider that says `no such user` to everybody for a day costs no reader, from the event file to the ledger."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from hygiene import flow
from hygiene.config import LoadedJob
from tests.conftest import hygiene
from tests.runs.refused_job import DAY, NEXT_NIGHT, event, loaded, write_events

GONE = "550 5.1.1 <{to}>: Recipient address rejected: User unknown"
WEEKS = ("2026-05-27", "2026-06-03", "2026-06-10", "2026-06-17")
PEOPLE = [f"reader{n}@gmail.com" for n in range(200)]
BROKEN = PEOPLE[:60]


def gone(address: str, day: str) -> dict[str, str]:
    return event("bounced", address, day, diagnostic=GONE.format(to=address))


def broken_day(folder: Path) -> LoadedJob:
    """A month of mail to 200 people; then 60 of them are unknown on one day, and one was gone before."""
    mail = [event("delivered", address, day) for address in PEOPLE for day in WEEKS]
    failed = [gone(address, DAY) for address in BROKEN]
    arrived = [event("delivered", address, DAY) for address in PEOPLE[60:]]
    return loaded(folder, [*PEOPLE, "gone@gmail.com"], [*mail, *failed, *arrived, gone("gone@gmail.com", "2026-06-10")])


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadedJob, flow.Outcome]:
    """The night after that day; tests must not go on from it."""
    told = broken_day(tmp_path_factory.mktemp("broken day"))
    return told, flow.run(told, NEXT_NIGHT)


def verdicts(told: LoadedJob, as_of: dt.datetime) -> dict[str, int]:
    return {rule["rule"]: rule["rows"] for rule in flow.run(told, as_of).summary["rules"]}


def test_a_burst_is_held_and_the_summary_says_why(night: tuple[LoadedJob, flow.Outcome]) -> None:
    _, outcome = night
    assert outcome.summary["bursts"] == [{"burst": "google: 60 hard bounces on 2026-06-24, 0 were usual", "rows": 60}]
    assert outcome.folder
    assert "google: 60 hard bounces" in (outcome.folder / "summary.txt").read_text("utf-8")
    held = pl.read_csv(outcome.folder / "held.csv")
    assert (held.height, held["rule"].unique().to_list()) == (60, ["BNC212"])
    assert "60 hard bounces on 2026-06-24" in held["evidence"][0]


def test_who_was_gone_before_the_burst_is_suppressed_as_ever(night: tuple[LoadedJob, flow.Outcome]) -> None:
    _, outcome = night
    assert {rule["rule"]: rule["rows"] for rule in outcome.summary["rules"]} == {"BNC201": 1, "BNC212": 60}


def test_after_a_week_a_held_row_is_tried_once_more_and_flagged(tmp_path: Path) -> None:
    told = broken_day(tmp_path)
    assert verdicts(told, NEXT_NIGHT + dt.timedelta(days=5))["BNC212"] == 60
    assert verdicts(told, NEXT_NIGHT + dt.timedelta(days=7)) == {"BNC201": 1, "BNC221": 60}


def test_a_second_hard_bounce_suppresses_and_a_delivery_clears(tmp_path: Path) -> None:
    told = broken_day(tmp_path)
    flow.run(told, NEXT_NIGHT)
    tried = [gone(address, "2026-07-02") for address in BROKEN[:20]]
    tried += [event("delivered", address, "2026-07-02") for address in PEOPLE[20:]]
    write_events(tmp_path, "tried again", tried)
    assert verdicts(told, dt.datetime(2026, 7, 3, tzinfo=dt.UTC)) == {"BNC201": 21}


def test_all_dead_in_truth_are_suppressed_by_their_second_burst(tmp_path: Path) -> None:
    told = broken_day(tmp_path)
    flow.run(told, NEXT_NIGHT)
    write_events(tmp_path, "tried again", [gone(address, "2026-07-02") for address in BROKEN])
    job = told.path
    job.write_text(job.read_text() + "[policy]\nbrake_provider_share = 1.0\nbrake_list_share = 1.0\n")
    after = hygiene("run", str(job), "--as-of", "2026-07-03T00:00:00Z", "--json", "-q")
    assert {rule["rule"]: rule["rows"] for rule in json.loads(after.stdout)["rules"]} == {"BNC201": 61}


@pytest.mark.parametrize(("address", "rule"), [(BROKEN[0], "BNC212"), ("gone@gmail.com", "BNC201"), (PEOPLE[70], None)])
def test_why_judges_a_burst_as_the_night_does(
    address: str, rule: str | None, night: tuple[LoadedJob, flow.Outcome]
) -> None:
    told, _ = night
    said = hygiene("why", address, "--job", str(told.path), "--as-of", NEXT_NIGHT.isoformat(), "--json")
    assert json.loads(said.stdout)["rows"][0]["rule"] == rule

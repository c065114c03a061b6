"""The last word on a run counts, and the past says what is usual."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from hygiene.ledger.runs import Run, Runs
from hygiene.model.words import RunStatus
from tests.builders import AS_OF


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(str(tmp_path))


def ran(run_id: str, status: RunStatus = RunStatus.PUBLISHED, days_ago: int = 1, **cells: Any) -> Run:
    return Run(
        **{"run_id": run_id, "job": "nightly", "status": status, "as_of": AS_OF - dt.timedelta(days=days_ago), **cells}
    )


def published(runs: Runs, job: str | None = None) -> str | None:
    last = runs.last_published(job)
    return None if last is None else str(last["run_id"])


def test_before_the_first_run_nothing_is_published_or_usual(runs: Runs) -> None:
    assert (runs.last_published(), runs.usual_suppressions(AS_OF), runs.find("1")) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "shown"),
    [(RunStatus.PUBLISHED, "2"), (RunStatus.RELEASED, "2"), (RunStatus.HELD, "1"), (RunStatus.FAILED, "1")],
)
def test_the_last_published_run_is_one_that_is_shown(runs: Runs, status: RunStatus, shown: str) -> None:
    runs.record(ran("1"))
    runs.record(ran("2", status))
    assert published(runs) == shown


def test_a_held_run_counts_once_it_is_released(runs: Runs) -> None:
    runs.record(ran("1"))
    runs.record(ran("2", RunStatus.HELD))
    runs.record(ran("2", RunStatus.RELEASED))
    assert (published(runs), runs.all()["run_id"].to_list()) == ("2", ["1", "2"])


def test_jobs_of_one_state_are_told_apart(runs: Runs) -> None:
    runs.record(ran("1"))
    runs.record(ran("2", job="weekly"))
    assert (published(runs, "nightly"), published(runs, "weekly"), published(runs, "yearly")) == ("1", "2", None)


def test_what_is_usual_is_the_median_of_the_last_days(runs: Runs) -> None:
    for run_id, (days_ago, suppressed) in enumerate([(1, 10), (2, 30), (3, 20), (31, 9000), (0, 9000)]):
        runs.record(ran(str(run_id), days_ago=days_ago, suppressed=suppressed))
    runs.record(ran("held", RunStatus.HELD, suppressed=9000))
    assert runs.usual_suppressions(AS_OF) == 20


def test_a_record_comes_back_as_it_was_made(runs: Runs) -> None:
    runs.record(ran("1", counts='{"letter": 3}', seconds=1.5, ledger_seq=7, ledger_head="ab", out="/out/1"))
    found = runs.find("1")
    assert found is not None
    assert (found["counts"], found["seconds"], found["ledger_seq"], found["out"]) == ('{"letter": 3}', 1.5, 7, "/out/1")

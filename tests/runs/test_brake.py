"""A run that would suppress too much is held; a person releases it, and nothing is entered before."""

import json
from pathlib import Path

import pytest

from tests.conftest import copy_job, copy_night, hygiene


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and run id of a first run that the brake holds; tests must not change it."""
    folder = tmp_path_factory.mktemp("held")
    job = copy_job(folder)
    job.write_text(job.read_text().replace("policy-balanced.toml", "careful.toml"))
    (job.parent / "careful.toml").write_text("brake_first_share = 0.05\n")
    told = hygiene("run", str(job), "--json", "-q")
    assert told.returncode == 3
    return folder, json.loads(told.stdout)["run_id"]


@pytest.fixture
def held(first_night: tuple[Path, str], tmp_path: Path) -> tuple[str, str]:
    """Job file and run id of a copy of it."""
    folder, run_id = first_night
    return str(copy_night(folder, tmp_path)), run_id


def test_a_held_run_publishes_and_enters_nothing_and_says_why(held: tuple[str, str], tmp_path: Path) -> None:
    job, run_id = held
    assert not (tmp_path / "out/latest").exists()
    assert "list newsletter: 386 of" in (tmp_path / "out" / run_id / "summary.txt").read_text("utf-8")
    assert hygiene("audit", "verify", "--job", job).stdout == "0 entries, unchanged.\n"


def test_a_released_run_is_published_as_it_was_decided(held: tuple[str, str], tmp_path: Path) -> None:
    job, run_id = held
    assert hygiene("release", run_id, "--job", job).returncode == 0
    assert (tmp_path / "out/latest").readlink().name == run_id
    assert hygiene("audit", "verify", "--job", job).stdout == "570 entries, unchanged.\n"
    after = json.loads(hygiene("run", job, "--json", "-q").stdout)
    assert (after["status"], after["changes"]["suppressed"]) == ("published", 0)


def test_a_run_is_released_once_and_only_where_it_is_held(held: tuple[str, str]) -> None:
    job, run_id = held
    assert hygiene("release", "another", "--job", job).returncode == 2
    assert hygiene("release", run_id, "--job", job).returncode == 0
    assert hygiene("release", run_id, "--job", job).returncode == 2


def test_the_audit_is_taken_away_as_csv_or_parquet(sample: Path, tmp_path: Path) -> None:
    job = str(sample / "configs/nightly.toml")
    assert hygiene("audit", "export", str(tmp_path / "a.csv"), "--job", job).stdout == "570 entries written.\n"
    assert (tmp_path / "a.csv").read_text("utf-8").startswith("seq,entered_at,action,rule,address")
    assert hygiene("audit", "export", str(tmp_path / "a.txt"), "--job", job).returncode == 2

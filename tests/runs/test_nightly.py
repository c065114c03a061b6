"""The nightly run on the sample: every person of cases.csv, counts that add up, and a second night."""

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hygiene.normalize.repair import repaired
from tests.conftest import ROOT, copy_job, copy_night, hygiene

CASES = list(csv.DictReader((ROOT / "sample_data/cases.csv").read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def trail(sample: Path) -> set[tuple[str, str, str, str | None]]:
    """(list, address, verdict, rule) of every row of the audit trail and the reject file."""
    audit = pl.read_parquet(sample / "out/latest/audit.parquet")
    return set(audit.select("list", "address", "verdict", "rule").rows())


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out/latest/summary.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['list']} {case['address']} {case['verdict']}")
def test_every_person_of_the_story_gets_the_verdict_told(
    case: dict[str, str], trail: set[tuple[str, str, str, str | None]], sample: Path
) -> None:
    address = pl.select(repaired(pl.lit(case["address"])).struct.field("address")).item()
    if case["verdict"] == "reject":
        assert case["address"] in (sample / "out/latest/rejected.csv").read_text("utf-8")
    elif case["verdict"] == "keep":
        told = {(verdict, rule) for name, found, verdict, rule in trail if (name, found) == (case["list"], address)}
        assert told <= {("keep", None), ("duplicate", "DUP901")}
    else:
        assert (case["list"], address, case["verdict"], case["rule"]) in trail


def test_rows_in_are_rows_out_by_verdict(sample: Path) -> None:
    for counts in summary(sample)["lists"]:
        words = ("keep", "review", "hold", "suppress", "duplicate", "reject")
        assert counts["rows"] == sum(counts[word] for word in words)


def test_the_bad_day_suppresses_nobody_and_the_summary_says_so(sample: Path) -> None:
    incident = summary(sample)["incidents"][0]
    assert (incident["id"], incident["mailbox_provider"], incident["token"]) == ("apple-cs02-20260624", "apple", "CS02")
    assert (incident["recipients"] > 300, incident["suppressed_for_it"]) == (True, 0)
    assert "apple-cs02-20260624" in (sample / "out/latest/summary.txt").read_text("utf-8").splitlines()[3]


def test_the_cleaned_list_has_the_rows_of_the_input_in_its_order(sample: Path) -> None:
    with (sample / "sample_data/newsletter.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        given = {row[0]: row for row in csv.reader(file) if len(row) == 9}
    with (sample / "out/latest/newsletter.csv").open(encoding="utf-8", newline="") as file:
        kept = list(csv.reader(file))
    assert [row[0] for row in kept] == [number for number in given if number in {row[0] for row in kept}]
    assert all(row[2:] == given[row[0]][2:] for row in kept)


def test_a_list_in_parquet_keeps_its_types(sample: Path) -> None:
    given = pl.read_parquet_schema(sample / "sample_data/customers.parquet")
    assert pl.read_parquet_schema(sample / "out/latest/customers.parquet") == given


def test_files_are_for_their_owner_alone(sample: Path) -> None:
    files = [file for folder in ("out", "state") for file in (sample / folder).rglob("*") if file.is_file()]
    assert {oct(file.stat().st_mode & 0o777) for file in files if ".lock" not in file.name} == {"0o600"}


def test_a_second_night_suppresses_nobody_anew_and_says_what_changed(tmp_path: Path, sample: Path) -> None:
    second = hygiene("run", str(copy_night(sample, tmp_path)), "--json", "-q")
    assert second.returncode == 0
    before, after = summary(sample), json.loads(second.stdout)
    assert after["lists"] == before["lists"]
    assert (after["changes"]["since"], after["changes"]["suppressed"]) == (before["run_id"], 0)
    assert after["process"]["events"]["read"] == 0


def test_a_plan_gives_the_same_numbers_and_writes_nothing(tmp_path: Path, sample: Path) -> None:
    planned = hygiene("plan", str(copy_job(tmp_path)), "--json", "-q")
    assert json.loads(planned.stdout)["lists"] == summary(sample)["lists"]
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "state").exists()


def test_the_check_before_a_campaign_tells_of_the_open_block(sample: Path) -> None:
    job = str(sample / "configs/nightly.toml")
    told = hygiene("check", str(sample / "sample_data/newsletter.csv"), "--job", job, "--json", "-q")
    answer = json.loads(told.stdout)
    assert (told.returncode, answer["answer"]) == (1, "do not send")
    assert any("apple refused the sender" in reason for reason in answer["reasons"])


def test_a_check_without_any_nightly_run_says_that_too_little_is_known(tmp_path: Path) -> None:
    job = copy_job(tmp_path)
    told = hygiene("check", str(tmp_path / "sample_data/newsletter.csv"), "--job", str(job), "-q")
    assert (told.returncode, told.stdout.splitlines()[0]) == (4, "NOT ENOUGH KNOWN")


def test_why_tells_rule_evidence_and_history(sample: Path) -> None:
    case = next(case for case in CASES if case["rule"] == "BNC201")
    told = hygiene("why", case["address"], "--job", str(sample / "configs/nightly.toml"), "--json", "-q")
    found = json.loads(told.stdout)
    assert found["rows"][0]["rule"] == "BNC201"
    assert json.loads(found["rows"][0]["evidence"])["hard_reply"]
    assert found["ledger"][0]["rule"] == "BNC201"
    assert found["events"]


def test_a_person_forgotten_stays_blocked_and_leaves_no_address(tmp_path: Path, sample: Path) -> None:
    job = str(copy_night(sample, tmp_path))
    case = next(case for case in CASES if case["rule"] == "CMP101")
    key = "a-key-of-the-test-long-enough"
    assert (
        hygiene("forget", case["address"], "--job", job, "--reason", "asked", HYGIENE_ERASURE_KEY=key).returncode == 0
    )
    told = json.loads(hygiene("why", case["address"], "--job", job, "--json", "-q", HYGIENE_ERASURE_KEY=key).stdout)
    assert (told["rows"][0]["rule"], told["events"]) == ("MAN001", [])
    assert hygiene("audit", "verify", "--job", job).returncode == 0


def test_an_empty_list_is_not_one_to_send_to(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("email,name\n")
    told = hygiene("check", str(tmp_path / "empty.csv"), "--job", str(sample / "configs/nightly.toml"), "-q")
    assert told.returncode == 4
    assert "the list has no rows" in told.stdout


def test_a_profile_tells_where_time_and_memory_went_by_stage(tmp_path: Path, sample: Path) -> None:
    told = hygiene("run", str(copy_night(sample, tmp_path)), "-q", "--profile").stderr.splitlines()
    stages = [line[:20].strip() for line in told[1:-1]]
    assert told[0].split() == ["stage", "seconds", "CPU", "s", "share", "peak", "MiB", "grown"]
    assert stages[:5] == ["read lists", "open events", "read rows", "read events", "look up domains"]
    assert {"decide", "write", "publish"} <= set(stages)
    assert abs(sum(int(line[38:46].strip().rstrip("%")) for line in told[1:-1]) - 100) <= len(stages)

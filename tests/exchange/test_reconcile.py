"""After both files are taken, the ledger and the system agree as far as the system's words go."""

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hygiene import by_person
from hygiene.config import LoadedJob, SuppressionSource
from hygiene.exchange.reconcile import Reconciled, reconcile
from tests.conftest import hygiene
from tests.exchange.jobs import ANN, BOB, CY, DEE, LATER, enter, job, lift, list_of, store

AFTER = LATER + dt.timedelta(days=1)


def compared(loaded: LoadedJob, text: str, form: str = "csv", system: str | None = None) -> Reconciled:
    return reconcile(loaded, list_of(loaded, "theirs.csv", text, form), system or form, AFTER)


def lines(found: Reconciled, name: str) -> list[str]:
    return (found.folder / name).read_text("utf-8").splitlines()


def shown(found: Reconciled) -> dict[str, int]:
    return {finding: rows for finding, rows in found.counts.items() if rows}


def test_each_side_gets_what_it_lacks(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "CMP101"), (BOB, "BNC201"))
    found = compared(loaded, f"{BOB},BOUNCE\n{CY},COMPLAINT\n", "ses")
    assert shown(found) == {"missing there": 1, "agrees": 1, "missing here": 1}
    assert lines(found, "ses-add.csv") == [f"{ANN},COMPLAINT"]
    assert lines(found, "to-ledger.csv") == ["address,suppressed_at,reason,word", f"{CY},,complaint,COMPLAINT"]
    assert lines(found, "ses-remove.csv") == []


def test_what_was_lifted_here_since_is_removed_there(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    lift(loaded, ANN, BOB)
    found = compared(loaded, f"address,reason,at\n{ANN},bounce,2026-06-01\n{BOB},bounce,2026-07-02T12:00:00Z\n")
    assert shown(found) == {"lifted here": 1, "missing here": 1}
    assert [line.split(",")[0] for line in lines(found, "csv-remove.csv")[1:]] == [ANN]
    assert [line.split(",")[0] for line in lines(found, "to-ledger.csv")[1:]] == [BOB]


@pytest.mark.parametrize(("rule", "theirs"), [("CMP101", "BOUNCE"), ("BNC201", "COMPLAINT")])
def test_a_complaint_on_either_side_is_never_removed_there(rule: str, theirs: str, tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, rule))
    lift(loaded, ANN)
    assert lines(compared(loaded, f"{ANN},{theirs}\n", "ses"), "ses-remove.csv") == []


@pytest.mark.parametrize(
    ("rule", "theirs", "finding"),
    [
        ("CMP101", "complaint", "agrees"),
        ("CMP101", "manual", "ours is stronger"),
        ("MAN002", "complaint", "theirs is stronger"),
        ("MAN002", "unsubscribe", "ours is stronger"),
        ("UNS111", "manual", "theirs is stronger"),
        ("UNS111", "hard_bounce", "ours is stronger"),
        ("BNC201", "unsubscribe", "theirs is stronger"),
        ("BNC201", "soft_bounce", "ours is stronger"),
        ("SFT601", "hard_bounce", "theirs is stronger"),
        ("SFT601", "unengaged", "ours is stronger"),
        ("ENG701", "soft_bounce", "theirs is stronger"),
        ("ENG701", "", "agrees"),
    ],
)
def test_of_two_reasons_the_stronger_counts(rule: str, theirs: str, finding: str, tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, rule))
    found = compared(loaded, f"address,reason\n{ANN},{theirs}\n")
    assert shown(found) == {finding: 1}
    assert len(lines(found, "to-ledger.csv")) == 1 + (finding == "theirs is stronger")
    assert len(lines(found, "csv-add.csv")) == 1 + (finding == "ours is stronger")
    assert len(lines(found, "conflicts.csv")) == 1 + (finding != "agrees")


def test_our_own_echo_is_no_conflict(tmp_path: Path) -> None:
    """SES has no word for an unsubscription: it comes back as BOUNCE."""
    loaded = job(tmp_path)
    enter(loaded, (ANN, "UNS111"), (BOB, "ENG701"))
    assert shown(compared(loaded, f"{ANN},BOUNCE\n{BOB},BOUNCE\n", "ses")) == {"agrees": 2}


def test_a_reason_that_the_system_cannot_say_is_told_and_sent_to_nobody(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "CMP101"))
    found = compared(loaded, f"address,reason\n{ANN},hard_bounce\n", "csv", "brevo")
    assert shown(found) == {"ours is stronger, and the system has no word for it": 1}
    assert (lines(found, "brevo-add.csv"), len(lines(found, "conflicts.csv"))) == (["EMAIL"], 2)


def test_an_alias_is_known_by_its_mailbox(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, ("ann+news@gmail.com", "CMP101"), key="ann@gmail.com", mailbox_key="ann@gmail.com")
    found = compared(loaded, "a.nn@gmail.com,COMPLAINT\n", "ses")
    assert shown(found) == {"missing there": 1, "agrees": 1}


def test_somebody_forgotten_is_not_missing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYGIENE_ERASURE_KEY", "a-key-of-the-test-long-enough")
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    by_person.forget(loaded, [ANN], ("tester", "asked"), LATER)
    found = compared(loaded, f"{ANN},BOUNCE\n", "ses")
    assert (found.counts["missing here"], lines(found, "ses-remove.csv")) == (0, [])


def test_what_was_pulled_is_compared_in_the_systems_own_words(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "UNS111"), (BOB, "CMP101"))
    text = f"address,reason,word,suppressed_at\n{ANN},manual,ManualSuppression,\n{CY},complaint,SpamComplaint,\n"
    found = compared(loaded, text, "csv", "postmark")
    assert shown(found) == {"missing there": 1, "agrees": 1, "missing here": 1}
    assert lines(found, "postmark-add.csv") == [BOB]


RULES = ["CMP101", "UNS111", "BNC201", "SFT601", "ENG701", "MAN002"]
WORDS = {"ses": ["BOUNCE", "COMPLAINT"], "csv": ["complaint", "unsubscribe", "manual", "hard_bounce"]}
PEOPLE = [ANN, BOB, CY, DEE]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    system=st.sampled_from(sorted(WORDS)),
    ours=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(RULES)), max_size=5),
    lifted=st.sets(st.sampled_from(PEOPLE), max_size=2),
    theirs=st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 3), max_size=4),
)
def test_after_both_files_are_taken_nothing_is_missing_on_either_side(
    system: str, ours: list[tuple[str, str]], lifted: set[str], theirs: dict[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    loaded = job(tmp_path_factory.mktemp("job"))
    if ours:
        enter(loaded, *ours)
        known = {address for address, _ in ours}
        if lifted & known:
            lift(loaded, *(lifted & known))
    words = WORDS[system]
    kept = {address: words[number % len(words)] for address, number in theirs.items()}
    first = compared(loaded, _text(system, kept), system)
    by_person.import_list(loaded, _source(first.folder / "to-ledger.csv", "csv"), AFTER)
    again = compared(loaded, _text(system, _applied(first, system, kept)), system)
    left = {finding for finding, rows in again.counts.items() if rows}
    assert left <= {"agrees", "left alone", "theirs is stronger", "ours is stronger, and the system has no word for it"}
    # The import keeps its own law: beside what is in force it enters the recipient's own voice alone.
    stronger = pl.read_csv(again.folder / "conflicts.csv", infer_schema=False).filter(finding="theirs is stronger")
    assert set(stronger["theirs"]) <= {"manual", "hard_bounce"}


def _text(system: str, kept: dict[str, str]) -> str:
    head = "" if system == "ses" else "address,reason\n"
    return head + "".join(f"{address},{word}\n" for address, word in kept.items()) or "nobody,BOUNCE\n"


def _source(path: Path, form: str) -> SuppressionSource:
    return SuppressionSource(path=str(path), format=form, name=form)


def _applied(found: Reconciled, system: str, kept: dict[str, str]) -> dict[str, str]:
    """The system's list after it took its two files."""
    result = dict(kept)
    for row in csv.reader(lines(found, f"{system}-add.csv")):
        if "@" in row[0]:
            result[row[0]] = row[1] if system == "ses" else row[2]
    gone = {row[0] for row in csv.reader(lines(found, f"{system}-remove.csv"))}
    return {address: word for address, word in result.items() if address not in gone}


def test_the_command_tells_counts_and_files(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "CMP101"))
    (tmp_path / "theirs.csv").write_text(f"{BOB},BOUNCE\n")
    asked = ["reconcile", "--with", str(tmp_path / "theirs.csv"), "--format", "ses", "--job", str(loaded.path)]
    told: dict[str, Any] = json.loads(hygiene(*asked, "--json").stdout)
    assert (told["counts"]["missing there"], told["counts"]["missing here"]) == (1, 1)
    assert all(oct(Path(file).stat().st_mode & 0o777) == "0o600" for file in told["files"])
    plain = hygiene(*asked)
    assert (plain.returncode, "missing here" in plain.stdout) == (0, True)


def test_the_command_tells_whose_list_it_is_by_its_content(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "CMP101"))
    (tmp_path / "theirs.csv").write_text(f"{BOB},BOUNCE\n")
    (tmp_path / "nobodys.csv").write_text(f"email\n{BOB}\n")
    asked = ["reconcile", "--job", str(loaded.path), "--json", "--with"]
    told: dict[str, Any] = json.loads(hygiene(*asked, str(tmp_path / "theirs.csv")).stdout)
    assert "ses-add.csv" in {Path(file).name for file in told["files"]}
    refused = hygiene(*asked, str(tmp_path / "nobodys.csv"))
    assert (refused.returncode, "Say which with --format" in refused.stderr) == (2, True)


def test_a_list_is_imported_as_its_content_tells(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    (tmp_path / "ses.csv").write_text(f"{BOB},COMPLAINT\n")
    (tmp_path / "plain.csv").write_text(f"email\n{CY}\n")
    for name in ("ses.csv", "plain.csv"):
        asked = ["ledger", "import", str(tmp_path / name), "--from", "them", "--job", str(loaded.path)]
        assert hygiene(*asked).stdout == "1 entered.\n"
    entered = store(loaded).ledger.entries().select("address", "rule").collect().rows()
    assert set(entered) == {(BOB, "CMP101"), (CY, "MAN002")}

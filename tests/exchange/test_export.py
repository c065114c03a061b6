"""An export is the difference to what the system is known to have; a complaint is never taken back."""

import datetime as dt
import json
from pathlib import Path

import pytest

from hygiene import by_person
from hygiene.exchange.export import confirm, exports_folder
from hygiene.model.errors import InputError
from hygiene.model.words import ReasonFamily
from hygiene.publish.folder import digest
from tests.builders import AS_OF
from tests.exchange.jobs import ANN, BOB, CY, DEE, LATER, added, enter, exported, job, lift, removed, rows, store


def test_the_first_export_holds_all_that_is_in_force(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"), (BOB, "CMP101"), (CY, "UNS111"))
    lift(loaded, CY)
    made = exported(loaded)
    assert (added(made), removed(made)) == ({ANN, BOB}, set())


def test_what_is_not_confirmed_is_exported_again(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    first = exported(loaded)
    enter(loaded, (BOB, "UNS111"))
    again = exported(loaded)
    assert (added(first), added(again)) == ({ANN}, {ANN, BOB})
    assert again.export.since is None


def test_after_a_confirmed_export_only_the_difference_is_exported(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"), (BOB, "SFT601"))
    first = exported(loaded, confirm=True)
    enter(loaded, (CY, "UNS111"))
    lift(loaded, BOB)
    second = exported(loaded)
    assert (added(second), removed(second), second.export.since) == ({CY}, {BOB}, first.export.export_id)


def test_the_same_state_gives_the_same_export_in_the_same_place(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    first, again = exported(loaded), exported(loaded)
    assert (first.folder, first.manifest) == (again.folder, again.manifest)


@pytest.mark.parametrize("rule", ["CMP101", "MAN001"])
def test_a_complaint_or_an_erasure_is_in_no_file_of_removals(rule: str, tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, rule), (ANN, "BNC201"), (BOB, "BNC201"))
    exported(loaded, confirm=True)
    enter(loaded, (ANN, "*"), (BOB, "*"), action="lift", entered_at=LATER)
    made = exported(loaded)
    assert (removed(made), made.manifest["lifted_but_never_removed"]) == ({BOB}, 1)


def test_a_complaint_from_before_the_last_export_still_counts(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "CMP101"), (ANN, "SFT601"))
    lift(loaded, ANN, rule="CMP101")
    exported(loaded, confirm=True)
    lift(loaded, ANN)
    assert removed(exported(loaded)) == set()


def test_somebody_forgotten_is_neither_added_nor_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYGIENE_ERASURE_KEY", "a-key-of-the-test-long-enough")
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    exported(loaded, confirm=True)
    by_person.forget(loaded, [ANN], ("tester", "asked"), LATER)
    made = exported(loaded)
    assert (added(made), removed(made)) == (set(), set())


def test_a_suppression_whose_time_is_up_is_removed(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "SFT601"), expires_at=AS_OF + dt.timedelta(days=90))
    exported(loaded, confirm=True)
    assert removed(exported(loaded, as_of=AS_OF + dt.timedelta(days=89))) == set()
    assert removed(exported(loaded, as_of=AS_OF + dt.timedelta(days=91))) == {ANN}


def test_a_stronger_reason_is_told_where_the_system_has_another_word_for_it(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    exported(loaded, "ses", confirm=True)
    exported(loaded, "klaviyo", confirm=True)
    enter(loaded, (ANN, "CMP101"))
    assert rows(exported(loaded, "ses"), "add") == [f"{ANN},COMPLAINT"]
    assert rows(exported(loaded, "klaviyo"), "add") == ["Email"]


def test_complaints_stand_before_all_else(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "ENG701"), (BOB, "BNC201"), (CY, "UNS111"), (DEE, "CMP101"))
    assert [line.split(",")[0] for line in rows(exported(loaded), "add")] == [DEE, CY, BOB, ANN]


def test_reasons_asked_for_make_a_series_of_their_own(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "CMP101"), (BOB, "BNC201"))
    bounces = (ReasonFamily.HARD_BOUNCE,)
    assert added(exported(loaded, reasons=bounces, confirm=True)) == {BOB}
    assert added(exported(loaded, reasons=bounces)) == set()
    assert added(exported(loaded)) == {ANN, BOB}


def test_who_is_still_suppressed_for_another_reason_is_removed_when_that_ends_too(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    bounces = (ReasonFamily.HARD_BOUNCE,)
    enter(loaded, (ANN, "BNC201"), (ANN, "UNS111"))
    exported(loaded, reasons=bounces, confirm=True)
    lift(loaded, ANN, rule="BNC201")
    assert removed(exported(loaded, reasons=bounces, confirm=True)) == set()
    lift(loaded, ANN, rule="UNS111")
    assert removed(exported(loaded, reasons=bounces)) == {ANN}


def test_two_lists_of_one_system_are_told_apart(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    exported(loaded, scope="a.example.com", confirm=True)
    assert added(exported(loaded, scope="b.example.com")) == {ANN}


def test_a_full_export_holds_all_and_what_was_lifted_since_the_last(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    exported(loaded, confirm=True)
    lift(loaded, BOB)
    made = exported(loaded, is_full=True)
    assert (added(made), removed(made)) == ({ANN}, {BOB})


def test_aliases_are_suppressed_with_their_mailbox(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, ("ann+news@gmail.com", "CMP101"), key="ann@gmail.com", mailbox_key="ann@gmail.com")
    cells = {"scope": "address", "mailbox_key": "ann@gmail.com"}
    enter(loaded, ("a.nn@gmail.com", "BNC201"), key="a.nn@gmail.com", **cells)
    assert rows(exported(loaded, "ses"), "add") == ["a.nn@gmail.com,COMPLAINT", "ann+news@gmail.com,COMPLAINT"]


def test_an_address_in_two_spellings_is_exported_once(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, ("Ann@Example.org", "BNC201"), key=ANN, mailbox_key=ANN)
    enter(loaded, ("ann@example.org", "UNS111"), key=ANN, mailbox_key=ANN)
    assert rows(exported(loaded, "ses"), "add") == [f"{ANN},BOUNCE"]


def test_what_is_no_address_is_left_out_and_counted(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, ("not an address", "SYN401"), (ANN, "BNC201"))
    made = exported(loaded)
    assert (added(made), made.manifest["left_out_as_no_address"]) == ({ANN}, 1)


def test_a_person_without_an_id_waits_for_it(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    ids = tmp_path / "ids.csv"
    ids.write_text("email,external_id\nAnn@example.org,42\n")
    made = exported(loaded, "braze", ids=ids, confirm=True)
    assert rows(made, "add")[1:] == [f"42,{ANN},unsubscribed"]
    ids.write_text("email,external_id\nann@example.org,42\nbob@example.org,43\n")
    assert rows(exported(loaded, "braze", ids=ids), "add")[1:] == [f"43,{BOB},unsubscribed"]


def test_the_manifest_tells_counts_and_digests_of_the_files(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"), (BOB, "CMP101"))
    made = exported(loaded, "mailgun")
    told = json.loads((made.folder / "manifest.json").read_text())
    assert (told["added"], [one["rows"] for one in told["files"]]) == (2, [1, 1, 0, 0])
    for one in told["files"]:
        assert {name: one[name] for name in ("sha256", "bytes")} == digest(made.folder / one["file"])
    assert {oct(file.stat().st_mode & 0o777) for file in made.folder.iterdir()} == {"0o600"}


def test_what_a_crash_left_is_thrown_away(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    (exports_folder(loaded) / ".staging-old").mkdir(parents=True)
    (exports_folder(loaded) / ".staging-old/csv-add.csv").write_text("half")
    made = exported(loaded)
    assert [file.name for file in exports_folder(loaded).iterdir()] == [made.folder.name]


def test_confirming_twice_is_once_and_an_unknown_export_is_told(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    made = exported(loaded)
    assert confirm(loaded, made.export.export_id, "ann") == confirm(loaded, made.export.export_id, "bob")
    with pytest.raises(InputError, match="no export"):
        confirm(loaded, "nope", "ann")


def test_confirming_an_older_export_late_does_not_turn_back_the_newer(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    old = exported(loaded)
    enter(loaded, (BOB, "BNC201"))
    exported(loaded, confirm=True)
    store(loaded).exports.confirm(old.export.export_id, "tester")
    assert added(exported(loaded)) == set()


def test_old_folders_go_but_never_that_of_the_last_confirmed(tmp_path: Path) -> None:
    loaded = job(tmp_path, "[publish]\nkeep_runs = 2\n")
    enter(loaded, (ANN, "BNC201"))
    kept = exported(loaded, confirm=True)
    made = [exported(loaded, as_of=LATER + dt.timedelta(days=day)) for day in range(1, 5)]
    left = {folder.name for folder in exports_folder(loaded).iterdir()}
    assert left == {kept.folder.name, made[-1].folder.name, made[-2].folder.name}

"""A commit of the state is whole, on disk, and ours alone to read."""

import os
import stat
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene.model.errors import StateError
from hygiene.state import StateTable
from tests.state.notes import NOTES, notes, numbers


def test_a_table_that_was_never_written_is_empty(table: StateTable) -> None:
    assert_frame_equal(table.scan().collect(), NOTES.empty())
    assert (table.version(), table.known(["run:1"])) == (-1, set())


def test_what_comes_back_has_the_types_that_went_in(table: StateTable) -> None:
    table.append(notes(1))
    assert_frame_equal(table.scan().collect(), notes(1))


@pytest.mark.parametrize("name", ["my state", "100%", "état", "a+b#c"])
@pytest.mark.parametrize("partition_by", [(), ("text",)])
def test_a_folder_may_have_any_name(name: str, partition_by: tuple[str, ...], tmp_path: Path) -> None:
    table = StateTable(str(tmp_path / name), NOTES, partition_by)
    june, july = notes(1, text="2026-06"), notes(2, text="2026-07")
    table.append(june)
    table.append(july)
    assert_frame_equal(table.scan().collect().sort("number"), pl.concat([june, july]))
    table.delete("text", ["2026-06", "2026-07"])
    assert table.scan().collect().is_empty()


def test_a_transaction_is_committed_once(table: StateTable) -> None:
    assert table.append(notes(1), "run:1")
    assert not table.append(notes(2), "run:1")
    assert (numbers(table), table.known(["run:1", "run:2"])) == ([1], {"run:1"})


def test_a_transaction_without_rows_is_remembered(table: StateTable) -> None:
    assert table.append(notes(), "file:1")
    assert table.known(["file:1"])


def test_rows_in_parts_are_one_commit(table: StateTable) -> None:
    table.append(notes(number) for number in range(5))
    assert (numbers(table), table.version()) == ([0, 1, 2, 3, 4], 1)


def test_a_part_that_fails_commits_nothing(table: StateTable) -> None:
    table.append(notes(1))
    with pytest.raises(StateError):
        table.append(rows for rows in (notes(2), notes(3).drop("text")))
    assert numbers(table) == [1]


def test_replacing_keeps_the_past_readable(table: StateTable) -> None:
    table.append(notes(1))
    table.replace(notes(2))
    assert (numbers(table), numbers(table, 1)) == ([2], [1])


def test_rewriting_changes_some_rows_and_adds_others_in_one_commit(table: StateTable) -> None:
    table.append(notes(1, 2))
    table.rewrite(notes(2, 3, text="gone"), on="number")
    assert table.scan().sort("number").collect()["text"].to_list() == ["ann@example.org", "gone", "gone"]
    assert table.version() == 2


def test_tidy_keeps_young_versions(table: StateTable) -> None:
    table.append(notes(1))
    table.append(notes(2))
    table.tidy(keep_days=30)
    assert (numbers(table), numbers(table, 1), numbers(table, 2)) == ([1, 2], [1], [1, 2])


@pytest.mark.parametrize(("few", "files"), [(4, 1), (5, 5)])
def test_tidy_leaves_one_file_in_place_of_many_and_a_few_as_they_are(
    few: int, files: int, table: StateTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hygiene.state.table.COMPACT_FROM", few)
    for number in range(5):
        table.append(notes(number))
    table.tidy(keep_days=30)
    delta = table.open()
    assert delta is not None
    assert (len(delta.file_uris()), numbers(table)) == (files, [0, 1, 2, 3, 4])


def test_a_purge_leaves_no_trace_of_what_was_rewritten(table: StateTable) -> None:
    table.append(notes(1))
    table.rewrite(notes(1, text="gone"), on="number")
    assert table.is_purge_due()
    table.purge()
    assert not table.is_purge_due()
    assert not [file for file in Path(table.root).rglob("*") if file.is_file() and b"ann@example" in file.read_bytes()]


def test_a_second_purge_has_nothing_to_do(table: StateTable) -> None:
    table.append(notes(1))
    table.purge()
    table.purge()
    assert (numbers(table), table.is_purge_due()) == ([1], False)


def test_the_commit_log_holds_no_text_of_the_rows(table: StateTable) -> None:
    table.append(notes(1))
    table.tidy(keep_days=30)
    log = [file for file in Path(table.uri, "_delta_log").iterdir() if file.is_file()]
    assert len(log) > 1
    assert not [file for file in log if b"ann@example" in file.read_bytes()]


def test_nobody_else_can_read_the_state(table: StateTable) -> None:
    table.append(notes(1))
    table.tidy(keep_days=30)
    for path in Path(table.root).rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert [stat.S_IMODE(Path(path).stat().st_mode) for path in (table.root, table.uri)] == [0o700, 0o700]


def test_new_files_and_their_folders_are_on_disk_before_a_commit_returns(
    table: StateTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[str] = set()
    monkeypatch.setattr(os, "fsync", lambda number: synced.add(os.readlink(f"/proc/self/fd/{number}")))
    table.append(notes(1))
    files = {str(path) for path in Path(table.root).rglob("*")}
    assert files | {table.root, str(Path(table.root).parent)} <= synced


def test_a_partitioned_table_comes_back_whole(tmp_path: Path) -> None:
    table = StateTable(str(tmp_path), NOTES, partition_by=("text",))
    table.append(pl.concat([notes(1, text="a"), notes(2, text="b")]))
    table.tidy(keep_days=30)
    assert table.scan().filter(pl.col("text") == "b").collect()["number"].to_list() == [2]
    assert numbers(table) == [1, 2]


def test_a_table_at_a_uri_is_written_read_and_tidied(tmp_path: Path) -> None:
    table = StateTable(f"file://{tmp_path}", NOTES)
    table.append(notes(1), "run:1")
    table.append(notes(2))
    table.tidy(keep_days=30)
    assert (table.append(notes(3), "run:1"), numbers(table)) == (False, [1, 2])

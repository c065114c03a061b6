"""A commit of the state is whole, on disk, ours alone to read, and told in one sentence where it is not."""

import datetime as dt
import multiprocessing
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene.model.errors import LockedError, OutputError, StateError
from hygiene.model.table import Column, Table
from hygiene.model.tables import INSTANT
from hygiene.state import StateTable

NOTES = Table(
    "NOTES",
    {
        "number": Column(pl.Int64, "number"),
        "at": Column(INSTANT, "when"),
        "line": Column(pl.UInt32, "a type that Delta has not"),
        "text": Column(pl.String, "personal"),
    },
)
AT = dt.datetime(2026, 7, 1, 3, tzinfo=dt.UTC)


def notes(*numbers: int, text: str = "ann@example.org") -> pl.DataFrame:
    cells = {
        "number": list(numbers),
        "at": [AT] * len(numbers),
        "line": [1] * len(numbers),
        "text": [text] * len(numbers),
    }
    return pl.DataFrame(cells, schema=NOTES.schema)


@pytest.fixture
def table(tmp_path: Path) -> StateTable:
    return StateTable(str(tmp_path / "state"), NOTES)


def numbers(table: StateTable, version: int | None = None) -> list[int]:
    return table.scan(version).select("number").collect()["number"].sort().to_list()


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


def test_a_purge_removes_what_a_crash_left_behind(table: StateTable) -> None:
    table.append(notes(1))
    orphan = Path(table.uri, "part-00000-left.zstd.parquet")
    notes(2).write_parquet(orphan)
    table.purge()
    assert (orphan.exists(), numbers(table)) == (False, [1])


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


@pytest.mark.parametrize("content", ["", "garbage{"])
def test_a_damaged_log_is_told_in_one_sentence(table: StateTable, content: str) -> None:
    table.append(notes(1))
    max(Path(table.uri, "_delta_log").glob("*.json")).write_text(content)
    with pytest.raises(StateError) as caught:
        table.scan()
    assert "\n" not in str(caught.value)
    assert "Restore the folder" in str(caught.value)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-10])


@pytest.mark.parametrize("harm", [Path.unlink, _cut])
def test_a_data_file_that_is_gone_or_short_is_told_when_opened(table: StateTable, harm: Callable[[Path], None]) -> None:
    table.append(notes(1))
    harm(next(Path(table.uri).glob("*.parquet")))
    with pytest.raises(StateError, match="missing or cut short"):
        table.scan()


def test_data_without_its_log_is_not_taken_for_a_new_table(table: StateTable) -> None:
    table.append(notes(1))
    for commit in Path(table.uri, "_delta_log").glob("*.json"):
        commit.unlink()
    with pytest.raises(StateError, match="no commit log"):
        table.append(notes(2))


def test_a_version_that_is_not_there_is_told(table: StateTable) -> None:
    table.append(notes(1))
    with pytest.raises(StateError, match="cannot be read"):
        table.scan(version=7)


def test_a_table_of_another_version_of_the_program_is_told(table: StateTable) -> None:
    table.append(notes(1))
    wider = Table("NOTES", {**NOTES.columns, "mood": Column(pl.String, "new")})
    with pytest.raises(StateError, match="lacks mood"):
        StateTable(table.root, wider).scan()


def test_a_write_that_builds_on_an_old_commit_is_refused(table: StateTable) -> None:
    table.append(notes(1))
    table.append(notes(2))
    with pytest.raises(LockedError, match="at the same time"):
        table.append(notes(3), base=0)
    assert numbers(table) == [1, 2]


def _append_many(root: str, first: int) -> None:
    for number in range(first, first + 10):
        while True:
            try:
                StateTable(root, NOTES).append(notes(number))
                break
            except LockedError:
                continue


def test_two_writers_at_once_of_a_new_table_lose_nothing(table: StateTable) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_many, args=(table.root, first)) for first in (100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert numbers(table) == [*range(100, 110), *range(200, 210)]


def test_a_first_write_that_a_crash_cut_off_is_written_by_the_next(table: StateTable) -> None:
    def _torn() -> Iterator[pl.DataFrame]:
        yield notes(1)
        raise ValueError("torn")

    with pytest.raises(StateError, match="torn"):
        table.append(_torn())
    notes(2).write_parquet(Path(table.uri, "part-00000-left.zstd.parquet"))
    assert numbers(table) == []
    table.append(notes(3))
    assert numbers(table) == [3]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="cannot be written"):
        StateTable(str(tmp_path / "state"), NOTES).append(notes(1))


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


def test_an_object_store_that_does_not_answer_is_told_in_one_sentence() -> None:
    options = {"aws_endpoint_url": "http://127.0.0.1:9", "aws_allow_http": "true", "aws_region": "us-east-1"}
    secrets = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "max_retries": "0"}
    with pytest.raises(OutputError, match=r"cannot be read.*Connection refused") as caught:
        StateTable("s3://bucket", NOTES, storage_options={**options, **secrets}).scan()
    assert "\n" not in str(caught.value)

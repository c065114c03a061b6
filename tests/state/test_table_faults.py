"""Damage, crashes and writers at the same time: nothing is lost, and what is wrong is told in one sentence."""

import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from hygiene.model.errors import LockedError, OutputError, StateError
from hygiene.model.table import Column, Table
from hygiene.state import StateTable
from tests.state.notes import NOTES, notes, numbers


def test_a_purge_removes_what_a_crash_left_behind(table: StateTable) -> None:
    table.append(notes(1))
    orphan = Path(table.uri, "part-00000-left.zstd.parquet")
    notes(2).write_parquet(orphan)
    table.purge()
    assert (orphan.exists(), numbers(table)) == (False, [1])


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


def test_an_object_store_that_does_not_answer_is_told_in_one_sentence() -> None:
    options = {"aws_endpoint_url": "http://127.0.0.1:9", "aws_allow_http": "true", "aws_region": "us-east-1"}
    secrets = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "max_retries": "0"}
    with pytest.raises(OutputError, match=r"cannot be read.*Connection refused") as caught:
        StateTable("s3://bucket", NOTES, storage_options={**options, **secrets}).scan()
    assert "\n" not in str(caught.value)

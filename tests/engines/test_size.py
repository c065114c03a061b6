"""How many shards a job gets, and what it says of the disk."""

import logging
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from hygiene.engines import size
from hygiene.engines.size import announce_work, free_memory, shards_for
from hygiene.model.errors import OutputError

GIB = 2**30
Usage = namedtuple("Usage", ["total", "used", "free"])


def test_a_small_job_is_one_shard() -> None:
    assert shards_for(5_000, 50_000, free=8 * GIB) == 1


def test_nothing_to_decide_is_one_shard() -> None:
    assert shards_for(0, 0, free=8 * GIB) == 1


@pytest.mark.parametrize(("rows", "events"), [(10_000_000, 0), (0, 100_000_000), (1_000_000, 10_000_000)])
def test_less_memory_makes_more_shards(rows: int, events: int) -> None:
    assert shards_for(rows, events, free=GIB // 4) > shards_for(rows, events, free=8 * GIB) >= 2


def test_a_shard_of_the_largest_job_fits_its_share_of_the_memory() -> None:
    shards = shards_for(10_000_000, 100_000_000, free=GIB)
    needed = (10_000_000 * size.ROW_BYTES + 100_000_000 * size.EVENT_BYTES) / shards
    assert needed <= size.SHARE * GIB


def test_the_limit_of_a_control_group_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("1048576\n")
    monkeypatch.setattr(size, "_limit_files", lambda: [tmp_path / "memory.max"])
    assert free_memory() == 1_048_576


def test_a_control_group_without_a_limit_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(size, "_limit_files", lambda: [tmp_path / "memory.max", tmp_path / "gone"])
    assert free_memory() > 1_048_576


def test_a_run_says_beforehand_what_its_temporary_files_take(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 3 * GIB))
    with caplog.at_level(logging.INFO):
        announce_work(10_000_000, tmp_path)
    assert "temporary files: up to 2,384 MiB, 3,072 MiB are free" in caplog.text


def test_a_disk_that_is_too_small_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, GIB))
    with pytest.raises(OutputError, match="need 2,384 MiB, and 1,024 MiB are free"):
        announce_work(10_000_000, tmp_path)

"""Rows on their way to the state: none is lost, whether they wait in memory or went to the work folder."""

from pathlib import Path

import polars as pl
import pytest

from hygiene.ingest.stretches import Parts, Stretches
from hygiene.model.tables import ACTIVITY
from tests.builders import instant

NUMBERS = [5, 3, 9, 1, 7, 2, 8, 6]


def rows(numbers: list[int]) -> pl.DataFrame:
    return ACTIVITY.fill(
        pl.DataFrame({"mailbox": numbers})
        .with_columns(occurred_at=instant("2026-06-01"), activity=1)
        .with_columns(pl.col("activity").cast(pl.Int8))
    )


def filled(stretches: Parts) -> Parts:
    for first in range(0, len(NUMBERS), 2):
        stretches.add(rows(NUMBERS[first : first + 2]))
    return stretches


@pytest.mark.parametrize(("most", "files"), [(2, 4), (3, 2), (6, 1), (100, 0)])
def test_a_stretch_is_sorted_and_only_the_last_waits_in_memory(tmp_path: Path, most: int, files: int) -> None:
    stretches = Stretches(tmp_path, ACTIVITY.schema, most)
    filled(stretches)
    assert len(list(tmp_path.iterdir())) == files
    found = [stretch["mailbox"].to_list() for stretch in stretches]
    assert all(one == sorted(one) for one in found)
    assert sorted(number for one in found for number in one) == sorted(NUMBERS)


@pytest.mark.parametrize("most", [1, 3, 100])
@pytest.mark.parametrize("kind", [Parts, Stretches])
def test_a_scan_finds_every_row_in_files(tmp_path: Path, kind: type[Parts], most: int) -> None:
    parts = filled(kind(tmp_path, ACTIVITY.schema, most))
    assert sorted(parts.scan().collect()["mailbox"]) == sorted(NUMBERS)
    assert parts.waiting == []


def test_nothing_is_an_empty_table(tmp_path: Path) -> None:
    stretches = Stretches(tmp_path, ACTIVITY.schema)
    assert list(stretches) == []
    assert stretches.scan().collect().equals(ACTIVITY.empty())
    assert list(tmp_path.iterdir()) == []

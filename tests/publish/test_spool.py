"""Rows put aside by place."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene.publish.spool import Spool, write_parquet

ROWS = pl.DataFrame({"place": [2, 1, 2, None], "text": ["a", "b", "c", "d"]})


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Twice the same rows."""
    made = Spool(tmp_path / "rows.spool", ROWS.drop("place").schema)
    made.put(ROWS, ["place"])
    made.put(ROWS.with_columns(pl.col("text").str.to_uppercase()), ["place"])
    return made


@pytest.mark.parametrize(("place", "texts"), [(1, ["b", "B"]), (2, ["a", "c", "A", "C"]), (None, ["d", "D"]), (3, [])])
def test_a_place_gives_its_rows_in_the_order_they_were_put(spool: Spool, place: int | None, texts: list[str]) -> None:
    assert_frame_equal(spool.take((place,)), pl.DataFrame({"text": texts}, schema={"text": pl.String}))


def test_types_of_a_few_known_words_come_back_alike(tmp_path: Path) -> None:
    few = pl.DataFrame({"place": [1, 2], "word": pl.Series(["keep", None], dtype=pl.Enum(["hold", "keep"]))})
    spool = Spool(tmp_path / "rows.spool", few.drop("place").schema)
    spool.put(few, ["place"])
    found = pl.concat(spool.take((place,)) for place in (1, 2, 3))
    assert_frame_equal(found, few.drop("place"))


def test_frames_become_one_file_in_their_order(tmp_path: Path) -> None:
    frames = [ROWS, ROWS.clear(), ROWS.reverse()]
    write_parquet(iter(frames), tmp_path / "rows.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "rows.parquet"), pl.concat(frames))


def test_what_goes_wrong_between_two_frames_is_told_as_it_is(tmp_path: Path) -> None:
    def frames() -> Iterator[pl.DataFrame]:
        yield ROWS
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as told:
        write_parquet(frames(), tmp_path / "rows.parquet")
    assert told.value.errno == 28

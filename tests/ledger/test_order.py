"""Ledger entries in stretches."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene.ledger.order import in_order
from tests.ledger.entries import entries, entry


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches of seven, so that a few entries make several."""
    monkeypatch.setattr("hygiene.ledger.order.STRETCH_ROWS", 7)


def shuffled(people: int) -> pl.DataFrame:
    """Two entries each, in no order."""
    made = [entry(f"user{number % people}@example.org") for number in range(2 * people)]
    return entries(*made).sample(fraction=1, shuffle=True, seed=3)


@pytest.mark.parametrize("people", [0, 1, 3, 4, 50])
def test_stretches_put_together_are_all_entries_in_order(people: int, tmp_path: Path) -> None:
    given = shuffled(people) if people else entries(entry("ann@example.org")).clear()
    assert_frame_equal(pl.concat(in_order(given.lazy(), tmp_path)), given.sort("mailbox_key", maintain_order=True))


def test_many_entries_come_in_stretches_of_about_that_size(tmp_path: Path) -> None:
    heights = [stretch.height for stretch in in_order(shuffled(50).lazy(), tmp_path)]
    assert max(heights) <= 2 * 7
    assert len(heights) > 10


def test_those_of_one_mailbox_stay_together_however_many_they_are(tmp_path: Path) -> None:
    given = entries(*(entry("ann@example.org") for _ in range(40)), entry("bob@example.org"))
    found = [
        stretch["mailbox_key"].unique().to_list() for stretch in in_order(given.lazy(), tmp_path) if stretch.height
    ]
    assert sorted(key for keys in found for key in keys) == ["ann@example.org", "bob@example.org"]


def test_those_of_one_mailbox_keep_their_order_as_the_last_word_counts(tmp_path: Path) -> None:
    given = entries(entry("zoe@example.org"), entry("ann@example.org"), entry("ann@example.org", action="lift"))
    assert pl.concat(in_order(given.lazy(), tmp_path))["action"].to_list() == ["suppress", "lift", "suppress"]


def test_entries_without_a_mailbox_come_last(tmp_path: Path) -> None:
    given = entries(entry("ann@example.org"), entry("zoe@example.org")).with_columns(
        mailbox_key=pl.Series([None, "zoe@example.org"])
    )
    assert pl.concat(in_order(given.lazy(), tmp_path))["mailbox_key"].to_list() == ["zoe@example.org", None]

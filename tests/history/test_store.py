"""A file is parsed once and an event is kept once, in any order of files, however they overlap."""

from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from hygiene.history.store import History
from tests.builders import event, events

ANN = event("delivered", "ann@example.org", "2026-05-31T23:59", event_id="1")
BOB = event("opened", "bob@example.org", "2026-06-01T00:01", event_id="2")
CY = event("bounced", "cy@example.org", "2026-06-02", diagnostic="550 no")
FILES = {"a": events(ANN, BOB), "b": events(BOB, CY, CY), "c": events(CY)}


@pytest.mark.parametrize("order", list(permutations(FILES)))
def test_overlapping_files_in_any_order_give_the_same_events(order: tuple[str, ...], tmp_path: Path) -> None:
    history = History(str(tmp_path))
    added = [history.append(name, FILES[name].lazy()).new for name in order]
    found = history.scan().select("address", "kind").collect().sort("address")
    assert sum(added) == 3
    assert found.rows() == [
        ("ann@example.org", "delivered"),
        ("bob@example.org", "opened"),
        ("cy@example.org", "bounced"),
    ]


def test_a_file_read_before_is_known_by_its_digest(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    history.append("a", FILES["a"].lazy())
    assert history.unread(["a", "b"]) == {"b"}


def test_events_lie_by_month(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    history.append("a", FILES["a"].lazy())
    assert history.state.scan().collect()["month"].sort().to_list() == ["2026-05", "2026-06"]


def test_a_forgotten_mailbox_leaves_no_event(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    history.append("a", FILES["a"].lazy())
    history.forget(["ann@example.org"])
    assert history.of("ann@example.org").is_empty()
    assert not any(
        b"ann@example.org" in pl.read_parquet(file).write_csv().encode() for file in tmp_path.rglob("*.parquet")
    )

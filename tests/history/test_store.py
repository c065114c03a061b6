"""A file is parsed once and an event is kept once, in any order of files, however they overlap."""

from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from hygiene.classify.engagement import of_people
from hygiene.history.store import History
from hygiene.normalize.activity import activity, is_activity
from hygiene.normalize.numbers import number
from tests.builders import event, events, instant

ANN = event("delivered", "ann@example.org", "2026-05-31T23:59", event_id="1")
BOB = event("opened", "bob@example.org", "2026-06-01T00:01", event_id="2")
DAN = event("unsubscribed", "dan@example.org", "2026-05-02")
CY = event("bounced", "cy@example.org", "2026-06-02", diagnostic="550 no")
FILES = {"a": events(ANN, BOB), "b": events(BOB, CY, CY, DAN), "c": events(CY, ANN)}


def append(history: History, name: str) -> int:
    """How many events of a file are new."""
    whole = FILES[name].filter(~is_activity())
    return history.append(name, whole.lazy(), activity(FILES[name]).lazy()).new


@pytest.mark.parametrize("order", list(permutations(FILES)))
def test_overlapping_files_in_any_order_give_the_same_events(order: tuple[str, ...], tmp_path: Path) -> None:
    history = History(str(tmp_path))
    added = [append(history, name) for name in order]
    found = history.scan().select("address", "kind").collect().sort("address")
    assert sum(added) == 2
    assert found.rows() == [("cy@example.org", "bounced"), ("dan@example.org", "unsubscribed")]


@pytest.mark.parametrize("order", list(permutations(FILES)))
def test_overlapping_files_in_any_order_tell_the_same_of_the_days_of_a_person(
    order: tuple[str, ...], tmp_path: Path
) -> None:
    history = History(str(tmp_path))
    for name in order:
        append(history, name)
    found = of_people(history.activity()).select("deliveries", "human_at").collect()
    assert sorted(found.rows(), key=str) == [(1, None), (None, instant(BOB["occurred_at"]))]


def test_a_crash_between_the_two_tables_loses_and_doubles_nothing(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    history.counted.append(activity(FILES["a"]), "file:a")
    assert history.unread(["a"]) == {"a"}
    append(history, "a")
    assert history.activity().collect().height == 2


def test_a_file_read_before_is_known_by_its_digest(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    append(history, "a")
    assert history.unread(["a", "b"]) == {"b"}


def test_events_lie_by_month(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    append(history, "b")
    assert history.state.scan().collect()["month"].sort().to_list() == ["2026-05", "2026-06"]


def test_a_forgotten_mailbox_leaves_no_event(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    append(history, "a")
    append(history, "b")
    history.forget(["bob@example.org", "cy@example.org"])
    assert all(found.is_empty() for key in ("bob@example.org", "cy@example.org") for found in history.of(key))
    left = pl.concat([pl.read_parquet(file, columns=["mailbox"]) for file in (tmp_path / "activity").glob("*.parquet")])
    assert left.unique().to_series().to_list() == [pl.select(number(pl.lit("ann@example.org"))).item()]
    assert not any(
        b"cy@example.org" in pl.read_parquet(file).write_csv().encode() for file in tmp_path.rglob("*.parquet")
    )

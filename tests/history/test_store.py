"""A file is parsed once and an event is kept once, in any order of files, however they overlap."""

import gzip
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from hygiene import gather
from hygiene.classify.engagement import engagement
from hygiene.history.store import FileRows, History
from hygiene.model.engagement_table import ENGAGEMENT
from hygiene.normalize.activity import activity, is_activity
from hygiene.normalize.numbers import number
from tests.builders import AS_OF, SIGNS, event, events, instant
from tests.exchange.jobs import job, store

ANN = event("delivered", "ann@example.org", "2026-05-31T23:59", event_id="1")
BOB = event("opened", "bob@example.org", "2026-06-01T00:01", event_id="2")
DAN = event("unsubscribed", "dan@example.org", "2026-05-02")
CY = event("bounced", "cy@example.org", "2026-06-02", diagnostic="550 no")
FILES = {"a": events(ANN, BOB), "b": events(BOB, CY, CY, DAN), "c": events(CY, ANN)}


def append(history: History, *names: str) -> int:
    """How many events of these files are new."""
    return history.append([rows(name) for name in names]).new


def rows(name: str) -> FileRows:
    return FileRows(name, FILES[name].filter(~is_activity()).lazy(), [activity(FILES[name]).sort("mailbox")])


def held(history: History) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Events and activity, in order."""
    events = history.scan().drop("source", "line").collect()
    return sorted(events.rows(), key=str), sorted(history.activity().collect().rows(), key=str)


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
    told, nobody = history.activity(), pl.DataFrame(schema=SIGNS)
    found = engagement(ENGAGEMENT.empty(), told.collect(), told, nobody).select("deliveries", "human_at")
    assert sorted(found.rows(), key=str) == [(1, None), (None, instant(BOB["occurred_at"]))]


def test_a_crash_between_the_two_tables_loses_and_doubles_nothing(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    history.counted.append(activity(FILES["a"]), "file:a")
    assert history.unread(["a"]) == {"a"}
    append(history, "a")
    assert history.activity().collect().height == 2


@pytest.mark.parametrize("groups", [["abc"], ["ab", "c"], ["c", "ba"], ["cba"]])
@pytest.mark.parametrize("rows_together", [1, 3, 100])
def test_files_told_together_leave_what_they_leave_one_by_one(
    groups: list[str], rows_together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hygiene.history.store.STRETCH_ROWS", rows_together)
    one_by_one, together = History(str(tmp_path / "one")), History(str(tmp_path / "together"))
    added = sum(append(one_by_one, name) for name in FILES)
    assert sum(append(together, *names) for names in groups) == added
    assert held(together) == held(one_by_one)
    assert together.unread(list(FILES)) == set()


def test_a_crash_between_the_two_tables_is_finished_by_another_group(tmp_path: Path) -> None:
    history, whole = History(str(tmp_path / "crashed")), History(str(tmp_path / "whole"))
    history.counted.append(pl.concat([activity(FILES["a"]), activity(FILES["b"])]), ["file:a", "file:b"])
    append(history, "c", "b", "a")
    append(whole, "a", "b", "c")
    assert held(history) == held(whole)


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


SENT = "to=<ann@example.org>, relay=mx.example.org[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (250 2.0.0 OK)"
LOG = [f"2026-06-{day:02d}T08:00:00.000000+00:00 mx postfix/smtp[7]: A{day}: {SENT}" for day in range(1, 31)]


def night(folder: Path, logs: dict[str, list[str]]) -> tuple[dict[str, int], int]:
    """What a night counts that reads these files, and how many events that only count are kept after it."""
    for name, lines in logs.items():
        content = "".join(f"{line}\n" for line in lines).encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (folder / "work").mkdir(exist_ok=True)
    loaded = job(folder, '[[events]]\npath = "mail*"\nformat = "postfix"\n')
    files = gather.open_files(loaded, store(loaded), AS_OF, folder / "work")
    past = gather.history(loaded, store(loaded), files, AS_OF, lambda _: None, writes=True)
    return past.counts, past.activity.collect().height


def test_a_log_that_grows_and_is_rotated_is_kept_once(tmp_path: Path) -> None:
    assert night(tmp_path, {"maillog": LOG[:20]})[1] == 20
    counts, kept = night(tmp_path, {"maillog": LOG[:25]})
    assert (counts["new"], counts["known"], kept) == (5, 20, 25)
    after = [LOG[0].replace("06-01", "07-01")]
    counts, kept = night(tmp_path, {"maillog-20260630.gz": LOG, "maillog": after})
    assert (counts["new"], counts["known"], kept) == (6, 25, 31)


def test_another_file_is_not_asked_for_what_it_repeats(tmp_path: Path) -> None:
    """That would cost a look at all that is kept, and changes nothing: days are counted."""
    assert night(tmp_path, {"maillog": LOG[:20]})[1] == 20
    assert night(tmp_path, {"mail2": LOG[5:25]})[1] == 40

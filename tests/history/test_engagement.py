"""What was worked out on an earlier night is used where it fits what is there now, and else made anew."""

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from hygiene import gather
from hygiene.classify.domain_facts import domain_facts
from hygiene.config import load_job
from hygiene.flow import run
from hygiene.gather import Known, Subscribers
from hygiene.history.engagement import Kept
from hygiene.history.store import FileRows
from hygiene.model.engagement_table import ENGAGEMENT
from hygiene.model.tables import DNS_ANSWERS, IN_FORCE
from hygiene.normalize.activity import activity, is_activity
from hygiene.normalize.numbers import number
from hygiene.policy.policy import Policy
from hygiene.shard import Shard, with_evidence
from hygiene.state import StateTable
from hygiene.store import Store
from hygiene.validate.syntax import JUDGED
from tests.builders import event, events, instant, lifts, subscriber, subscribers
from tests.conftest import copy_job
from tests.exchange.jobs import job

PEOPLE = ["ann@example.org", "a.n.n@gmail.com", "ann+news@gmail.com", "bob@hotmail.com", "cy@example.org"]
LISTED = subscribers(*(subscriber(address, row=row) for row, address in enumerate(PEOPLE))).lazy()
ASKED = pl.LazyFrame(schema={"asked": pl.String, **JUDGED})
NOBODY, NOBODY_LIFTED = DNS_ANSWERS.empty(), lifts()
JUNE, JULY = instant("2026-06-15"), instant("2026-07-01")
EARLY = [event(kind, PEOPLE[0], f"2026-06-0{day}") for day in (1, 2, 3) for kind in ("delivered", "opened")]


@pytest.fixture(autouse=True)
def _a_few_events_are_worth_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.history.engagement.FEW", 0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "state"), {})


def told(store: Store, name: str, *happened: dict[str, Any]) -> None:
    file = events(*happened)
    rows = FileRows(name, file.filter(~is_activity()).lazy(), [activity(file).sort("mailbox")])
    store.history.append([rows])


def shard(store: Store, as_of: dt.datetime, shards: int = 1, lifted: pl.DataFrame = NOBODY_LIFTED) -> Shard:
    """What a night that writes decides from."""
    with tempfile.TemporaryDirectory() as work:
        past = gather.past(store, as_of)
        people = Subscribers([LISTED.drop(JUDGED).with_columns(asked=pl.lit(None, pl.String))], [ASKED])
        in_force = IN_FORCE.empty().lazy().with_columns(mailbox=pl.lit(None, pl.Int64))
        known = Known(pl.LazyFrame(), pl.DataFrame(), pl.DataFrame(), in_force, lifted.lazy())
        facts = domain_facts(people.domains().lazy(), NOBODY.lazy()).collect()
        whole = gather.shard(people, past, _negatives(store), facts, known, Path(work))
        caught_up = gather.caught_up(whole, past, store, shards, as_of)
        return replace(caught_up, stated=caught_up.stated.collect().lazy())


def _negatives(store: Store) -> pl.LazyFrame:
    """Bounces, all of them hard."""
    bounced = store.history.scan().filter(pl.col("kind") == "bounced")
    return bounced.with_columns(
        mailbox=number("mailbox_key"), reason=pl.lit("invalid_mailbox"), permanence=pl.lit("permanent"),
        bounce_rule=pl.lit("x"), burst=pl.lit(None, pl.String),
    )  # fmt: skip


def evidence(whole: Shard, as_of: dt.datetime) -> pl.DataFrame:
    return with_evidence(whole, Policy(), as_of).collect().sort("row")


def from_scratch(whole: Shard, as_of: dt.datetime) -> pl.DataFrame:
    return evidence(replace(whole, activity=whole.told, engagement=ENGAGEMENT.empty().lazy()), as_of)


def rows(kept: Kept) -> tuple[int, int]:
    """Rows that were kept, and beyond."""
    beyond = [frame.collect().height for frame in kept.beyond]
    return kept.rows.collect().height, sum(beyond)


def test_a_night_reads_what_was_kept_and_what_is_new(store: Store) -> None:
    told(store, "a", *EARLY)
    shard(store, JUNE)
    told(store, "b", event("delivered", PEOPLE[4], "2026-06-16"))
    assert rows(store.history.engagement.kept(JULY)) == (1, 1)


def test_an_event_after_the_night_that_kept_is_not_lost(store: Store) -> None:
    told(store, "a", *EARLY, event("delivered", PEOPLE[0], "2026-06-20"))
    shard(store, JUNE)
    assert rows(store.history.engagement.kept(JULY)) == (1, 1)
    assert evidence(shard(store, JULY), JULY)["deliveries"][0] == 4


def test_it_is_written_anew_when_there_is_more_beyond_it_than_in_it(store: Store) -> None:
    told(store, "a", *EARLY)
    assert store.history.engagement.kept(JUNE).is_due
    shard(store, JUNE)
    told(store, "b", event("delivered", PEOPLE[0], "2026-06-16"))
    assert not store.history.engagement.kept(JULY).is_due
    told(store, "c", event("delivered", PEOPLE[0], "2026-06-17"))
    assert store.history.engagement.kept(JULY).is_due
    shard(store, JULY)
    assert rows(store.history.engagement.kept(JULY)) == (1, 0)


def test_a_night_of_the_past_uses_nothing_and_leaves_what_was_kept(store: Store) -> None:
    told(store, "a", *EARLY, event("delivered", PEOPLE[0], "2026-06-20"))
    shard(store, JULY)
    kept = store.history.engagement.kept(JUNE)
    assert (*rows(kept), kept.is_due) == (0, 7, False)
    assert evidence(shard(store, JUNE), JUNE)["deliveries"][0] == 3
    assert rows(store.history.engagement.kept(JULY)) == (1, 0)


def test_the_forgotten_are_nowhere_and_the_others_are_made_anew(store: Store, tmp_path: Path) -> None:
    told(store, "a", *EARLY, event("delivered", PEOPLE[4], "2026-06-01"))
    shard(store, JUNE)
    store.history.forget([PEOPLE[0]])
    files = [pl.read_parquet(file, columns=["mailbox"]) for file in (tmp_path / "state").glob("*/part-*.parquet")]
    gone = pl.select(number(pl.lit(PEOPLE[0]))).item()
    assert len(files) >= 2
    assert not any(gone in file["mailbox"] for file in files)
    assert rows(store.history.engagement.kept(JULY)) == (0, 1)
    assert evidence(shard(store, JULY), JULY)["deliveries"].to_list() == [None, None, None, None, 1]


def test_a_crash_while_somebody_is_forgotten_leaves_no_evidence_of_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(table: StateTable, column: str, values: Sequence[int]) -> None:
        if table.table is ENGAGEMENT:
            raise KeyboardInterrupt
        delete(table, column, values)

    told(store, "a", *EARLY, event("delivered", PEOPLE[4], "2026-06-01"))
    shard(store, JUNE)
    delete = StateTable.delete
    monkeypatch.setattr(StateTable, "delete", crashing)
    with pytest.raises(KeyboardInterrupt):
        store.history.forget([PEOPLE[0]])
    assert rows(store.history.engagement.kept(JULY)) == (0, 1)


def test_a_history_that_was_compacted_is_worked_out_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.state.table.COMPACT_FROM", 1)
    told(store, "a", *EARLY)
    told(store, "b", event("delivered", PEOPLE[0], "2026-06-04"))
    shard(store, JUNE)
    store.history.tidy(30)
    assert rows(store.history.engagement.kept(JUNE)) == (0, 7)


def test_a_history_from_a_backup_is_worked_out_anew(store: Store, tmp_path: Path) -> None:
    told(store, "a", *EARLY)
    shutil.copytree(tmp_path / "state/activity", tmp_path / "backup")
    told(store, "b", event("delivered", PEOPLE[0], "2026-06-04"), *EARLY)
    shard(store, JUNE)
    shutil.rmtree(tmp_path / "state/activity")
    shutil.copytree(tmp_path / "backup", tmp_path / "state/activity")
    told(store, "c", event("delivered", PEOPLE[0], "2026-06-05"))
    assert rows(store.history.engagement.kept(JULY)) == (0, 7)


def test_what_was_kept_in_another_form_is_not_used(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told(store, "a", *EARLY)
    shard(store, JUNE)
    monkeypatch.setattr("hygiene.history.engagement.FORM", 2)
    kept = store.history.engagement.kept(JUNE)
    assert (*rows(kept), kept.is_due) == (0, 6, True)


def test_a_plan_uses_it_with_the_files_that_are_new_and_keeps_nothing(store: Store, tmp_path: Path) -> None:
    told(store, "a", *EARLY)
    shard(store, JUNE)
    mail = [f"2026-06-{day},cy@example.org,delivered" for day in range(16, 20)]
    (tmp_path / "new.csv").write_text("\n".join(["occurred_at,address,kind", *mail, ""]))
    loaded = job(tmp_path, '[[events]]\npath = "new.csv"\nformat = "generic"\n')
    files = gather.open_files(loaded, store, JULY, tmp_path)
    kept = gather.history(loaded, store, files, JULY, lambda _: None, writes=False).kept
    assert (*rows(kept), kept.is_due) == (1, 4, False)


def test_a_crash_while_it_is_written_leaves_what_was_kept(store: Store) -> None:
    def crashing() -> Iterator[pl.DataFrame]:
        yield ENGAGEMENT.empty()
        raise KeyboardInterrupt

    told(store, "a", *EARLY)
    shard(store, JUNE)
    told(store, "b", event("delivered", PEOPLE[0], "2026-06-16"))
    files = store.history.engagement.kept(JULY).files
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the library wraps it in one of its own
        store.history.engagement.keep(crashing(), files, JULY)
    assert rows(store.history.engagement.kept(JULY)) == (1, 1)


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_however_many_shards_it_holds_the_same(shards: int, store: Store) -> None:
    told(store, "a", *(event("delivered", person, f"2026-06-0{day}") for person in PEOPLE for day in (1, 2)))
    kept = shard(store, JUNE, shards).engagement.collect()
    assert sorted(kept.select("deliveries", "delivered_last_at").rows()) == [(2, instant("2026-06-02"))] * 5


KINDS = ["delivered", "delivered", "opened", "clicked", "bounced", "resubscribed"]
HAPPENED = st.tuples(
    st.sampled_from(KINDS), st.sampled_from(PEOPLE), st.sampled_from([1, 2, 9, 14]), st.sampled_from([8, 20])
)
AFTERWARDS = st.sampled_from(["nothing", "nothing", "compact", "forget"])
NIGHTS = st.tuples(st.lists(HAPPENED, max_size=8), st.sampled_from(["09T12:00", "15", "15"]), AFTERWARDS, st.booleans())


LIFTED = lifts({"scope": "mailbox", "key": PEOPLE[0], "rule": "*", "lifted_at": "2026-06-08", "is_lapse": False})


@settings(deadline=None, max_examples=12)
@given(st.lists(NIGHTS, min_size=2, max_size=4))
def test_whatever_happens_between_nights_the_evidence_is_that_of_a_rebuild(nights: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("hygiene.state.table.COMPACT_FROM", 0)
        store = Store(folder, {})
        for night, (happened, until, afterwards, is_lifted) in enumerate(nights):
            lines = [(kind, who, f"2026-06-{day:02}T{hour:02}:00") for kind, who, day, hour in happened]
            told(store, f"{night}", *(event(*line, diagnostic="550 5.1.1 no") for line in lines))
            as_of = instant(f"2026-06-{until}")
            whole = shard(store, as_of, lifted=LIFTED if is_lifted else NOBODY_LIFTED)
            assert_frame_equal(evidence(whole, as_of), from_scratch(whole, as_of))
            if afterwards == "compact":
                store.history.tidy(30)
            if afterwards == "forget":
                store.history.forget([PEOPLE[4]])


def test_two_nights_publish_the_same_as_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = []
    for few in (0, 1_000_000):
        monkeypatch.setattr("hygiene.history.engagement.FEW", few)
        loaded = load_job(copy_job(tmp_path / f"{few}"))
        _, outcome = (run(loaded, instant(as_of)) for as_of in ("2026-05-01", "2026-07-01"))
        assert outcome.folder
        published.append({file.name: file.read_bytes() for file in outcome.folder.glob("*.csv")})
        assert (tmp_path / f"{few}" / "state/engagement").exists() == (few == 0)
    assert published[0] == published[1]
    assert "suppressed.csv" in published[0]

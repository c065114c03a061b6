"""However many shards, and in whatever order rows and events come, the same rows are decided in the same way."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene import gather
from hygiene.classify.domain_facts import domain_facts
from hygiene.config import LoadedJob, load_job
from hygiene.decide.told import TOLD, is_asked, is_told
from hygiene.engines.disk import decide
from hygiene.publish.audit import trails, with_evidence
from hygiene.shard import Shard, clean_shard
from hygiene.store import Store
from tests.conftest import copy_job, hygiene

AS_OF = dt.datetime(2026, 7, 1, 3, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def night(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadedJob, Shard, list[pl.LazyFrame]]:
    """All of the sample as one shard, from the state that its run left."""
    loaded = load_job(sample / "configs/nightly.toml")
    store = Store(loaded.state, loaded.job.storage_options)
    work = tmp_path_factory.mktemp("work")
    subscribers = gather.subscribers(gather.open_all(loaded, work), work)
    past, memory = gather.past(store, AS_OF), store.dns.load()
    meant = gather.meant(past.events, loaded.policy, AS_OF, work)
    people = gather.people(subscribers.all, work)
    doubts = gather.doubted(meant, past.activity, people, memory, loaded.policy, AS_OF)
    negatives = gather.believed(meant, doubts, loaded.policy, work)
    known = gather.known(loaded, store, subscribers.all, work, "", AS_OF)
    facts = domain_facts(subscribers.domains().lazy(), memory.lazy()).collect()
    return loaded, gather.shard(subscribers, past, negatives, facts, known, work), subscribers.parts


@pytest.fixture(scope="module")
def alone(night: tuple[LoadedJob, Shard, list[pl.LazyFrame]]) -> pl.DataFrame:
    """What one shard in memory decides."""
    loaded, whole, _ = night
    return clean_shard(whole, loaded.policy, AS_OF).collect().sort("list", "row")


@pytest.mark.parametrize("shards", [1, 2, 7, 64])
def test_shards_on_disk_decide_as_one_in_memory(
    shards: int,
    night: tuple[LoadedJob, Shard, list[pl.LazyFrame]],
    alone: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hygiene.publish.audit.STRETCH", 300)
    loaded, whole, _ = night
    parts = gather.subscribers(gather.open_all(loaded, tmp_path), tmp_path, shards).parts
    decided = decide(whole, parts, loaded.policy, AS_OF, tmp_path)
    rows = decided.rows.collect().sort("list", "row")
    assert_frame_equal(
        rows.select("list", "row", "verdict", "rule", "fired"), alone.select("list", "row", "verdict", "rule", "fired")
    )
    told = decided.told.collect().sort("list", "row")
    assert told.height > 200
    assert_frame_equal(told, alone.filter(is_told() & is_asked()).select(TOLD))
    records = dict(rows.group_by("list").agg(pl.col("row").max() + 1).rows())
    trail = pl.concat(trails(decided.trail, records, "run", "policy", "{}"))
    assert trail.height > 500
    here = alone.join(trail.select("list", "row"), on=["list", "row"], how="semi", maintain_order="left")
    assert_frame_equal(trail.select("list", "row"), here.select("list", "row"))
    assert trail["evidence"].to_list() == with_evidence(here).sort("list", "row")["evidence"].to_list()


def test_the_order_of_rows_and_events_changes_nothing(
    night: tuple[LoadedJob, Shard, list[pl.LazyFrame]], alone: pl.DataFrame
) -> None:
    loaded, whole, _ = night
    shuffled = Shard(
        **{name: frame.collect().sample(fraction=1, shuffle=True, seed=7).lazy() for name, frame in vars(whole).items()}
    )
    found = clean_shard(shuffled, loaded.policy, AS_OF).collect().sort("list", "row")
    assert_frame_equal(found, alone)


def test_a_run_with_many_shards_publishes_the_same_lists(sample: Path, tmp_path: Path) -> None:
    job = copy_job(tmp_path)
    job.write_text("shards = 7\n" + job.read_text())
    ran = hygiene("run", str(job), "-q")
    assert ran.returncode == 0, ran.stderr
    for name in ("newsletter.csv", "customers.parquet", "suppressed.csv", "held.csv", "review.csv", "rejected.csv"):
        assert (tmp_path / "out/latest" / name).read_bytes() == (sample / "out/latest" / name).read_bytes(), name

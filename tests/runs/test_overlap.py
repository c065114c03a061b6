"""Domains are looked up while events are read: the same decisions, and no thread left however the night ends."""

import datetime as dt
import logging
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene import flow, gather
from hygiene.config import LoadedJob, load_job
from hygiene.engines import size
from hygiene.gather import asking
from hygiene.lookup.resolve import look_up
from hygiene.model.errors import InputError
from hygiene.store import Store
from tests.conftest import COMMAND, ROOT, hygiene
from tests.dns_server import DnsServer, Zone, serving

AS_OF = dt.datetime(2026, 5, 1, 2, tzinfo=dt.UTC)
DOMAINS = 300
ZONE: Zone = {
    **{f"d{number}.zone": {"MX": ["10 mx.canary.zone."]} for number in range(DOMAINS)},
    "null.zone": {"MX": ["0 ."]},
    "ill.zone": {"fault": "servfail"},
}
JOB = """\
[[lists]]
name = "letter"
path = "letter.csv"
[[events]]
path = "events.csv"
[dns]
resolvers = ["{resolver}"]
canary = "canary.zone"
timeout_seconds = 2
questions_per_second = {rate}
[policy]
brake_first_share = 1.0
"""
KINDS = ("delivered", "opened", "sent")
BESIDE = "domains are looked up while events are read"


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with serving(ZONE) as running:
        yield running


def job(folder: Path, resolver: str, rate: int = 100_000) -> LoadedJob:
    """A list whose first address bounced, and whose domains the resolver knows."""
    folder.mkdir(exist_ok=True)
    rows = "".join(f"ann@{domain}\n" for domain in [*ZONE, "gone.zone"])
    (folder / "letter.csv").write_text(f"email\n{rows}", "utf-8")
    (folder / "events.csv").write_text(
        "occurred_at,address,kind,diagnostic\n"
        "2026-04-02T10:00:00Z,ann@d0.zone,bounced,550 5.1.1 The email account that you tried to reach does not exist\n"
        "2026-04-03T10:00:00Z,ann@d1.zone,delivered,\n"
    )
    (folder / "job.toml").write_text(JOB.format(resolver=resolver, rate=rate), "utf-8")
    return load_job(folder / "job.toml")


def decided(folder: Path) -> pl.DataFrame:
    """What the audit trail says, but for what is told of the run itself."""
    trail = pl.read_parquet(folder / "out/latest/audit.parquet")
    return trail.select("list", "row", "address", "verdict", "rule").sort("list", "row")


def looked_up(loaded: LoadedJob) -> int:
    """Number of domains that the state knows."""
    return Store(loaded.state, loaded.job.storage_options).dns.load().height


def test_a_night_decides_the_same_whether_domains_are_looked_up_beside_or_after(
    tmp_path: Path, server: DnsServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.INFO):
        beside = flow.run(job(tmp_path / "beside", server.address), AS_OF)
        assert caplog.messages.count(BESIDE) == 1
        monkeypatch.setattr(size, "free_memory", lambda: size.TOGETHER_BYTES - 1)
        after = flow.run(job(tmp_path / "after", server.address), AS_OF)
        assert caplog.messages.count(BESIDE) == 1
        assert "memory is tight: events are read first" in caplog.messages
    assert_frame_equal(decided(tmp_path / "beside"), decided(tmp_path / "after"))
    counts = [{word: n for word, n in run.summary["lists"][0].items() if n} for run in (beside, after)]
    assert counts[0] == counts[1]
    assert counts[0]["suppress"] == 2
    assert beside.process["dns"]["asked"] == after.process["dns"]["asked"] == DOMAINS + 3


def test_a_plan_looks_up_beside_too_and_keeps_nothing(
    tmp_path: Path, server: DnsServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        planned = flow.plan(job(tmp_path, server.address), AS_OF)
    assert BESIDE in caplog.messages
    assert {word: n for word, n in planned.summary["lists"][0].items() if n}["suppress"] == 2
    assert not (tmp_path / "state").exists()


def test_the_run_says_how_long_the_look_up_took_and_how_long_it_waited(
    tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = gather.history

    def slow(*given: Any, **named: Any) -> gather.Past:
        time.sleep(2)
        return history(*given, **named)

    monkeypatch.setattr(gather, "history", slow)
    process = flow.run(job(tmp_path, server.address, rate=300), AS_OF).process
    dns, waited = process["dns"], next(one for one in process["stages"] if one["name"] == "look up domains")
    assert dns["seconds"] > 1
    assert dns["waited_seconds"] == pytest.approx(waited["seconds"], abs=0.001)
    assert dns["waited_seconds"] < dns["seconds"]
    assert process["seconds"] == pytest.approx(sum(one["seconds"] for one in process["stages"]), abs=0.01)


def test_the_profile_tells_of_the_look_up_alone(tmp_path: Path, server: DnsServer) -> None:
    job(tmp_path, server.address)
    ran = hygiene("run", str(tmp_path / "job.toml"), "-q", "--profile", "--as-of", AS_OF.isoformat())
    assert re.fullmatch(
        r"1 shards; domains: \d+\.\d\d s, \d+\.\d\d CPU s, waited for \d+\.\d\d s", ran.stderr.splitlines()[-1]
    )
    assert re.search(r"Domains: 303 looked up \([\d,]+/s, the run waited [\d.]+ of [\d.]+ s\)", ran.stdout)


def test_nothing_runs_beside_where_all_is_known(
    tmp_path: Path, server: DnsServer, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = job(tmp_path, server.address)
    flow.run(loaded, AS_OF)
    with caplog.at_level(logging.INFO):
        store = Store(loaded.state, loaded.job.storage_options)
        known = pl.DataFrame({"domain": ["d0.zone", "d1.zone"]})
        with gather.Asking(loaded, store, known, None, AS_OF) as asked:
            assert [thread.name for thread in threading.enumerate() if "look-up" in thread.name] == []
            assert asked.answers(lambda _: None).from_memory == 2
    assert BESIDE not in caplog.messages


def test_every_domain_is_told_once_to_who_waits(tmp_path: Path, server: DnsServer) -> None:
    loaded = job(tmp_path, server.address)
    told: list[int] = []
    rows = pl.DataFrame({"domain": [f"d{number}.zone" for number in range(DOMAINS)]})
    with gather.Asking(loaded, Store(loaded.state, {}), rows, None, AS_OF) as asked:
        asked.answers(told.append)
    assert sum(told) == DOMAINS


@pytest.mark.parametrize("error", [InputError("the file is cut off."), KeyboardInterrupt()])
def test_what_ends_the_reading_ends_the_look_up_and_keeps_what_it_learned(
    tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fails(*_: Any, **__: Any) -> gather.Past:
        while len(server.asked) < 60:
            time.sleep(0.01)
        raise error

    monkeypatch.setattr(gather, "history", fails)
    loaded, began = job(tmp_path, server.address, rate=20), time.monotonic()
    with pytest.raises(type(error)):
        flow.run(loaded, AS_OF)
    assert time.monotonic() - began < 15, "all domains would take 15 seconds and more"
    assert [thread.name for thread in threading.enumerate() if "look-up" in thread.name] == []
    assert 30 < looked_up(loaded) < DOMAINS
    assert not (tmp_path / "out/latest").exists()


def test_what_was_learned_whole_is_kept_where_reading_fails_later(
    tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> gather.Past:
        while any("look-up" in thread.name and not ended.is_set() for thread in threading.enumerate()):
            time.sleep(0.01)
        raise InputError("the file is cut off.")

    ended = threading.Event()

    def heard(*given: Any) -> Any:
        try:
            return look_up(*given)
        finally:
            ended.set()

    monkeypatch.setattr(asking, "look_up", heard)
    monkeypatch.setattr(gather, "history", fails)
    loaded = job(tmp_path, server.address)
    with pytest.raises(InputError, match="cut off"):
        flow.run(loaded, AS_OF)
    assert looked_up(loaded) == DOMAINS + 3


def test_an_error_of_the_look_up_is_told_by_the_run(
    tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise InputError("the look-up is broken.")

    monkeypatch.setattr(asking, "look_up", fails)
    with pytest.raises(InputError, match="the look-up is broken"):
        flow.run(job(tmp_path, server.address), AS_OF)
    assert [thread.name for thread in threading.enumerate() if "look-up" in thread.name] == []


def test_a_person_who_interrupts_the_wait_gets_one_sentence_and_what_was_learned(
    tmp_path: Path, server: DnsServer
) -> None:
    loaded = job(tmp_path, server.address, rate=20)
    command = [*COMMAND, "run", str(tmp_path / "job.toml"), "-q", "--as-of", AS_OF.isoformat()]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as run:
        while len(server.asked) < 60 and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert (run.returncode, said) == (130, "hygiene: interrupted; what was not complete was not published.\n")
    assert len(server.asked) < DOMAINS
    assert looked_up(loaded) > 30


def many_events(folder: Path, resolver: str) -> LoadedJob:
    """The job with thirty events for each of its rows."""
    loaded = job(folder, resolver)
    with (folder / "events.csv").open("a", encoding="utf-8") as file:
        for number in range(30 * DOMAINS):
            day = number % 28 + 1
            file.write(f"2026-03-{day:02}T10:00:00Z,ann@d{number % DOMAINS}.zone,{KINDS[number % 7 % 3]},\n")
    return loaded


def test_far_too_few_shards_are_made_good(tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = flow.run(many_events(tmp_path / "alone", server.address), AS_OF)
    monkeypatch.setattr(gather.events, "expected_events", lambda _: 0)
    monkeypatch.setattr(size, "MOST_BYTES", 100_000)
    outcome = flow.run(many_events(tmp_path / "shards", server.address), AS_OF)
    assert "scatter rows again" in [stage["name"] for stage in outcome.process["stages"]]
    assert (alone.process["shards"], outcome.process["shards"]) == (1, 15)
    assert_frame_equal(decided(tmp_path / "shards"), decided(tmp_path / "alone"))
    for name in ("letter.csv", "suppressed.csv", "held.csv", "review.csv"):
        ours, theirs = (tmp_path / folder / "out/latest" / name for folder in ("shards", "alone"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_shards_that_the_job_names_are_left(tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "MOST_BYTES", 100_000)
    many_events(tmp_path, server.address)
    path = tmp_path / "job.toml"
    path.write_text("shards = 1\n" + path.read_text())
    assert flow.run(load_job(path), AS_OF).process["shards"] == 1

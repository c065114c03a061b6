"""Whatever goes wrong on the way, everything arrives, and nothing is sent twice."""

import subprocess
import time
from collections.abc import Callable

import pytest

from hygiene.exchange.export import exports_folder
from hygiene.formats.api import Api
from hygiene.model.errors import PushError
from hygiene.push.client import Client
from hygiene.push.journal import Journal
from tests.conftest import COMMAND, ROOT
from tests.exchange.jobs import ANN, BOB, enter, lift
from tests.push.bench import BUSY, DOWN, SYSTEMS, Bench, one_system
from tests.push.server import CUT, SLOW, Answer


@pytest.mark.parametrize("bench", [name for name in SYSTEMS if name != "ses"], indirect=True)
@pytest.mark.parametrize("fault", [BUSY, DOWN, CUT, Answer(500), Answer(502, raw=b"<html>")], ids=str)
def test_a_busy_or_broken_system_is_asked_again(bench: Bench, fault: Answer | str) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "CMP101"))
    bench.server.faults = [fault, fault]
    bench.push()
    assert bench.theirs() == {ANN, BOB}


@pytest.mark.parametrize("bench", ["ses"], indirect=True)
def test_boto3_is_patient_with_a_busy_ses(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.server.faults = [Answer(429, {}, {"x-amzn-ErrorType": "TooManyRequestsException"}), DOWN]
    bench.push()
    assert bench.theirs() == {ANN}


@one_system
def test_the_wait_is_as_long_as_retry_after_says(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.server.faults = [BUSY, Answer(503, headers={"Retry-After": "Mon, 02 Mar 2026 09:16:01 GMT"})]
    bench.push()
    assert [seconds for seconds in bench.slept if seconds > 1] == [7.0, 30.0]


@one_system
def test_a_system_that_wants_an_hour_is_left_alone(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.server.faults = [Answer(429, headers={"Retry-After": "3600"})]
    with pytest.raises(PushError, match="asks to wait 3,600 s"):
        bench.push()


@one_system
def test_without_a_hint_the_waits_grow_and_end(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.server.faults = [DOWN] * 8
    with pytest.raises(PushError, match="answered 503, 8 times"):
        bench.push()
    waits = [seconds for seconds in bench.slept if seconds >= 1]
    assert len(waits) == 7
    assert all(1.5 * early < late for early, late in zip(waits[::2], waits[2::2], strict=False))


@one_system
def test_a_slow_answer_is_waited_for_only_so_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.exchange.pushing.Client", _hasty)
    enter(bench.loaded, (ANN, "BNC201"))
    bench.server.faults = [SLOW]
    bench.push()
    assert (bench.theirs(), len(bench.server.asked)) == ({ANN}, 2)


def _hasty(api: Api, base: str, sleep: Callable[[float], None]) -> Client:
    return Client(api, base, sleep=sleep, timeout=0.3)


@pytest.mark.parametrize("bench", ["postmark", "mailgun", "sparkpost"], indirect=True)
def test_after_a_stop_the_next_push_goes_on_and_sends_nothing_twice(bench: Bench) -> None:
    count = 20_001 if bench.system == "sparkpost" else 3000
    enter(bench.loaded, *((f"reader{number:05}@example.org", "BNC201") for number in range(count)))
    bench.server.after, bench.server.faults = 2, [DOWN] * 8
    with pytest.raises(PushError):
        bench.push()
    before = sum(bench.book.batches)
    assert 0 < before == len(bench.theirs())
    bench.push()
    assert sum(bench.book.batches) == len(bench.theirs()) == count


@one_system
def test_what_an_earlier_push_left_is_finished_before_what_came_since(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), *((f"reader{number}@example.org", "BNC201") for number in range(1500)))
    bench.server.after, bench.server.faults = 1, [DOWN] * 8
    with pytest.raises(PushError):
        bench.push()
    enter(bench.loaded, (BOB, "UNS111"))
    first, second = bench.push()
    assert (first.export.added, second.export.added) == (1501, 1)
    assert second.export.since == first.export.export_id
    assert len(bench.theirs()) == 1502
    assert bench.book.batches == [1000, 501, 1]


@one_system
def test_a_removal_left_over_is_not_sent_for_somebody_suppressed_again(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    bench.push()
    lift(bench.loaded, ANN, BOB)
    bench.server.after, bench.server.faults = 1, [DOWN] * 8
    with pytest.raises(PushError):
        bench.push()
    assert bench.theirs() == {BOB}
    enter(bench.loaded, (BOB, "CMP101"))
    bench.push()
    assert bench.theirs() == {BOB}
    assert [one.path for one in bench.server.of("DELETE")].count(f"/v3/asm/suppressions/global/{BOB}") == 8


@one_system
def test_a_line_of_the_journal_that_was_cut_short_counts_as_not_written(bench: Bench) -> None:
    enter(bench.loaded, *((f"reader{number}@example.org", "BNC201") for number in range(2500)))
    bench.server.after, bench.server.faults = 2, [DOWN] * 8
    with pytest.raises(PushError):
        bench.push()
    (folder,) = [path for path in exports_folder(bench.loaded).iterdir() if path.is_dir()]
    journal = Journal(folder)
    content = journal.path.read_bytes()
    journal.path.write_bytes(content[: content.index(b"\n") + 20])
    bench.push()
    assert (len(bench.theirs()), bench.book.batches) == (2500, [1000, 1000, 1000, 500])
    assert sum(sent.rows for sent in Journal(folder).read()) == 2500


@pytest.mark.parametrize("bench", ["postmark"], indirect=True)
def test_after_a_kill_only_the_request_that_was_under_way_is_sent_again(bench: Bench) -> None:
    enter(bench.loaded, *((f"reader{number:03}@example.org", "BNC201") for number in range(300)))
    bench.server.after, bench.server.faults, bench.server.slowness = 3, [SLOW], 20
    asked = ["export", "--to", "postmark", "--scope", "broadcast", "--push", "--base-url", bench.server.base]
    command = [*COMMAND, *asked, "--job", str(bench.loaded.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while len(bench.book.batches) < 4:
            time.sleep(0.02)
        running.kill()
    bench.push()
    assert (bench.book.batches, len(bench.theirs())) == ([50] * 7, 300)

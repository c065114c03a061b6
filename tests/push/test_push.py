"""What was exported reaches the system once, whatever goes wrong on the way, and nobody's refusal is lost."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hygiene.config import LoadedJob
from hygiene.exchange.export import exports_folder
from hygiene.exchange.pushing import Pushed, Route, push
from hygiene.exchange.rows import REFUSED, Wanted
from hygiene.formats.api import Api
from hygiene.model.errors import ConfigError, InputError, PushError
from hygiene.push.client import Client
from hygiene.push.journal import Journal
from tests.conftest import COMMAND, ROOT, hygiene
from tests.exchange.jobs import ANN, BOB, CY, DEE, LATER, enter, job, lift, store
from tests.push.server import CUT, SLOW, Answer, Server, serving
from tests.push.systems import Book, Brevo, Klaviyo, Mailgun, Postmark, SendGrid, Ses, SparkPost

SCOPES = {"mailgun": "news.example.com", "postmark": "broadcast", "ses": "eu-west-1"}
KEYS = ["SENDGRID_API_KEY", "MAILGUN_API_KEY", "SPARKPOST_API_KEY", "POSTMARK_SERVER_TOKEN", "BREVO_API_KEY",
        "KLAVIYO_API_KEY", "AWS_SECRET_ACCESS_KEY"]  # fmt: skip
KNOWN = {ANN, BOB, CY, DEE, *(f"reader{number}@example.org" for number in range(30_000))}
SYSTEMS: dict[str, Any] = {
    "sendgrid": SendGrid,
    "mailgun": Mailgun,
    "sparkpost": SparkPost,
    "postmark": Postmark,
    "brevo": lambda: Brevo(contacts=set(KNOWN)),
    "klaviyo": Klaviyo,
    "ses": Ses,
}
BUSY, DOWN = Answer(429, headers={"Retry-After": "7"}), Answer(503)


@dataclass
class Bench:
    """A job, a system, and what passed between them."""

    loaded: LoadedJob
    system: str
    book: Any
    server: Server
    slept: list[float] = field(default_factory=list)

    def push(self, **how: Any) -> list[Pushed]:
        wanted = Wanted(self.system, how.pop("scope", SCOPES.get(self.system, "")), **how)
        route = Route(self.server.base, self.bucket, self.slept.append)
        return push(self.loaded, wanted, route, LATER, lambda _: None)

    bucket: str = ""

    def theirs(self) -> set[str]:
        """Everybody on any of the system's lists."""
        if isinstance(self.book, Brevo):
            return {address for address, is_listed in self.book.of("blacklisted").items() if is_listed}
        return {address for rows in self.book.lists.values() for address in rows}

    def sent(self) -> list[str]:
        """Addresses of all requests that change something, in order; doubled where they were sent twice."""
        changing = [one for one in self.server.asked if one.method != "GET"]
        return [address for one in changing for address in KNOWN_IN(one.body.decode() + one.path)]


def KNOWN_IN(text: str) -> list[str]:  # noqa: N802 - a set of names, looked for
    return [address for address in (ANN, BOB, CY, DEE) if address in text]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.setenv(key, "secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """By the name of a system, or a pair of it and a book."""
    name, book = request.param if isinstance(request.param, tuple) else (request.param, None)
    made = book or SYSTEMS[name]()
    with serving(made) as server:
        yield Bench(job(tmp_path), name, made, server)


every_system = pytest.mark.parametrize("bench", list(SYSTEMS), indirect=True)
one_system = pytest.mark.parametrize("bench", ["sendgrid"], indirect=True)


@every_system
def test_additions_and_removals_arrive_and_are_confirmed(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "CMP101"), (CY, "UNS111"))
    (first,) = bench.push()
    assert (bench.theirs(), first.refused) == ({ANN, BOB, CY}, 0)
    lift(bench.loaded, ANN, BOB)
    enter(bench.loaded, (DEE, "ENG701"))
    (second,) = bench.push()
    assert second.export.since == first.export.export_id
    assert bench.theirs() == {BOB, CY, DEE}


@every_system
def test_nothing_is_sent_when_nothing_changed(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.push()
    asked = len(bench.server.asked)
    bench.push()
    assert len(bench.server.asked) == asked


@pytest.mark.parametrize("bench", ["mailgun"], indirect=True)
def test_each_reason_goes_to_the_list_that_the_words_name(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "CMP101"), (CY, "UNS111"), (DEE, "MAN002"))
    bench.push()
    assert {name: set(rows) for name, rows in bench.book.lists.items()} == {
        "bounces": {ANN}, "complaints": {BOB}, "unsubscribes": {CY, DEE},
    }  # fmt: skip


@pytest.mark.parametrize("bench", ["ses"], indirect=True)
def test_ses_gets_its_two_words(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "UNS111"), (BOB, "CMP101"))
    bench.push()
    assert bench.book.of("list") == {ANN: "BOUNCE", BOB: "COMPLAINT"}


@pytest.mark.parametrize(
    ("bench", "largest"),
    [("sendgrid", 1000), ("mailgun", 1000), ("sparkpost", 10_000), ("postmark", 50), ("klaviyo", 100)],
    indirect=["bench"],
)
def test_batches_are_as_large_as_the_system_takes_and_no_larger(bench: Bench, largest: int) -> None:
    count = 2 * largest + 1
    enter(bench.loaded, *((f"reader{number}@example.org", "BNC201") for number in range(count)))
    bench.push()
    assert bench.book.batches == [largest, largest, 1]
    assert len(bench.theirs()) == count


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


@one_system
def test_requests_keep_the_pace(bench: Bench) -> None:
    enter(bench.loaded, *((f"reader{number}@example.org", "BNC201") for number in range(2500)))
    bench.push()
    assert len(bench.slept) == 2
    assert all(0.1 < seconds <= 0.2 for seconds in bench.slept)


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


BAD_ONE = "bad@example.org"


@pytest.mark.parametrize("bench", ["mailgun", "sparkpost", "postmark", "ses"], indirect=True)
def test_one_bad_row_keeps_nobody_else_out_and_comes_again(bench: Bench) -> None:
    enter(bench.loaded, *((f"reader{number}@example.org", "BNC201") for number in range(40)), (BAD_ONE, "BNC201"))
    (done,) = bench.push()
    assert (done.refused, len(bench.theirs())) == (1, 40)
    refused = pl.read_parquet(done.folder / REFUSED)
    assert refused["address"].to_list() == [BAD_ONE]
    assert refused["why"].item()
    (again,) = bench.push()
    assert (again.export.added, again.refused) == (1, 1)


@pytest.mark.parametrize("bench", [("sendgrid", SendGrid(silent={BOB}))], indirect=True)
def test_whom_the_echo_leaves_out_was_not_taken(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    (done,) = bench.push()
    assert (bench.theirs(), done.refused) == ({ANN}, 1)


@pytest.mark.parametrize("bench", [("brevo", Brevo(contacts={ANN, CY, DEE}, failing={DEE}))], indirect=True)
def test_failures_without_a_name_are_found_row_by_row(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "BNC201"), (CY, "UNS111"), (DEE, "BNC201"))
    (done,) = bench.push()
    assert (bench.theirs(), done.refused) == ({ANN, CY}, 2)
    assert set(pl.read_parquet(done.folder / REFUSED)["address"]) == {BOB, DEE}


@pytest.mark.parametrize("bench", [("postmark", Postmark(complaints={ANN}))], indirect=True)
def test_a_removal_that_is_refused_comes_again(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.push()
    lift(bench.loaded, ANN)
    (done,) = bench.push()
    assert (done.export.removed, done.refused, bench.theirs()) == (1, 1, {ANN})
    bench.book.complaints = set()
    bench.push()
    assert bench.theirs() == set()


@pytest.mark.parametrize("bench", [("sparkpost", SparkPost(compliance={ANN}))], indirect=True)
def test_a_row_that_may_not_be_removed_stops_nobody_else(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    bench.push()
    lift(bench.loaded, ANN, BOB)
    (done,) = bench.push()
    assert (done.refused, bench.theirs()) == (1, {ANN})


@pytest.mark.parametrize("bench", ["mailgun"], indirect=True)
def test_a_system_that_refuses_every_row_is_left_alone(bench: Bench) -> None:
    enter(bench.loaded, *((f"bad{number}@example.org", "BNC201") for number in range(300)))
    with pytest.raises(PushError, match="25 rows in a row were refused"):
        bench.push()
    assert len(bench.server.asked) < 70


@pytest.mark.parametrize("bench", [("klaviyo", Klaviyo(skipped=1))], indirect=True)
def test_rows_that_a_job_skipped_are_told(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    (done,) = bench.push()
    assert (done.unclear, [wait for wait in bench.slept if wait >= 1]) == (1, [1.0, 2.0])


@pytest.mark.parametrize("bench", [("klaviyo", Klaviyo(ending="cancelled"))], indirect=True)
def test_a_job_that_ended_otherwise_is_not_confirmed(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    with pytest.raises(PushError, match="cancelled"):
        bench.push()
    assert store(bench.loaded).exports.last_confirmed(Wanted("klaviyo").series) is None


@pytest.mark.parametrize("bench", ["ses"], indirect=True)
def test_import_jobs_of_ses_hold_100000_additions_or_10000_removals(bench: Bench) -> None:
    bench.bucket = "s3://bucket/suppressions"
    many = [f"many{number}@example.org" for number in range(100_060)]
    enter(bench.loaded, *((address, "BNC201") for address in many))
    bench.push()
    assert bench.book.jobs == [("PUT", 100_000, 0), ("PUT", 60, 0)]
    lift(bench.loaded, *many[:10_060])
    bench.push()
    assert bench.book.jobs[2:] == [("DELETE", 10_000, 0), ("DELETE", 60, 0)]
    assert bench.theirs() == set(many[10_060:])


@pytest.mark.parametrize("bench", [("ses", Ses(failing={"reader7@example.org"}))], indirect=True)
def test_import_jobs_of_ses_take_many_at_once_and_tell_of_failures(bench: Bench) -> None:
    bench.bucket = "s3://bucket/suppressions"
    enter(bench.loaded, *((f"reader{number}@example.org", "BNC201") for number in range(120)))
    (done,) = bench.push()
    assert bench.book.jobs[0] == ("PUT", 120, 1)
    assert (len(bench.theirs()), bench.book.objects) == (120, {})
    assert done.refused == 0
    lift(bench.loaded, *(f"reader{number}@example.org" for number in range(120)))
    bench.push()
    assert (bench.theirs(), bench.book.jobs[-1][0]) == (set(), "DELETE")


@pytest.mark.parametrize("bench", list(SYSTEMS), indirect=True)
def test_a_credential_that_is_refused_stops_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.setenv(key, "other")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
    enter(bench.loaded, (ANN, "BNC201"))
    with pytest.raises(ConfigError, match="refuse"):
        bench.push()
    assert len(bench.server.asked) == 1


@one_system
def test_a_credential_that_is_not_set_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENDGRID_API_KEY")
    enter(bench.loaded, (ANN, "BNC201"))
    with pytest.raises(ConfigError, match="SENDGRID_API_KEY"):
        bench.push()


@pytest.mark.parametrize(
    ("bench", "scope"), [("mailgun", "other.example.com"), ("postmark", "nope")], indirect=["bench"]
)
def test_a_list_that_is_not_there_is_told(bench: Bench, scope: str) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    with pytest.raises(InputError, match="no such list"):
        bench.push(scope=scope)


@pytest.mark.parametrize("bench", ["mailgun"], indirect=True)
def test_a_system_with_several_lists_wants_to_know_which(bench: Bench) -> None:
    with pytest.raises(InputError, match="the sending domain"):
        bench.push(scope="")


def test_the_key_never_travels_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="in the clear"):
        push(job(tmp_path), Wanted("sendgrid"), Route("http://api.example.com"), LATER, lambda _: None)


@one_system
def test_without_the_extra_libraries_it_is_told_which_to_install(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.push.client.find_spec", lambda name: None if name == "httpx" else name)
    with pytest.raises(ConfigError, match=r"hygiene\[push\]"):
        bench.push()


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


@one_system
def test_what_the_system_says_is_told_without_addresses(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.server.faults = [Answer(418, {"message": f"no coffee for {ANN}"})]
    with pytest.raises(PushError, match="no coffee for …"):
        bench.push()


@one_system
def test_the_key_stands_in_no_file_and_no_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "hygiene")
    enter(bench.loaded, (ANN, "BNC201"))
    bench.push()
    files = [file.read_bytes() for file in bench.loaded.base.rglob("*") if file.is_file()]
    assert not any(b"Bearer secret" in content for content in files)
    assert "secret" not in caplog.text
    assert ANN not in caplog.text


@one_system
def test_the_command_pushes_tells_and_ends_with_what_was_refused(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"), (BOB, "BNC201"))
    bench.book.silent = {BOB}
    asked = ["export", "--to", "sendgrid", "--push", "--base-url", bench.server.base, "--job", str(bench.loaded.path)]
    planned = hygiene(*asked, "--dry-run", SENDGRID_API_KEY="secret")
    assert (planned.returncode, bench.server.asked) == (0, [])
    assert "POST " in planned.stdout
    assert "2 rows in 1 request\n" in planned.stdout
    told = hygiene(*asked, "--json", "-q", SENDGRID_API_KEY="secret")
    assert (told.returncode, json.loads(told.stdout)[0]["refused"]) == (6, 1)
    assert "1 rows were refused" in told.stderr
    assert isinstance(bench.book, Book)

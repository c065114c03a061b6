"""What was exported reaches the system once, as it wants it, and the command tells how it went."""

import json
from pathlib import Path

import pytest

from hygiene.exchange.pushing import Route, push
from hygiene.exchange.rows import Wanted
from hygiene.model.errors import ConfigError, InputError
from tests.conftest import hygiene
from tests.exchange.jobs import ANN, BOB, CY, DEE, LATER, enter, job, lift
from tests.push.bench import Bench, every_system, one_system
from tests.push.book import Book
from tests.push.systems_with_jobs import Ses


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


@one_system
def test_requests_keep_the_pace(bench: Bench) -> None:
    enter(bench.loaded, *((f"reader{number}@example.org", "BNC201") for number in range(2500)))
    bench.push()
    assert len(bench.slept) == 2
    assert all(0.1 < seconds <= 0.2 for seconds in bench.slept)


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

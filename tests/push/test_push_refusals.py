"""What a system refuses is told and comes again, and keeps nobody else out."""

import polars as pl
import pytest

from hygiene.exchange.rows import REFUSED, Wanted
from hygiene.model.errors import ConfigError, InputError, PushError
from tests.exchange.jobs import ANN, BOB, CY, DEE, enter, lift, store
from tests.push.bench import KEYS, SYSTEMS, Bench, one_system
from tests.push.server import Answer
from tests.push.systems import Brevo, Postmark, SendGrid, SparkPost
from tests.push.systems_with_jobs import Klaviyo

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


@one_system
def test_what_the_system_says_is_told_without_addresses(bench: Bench) -> None:
    enter(bench.loaded, (ANN, "BNC201"))
    bench.server.faults = [Answer(418, {"message": f"no coffee for {ANN}"})]
    with pytest.raises(PushError, match="no coffee for …"):
        bench.push()

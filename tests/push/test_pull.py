"""A system's list comes whole, whatever its paging, in a form that the ledger takes."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hygiene import by_person
from hygiene.config import SuppressionSource
from hygiene.exchange.pull import pull
from hygiene.model.errors import ConfigError, InputError, PushError
from tests.builders import AS_OF
from tests.conftest import hygiene
from tests.exchange.jobs import ANN, BOB, CY, DEE, job, store
from tests.push.server import CUT, Answer, Server, serving
from tests.push.systems import Brevo, Mailgun, Postmark, SendGrid, SparkPost
from tests.push.systems_with_jobs import Klaviyo, Ses

MANY = [f"reader{number:05}@example.org" for number in range(20_001)]
WHEN = "2026-03-02T09:15:31"


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Server]]:
    with serving(request.param) as server:
        yield request.param, server


def listing(**lists: Any) -> dict[str, dict[str, Any]]:
    return {name: dict.fromkeys(rows, "x") if isinstance(rows, list) else rows for name, rows in lists.items()}


CASES = [
    ("sendgrid", "",
     SendGrid(listing(bounces=MANY[:1203], spam_reports=[ANN], unsubscribes=[BOB], invalid_emails=[CY])),
     {**dict.fromkeys(MANY[:1203], "hard_bounce"), ANN: "complaint", BOB: "unsubscribe", CY: "invalid"}),
    ("mailgun", "news.example.com", Mailgun(listing(bounces=MANY[:2001], complaints=[ANN], unsubscribes=[BOB])),
     {**dict.fromkeys(MANY[:2001], "hard_bounce"), ANN: "complaint", BOB: "unsubscribe"}),
    ("sparkpost", "", SparkPost(listing(list=MANY)), dict.fromkeys(MANY, "complaint")),
    ("postmark", "broadcast", Postmark(listing(list=[ANN, BOB])), dict.fromkeys([ANN, BOB], "hard_bounce")),
    ("brevo", "", Brevo(listing(blocked=MANY[:230])), dict.fromkeys(MANY[:230], "complaint")),
    ("klaviyo", "", Klaviyo({"profiles": {ANN: "SPAM_COMPLAINT", BOB: "UNSUBSCRIBE", CY: "UNSUBSCRIBE",
                                          DEE: "UNSUBSCRIBE", **dict.fromkeys(MANY[:201], "HARD_BOUNCE")}}),
     {ANN: "complaint", BOB: "unsubscribe", CY: "unsubscribe", DEE: "unsubscribe",
      **dict.fromkeys(MANY[:201], "hard_bounce")}),
    ("ses", "eu-west-1", Ses({"list": {ANN: "COMPLAINT", **dict.fromkeys(MANY[:2001], "BOUNCE")}}),
     {ANN: "complaint", **dict.fromkeys(MANY[:2001], "hard_bounce")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("system", "scope", "served", "expected"), CASES, indirect=["served"], ids=[case[0] for case in CASES]
)
def test_the_whole_list_comes_in_our_words_and_goes_into_the_ledger(
    system: str, scope: str, served: tuple[Any, Server], expected: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    served[1].faults = [] if system == "ses" else [Answer(429, headers={"Retry-After": "0"}), CUT]
    counts = pull(system, scope, served[1].base, path, lambda _: None)
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert {row["address"]: row["reason"] for row in rows} == expected
    assert counts.total() == len(rows) == len(expected)
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    loaded = job(tmp_path)
    entered = by_person.import_list(loaded, SuppressionSource(path=str(path), name=system), AS_OF)
    assert entered == len(expected)
    known = store(loaded).ledger.scan().collect()
    if system != "sparkpost":
        assert all(WHEN in text for text in known["evidence"])


@pytest.mark.parametrize("served", [SendGrid(listing(spam_reports=[ANN, BOB]))], indirect=True)
def test_the_command_tells_counts_and_what_to_do_next(served: tuple[Any, Server], tmp_path: Path) -> None:
    path = str(tmp_path / "list.csv")
    told = hygiene(
        "pull", "--from", "sendgrid", "--into", path, "--base-url", served[1].base, SENDGRID_API_KEY="secret"
    )
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, "2 rows: 2 complaint")
    assert f"hygiene ledger import {path} --from sendgrid" in told.stdout


@pytest.mark.parametrize("served", [SendGrid(listing(bounces=MANY[:1203]))], indirect=True)
def test_a_list_that_breaks_off_leaves_no_file(served: tuple[Any, Server], tmp_path: Path) -> None:
    served[1].after, served[1].faults = 1, [Answer(200, {"errors": []})]
    with pytest.raises(PushError, match="no list"):
        pull("sendgrid", "", served[1].base, tmp_path / "list.csv", lambda _: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("served", [Mailgun(listing(bounces=MANY[:2001]))], indirect=True)
def test_the_key_follows_no_link_to_another_place(served: tuple[Any, Server], tmp_path: Path) -> None:
    pull("mailgun", "news.example.com", served[1].base, tmp_path / "list.csv", lambda _: None)
    assert len([one for one in served[1].asked if one.path.endswith("/bounces")]) == 4


@pytest.mark.parametrize("served", [Mailgun()], indirect=True)
def test_a_list_that_goes_in_a_circle_is_noticed(served: tuple[Any, Server], tmp_path: Path) -> None:
    page = Answer(200, {"items": [{"address": ANN}], "paging": {"next": "/v3/news.example.com/bounces?limit=1000"}})
    served[1].faults = [page] * 3
    with pytest.raises(PushError, match="circle"):
        pull("mailgun", "news.example.com", served[1].base, tmp_path / "list.csv", lambda _: None)


@pytest.mark.parametrize("served", [Postmark()], indirect=True)
def test_what_cannot_be_read_is_told(
    served: tuple[Any, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.csv"
    with pytest.raises(InputError, match="cannot be read"):
        pull("postmark", "nope", served[1].base, path, lambda _: None)
    with pytest.raises(InputError, match="the message stream"):
        pull("postmark", "", served[1].base, path, lambda _: None)
    with pytest.raises(InputError, match="no API"):
        pull("hubspot", "", served[1].base, path, lambda _: None)
    monkeypatch.setenv("POSTMARK_SERVER_TOKEN", "other")
    with pytest.raises(ConfigError, match="refused"):
        pull("postmark", "broadcast", served[1].base, path, lambda _: None)

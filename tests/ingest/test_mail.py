"""Messages become events, one sample file a form; what is damaged costs no other message."""

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hygiene.classify.bounces import classify
from hygiene.formats.format import format_named
from hygiene.ingest.mail.redaction import is_redacted
from hygiene.ingest.mail.reports import told
from tests.conftest import ROOT
from tests.ingest.mail import BOUNCE, FROM, SAMPLES, addresses, bounce, files, mbox, read, sample

TABLE = (ROOT / "tests/cases/mail_events.csv").read_text("utf-8")

CASES = list(csv.DictReader(TABLE.splitlines()))

LINES = sorted({line for path in SAMPLES.glob("*/*.eml") for line in path.read_bytes().splitlines(keepends=True)})

FUZZED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_a_message_means_what_the_table_says(case: dict[str, str], tmp_path: Path) -> None:
    found = sample(case["file"], tmp_path)
    happened = [f"{kind} {address}" for kind, address in found.events.collect().select("kind", "address").rows()]
    assert "; ".join(happened) == case["events"]
    assert "; ".join(found.ignored) == case["ignored"]
    assert "; ".join(found.rejects["reason"]) == case["rejected"]


def test_the_words_of_a_bounce_reach_the_classifier(tmp_path: Path) -> None:
    meant = {case["file"]: case["means"] for case in CASES if case["means"]}
    told = {file: sample(file, tmp_path).events.collect() for file in meant}
    cells = ("reply_code", "status", "diagnostic", "esp_type")
    replies = pl.concat(events.select(*cells, file=pl.lit(file)) for file, events in told.items())
    judged = classify(replies.with_columns(mailbox_provider=pl.lit("example.org")))
    found = judged.group_by("file", maintain_order=True).agg(pl.col("reason").str.join("; "))
    assert dict(found.iter_rows()) == meant


def test_every_sample_has_its_line_in_the_table() -> None:
    found = {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*.eml")}
    assert found == {case["file"] for case in CASES}


@pytest.mark.parametrize("system", ["dsn", "arf"])
def test_every_kind_and_every_exception_of_a_format_has_a_sample(system: str, tmp_path: Path) -> None:
    found = [one.read() for one in files(tmp_path, str(SAMPLES / system))]
    ignored = {label.partition(": ")[2] for each in found for label in each.ignored}
    assert {rule.kind for rule in format_named(system).event if rule.kind} == {
        kind for one in found for kind in one.kinds
    }
    assert {rule.ignored for rule in format_named(system).event if rule.ignored} <= ignored


def test_a_bounce_happened_at_the_last_attempt(tmp_path: Path) -> None:
    at = sample("dsn/two-recipients.eml", tmp_path).events.collect()["occurred_at"].to_list()
    assert at == [dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)] * 2


def test_a_wrong_clock_is_set_right_by_what_our_own_server_wrote(tmp_path: Path) -> None:
    at = sample("dsn/wrong-clock.eml", tmp_path).events.collect()["occurred_at"].to_list()
    assert at == [dt.datetime(2026, 3, 2, 9, 15, 28, tzinfo=dt.UTC)]


def test_old_mail_that_was_moved_keeps_its_time(tmp_path: Path) -> None:
    moved = BOUNCE.replace(
        b"Received: from mx1", b"Received: by new.example.com; Tue, 1 Sep 2026 08:00:00 +0000\nX-Old: mx1", 1
    )
    at = read(tmp_path, moved).events.collect()["occurred_at"].to_list()
    assert at == [dt.datetime(2026, 3, 2, 9, 15, 31, tzinfo=dt.UTC)]


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "hex", "no-such-charset", "idna", "utf-16"])
def test_words_in_any_charset_are_read_or_told_apart(charset: str, tmp_path: Path) -> None:
    odd = (SAMPLES / "dsn/qmail.eml").read_bytes().replace(b"charset=utf-8", f"charset={charset}".encode())
    found = read(tmp_path, odd.replace(b"Remote host said:", b"\\ud800 +2AA- \xff", 1))
    assert found.events.collect().height + found.rejects.height > 0


def test_a_bounce_keeps_its_words_and_what_mailing_it_is_of(tmp_path: Path) -> None:
    row = sample("dsn/postfix.eml", tmp_path).events.collect().row(0, named=True)
    assert row["diagnostic"] == "smtp; 550 5.1.1 <gone1@example.org>: Recipient address rejected: user unknown"
    assert (row["status"], row["esp_type"], row["event_id"]) == ("5.1.1", "failed", "p1@mx1.example.net")
    assert (row["campaign"], row["stream"]) == ("spring26", "news.letters.example.com")


def test_a_reply_in_the_words_begins_with_its_code(tmp_path: Path) -> None:
    head = b"From: mailer-daemon@example.net\nX-Failed-Recipients: gone1@example.org\n"
    words = b"Date: Mon, 02 Mar 2026 09:15:31 +0000\n\nThe response was:\n\n550 5.1.1 no such user\n"
    rows = read(tmp_path, FROM + head + words)
    assert rows.events.collect()["diagnostic"].to_list() == ["550 5.1.1 no such user"]


@pytest.mark.parametrize("form", ["exim-words", "qmail", "yahoo-words", "gmail-words"])
def test_a_bounce_in_words_that_quotes_our_letter_is_of_its_mailing(form: str, tmp_path: Path) -> None:
    assert set(sample(f"dsn/{form}.eml", tmp_path).events.collect()["campaign"]) == {"spring26"}


def test_a_complaint_that_names_nobody_can_be_traced_by_its_ids(tmp_path: Path) -> None:
    raw = sample("arf/cfbl.eml", tmp_path).rejects["raw"].item()
    assert "message-id: <a37e51bf@letters.example.com>" in raw
    assert "cfbl-feedback-id: 111:222: 333:4444" in raw


@pytest.mark.parametrize(
    "masked",
    [
        "redacted",
        "redacted@example.org",
        "xxxxxxx@example.org",
        "a***@example.org",
        "rZ8cqXWGiKHzhz1MsFRGTysHia4=@example.org",
        "5f4dcc3b5aa765d61d8327deb882cf99@example.org",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12@example.org",
        "ann@redacted.invalid",
        "@example.org",
    ],
)
def test_what_stands_in_place_of_a_recipient_is_no_address(masked: str) -> None:
    assert is_redacted(masked)


@pytest.mark.parametrize(
    "real", ["ann@example.org", "a1b2c3d4@privaterelay.example", "x@example.org", "deadbeef@a.org"]
)
def test_an_odd_address_is_still_one(real: str) -> None:
    assert not is_redacted(real)


@FUZZED
@given(place=st.integers(0, len(BOUNCE) - 1), byte=st.integers(0, 255), keep=st.integers(0, len(BOUNCE)))
def test_damage_to_one_message_loses_no_other(place: int, byte: int, keep: int, tmp_path: Path) -> None:
    damaged = bytearray(bounce(2))
    damaged[place] = byte
    found = read(tmp_path, mbox(bounce(1), bytes(damaged), bytes(damaged[:keep]), bounce(3)), format="dsn")
    assert {"gone1@example.org", "gone3@example.org"} <= set(addresses(found))


@FUZZED
@given(content=st.binary(max_size=600))
def test_any_bytes_are_told_apart(content: bytes) -> None:
    dsn, arf = (format_named(name).read for name in ("dsn", "arf"))
    assert dsn is not None
    assert arf is not None
    assert told(content, dsn.mail, arf.mail).bounces == []


@FUZZED
@given(lines=st.lists(st.sampled_from(LINES)))
def test_any_lines_of_mail_are_read_or_told_apart(lines: list[bytes]) -> None:
    dsn, arf = (format_named(name).read for name in ("dsn", "arf"))
    assert dsn is not None
    assert arf is not None
    said = told(b"".join(lines), dsn.mail, arf.mail)
    assert said.bounces or said.complaints or said.ignored or said.problem

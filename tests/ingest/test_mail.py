"""Messages become events, one sample file a form; whatever else lies in a mailbox is counted or kept aside."""

import csv
import datetime as dt
import gzip
import os
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hygiene.classify.bounces import classify
from hygiene.config import EventSource
from hygiene.formats.format import format_named
from hygiene.ingest.events import EventFile, EventRows, read_events
from hygiene.ingest.mail import letters
from hygiene.ingest.mail.redaction import is_redacted
from hygiene.ingest.mail.reports import told
from hygiene.model.errors import InputError
from tests.conftest import ROOT

SAMPLES = ROOT / "sample_data/formats"
TABLE = (ROOT / "tests/cases/mail_events.csv").read_text("utf-8")
CASES = list(csv.DictReader(TABLE.splitlines()))
FROM = b"From MAILER-DAEMON Mon Mar  2 09:15:33 2026\n"
BOUNCE = (SAMPLES / "dsn/postfix.eml").read_bytes()
LINES = sorted({line for path in SAMPLES.glob("*/*.eml") for line in path.read_bytes().splitlines(keepends=True)})
FUZZED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def files(folder: Path, path: str, **how: str) -> list[EventFile]:
    (folder / "work").mkdir(exist_ok=True)
    return read_events(EventSource.model_validate({"path": path, **how}), folder, folder / "work")


def read(folder: Path, content: bytes, name: str = "bounces", **how: str) -> EventRows:
    (folder / name).write_bytes(content)
    return files(folder, name, **how)[0].read()


def sample(name: str, folder: Path) -> EventRows:
    return files(folder, str(SAMPLES / name))[0].read()


def bounce(number: int) -> bytes:
    return BOUNCE.replace(b"gone1@", b"gone%d@" % number).replace(b"<p1@", b"<p%d@" % number)


def mbox(*messages: bytes) -> bytes:
    return b"".join(FROM + message + b"\n" for message in messages)


def addresses(rows: EventRows) -> list[str]:
    return rows.events.collect().sort("address")["address"].to_list()


@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_a_message_means_what_the_table_says(case: dict[str, str], tmp_path: Path) -> None:
    found = sample(case["file"], tmp_path)
    happened = [f"{kind} {address}" for kind, address in found.events.collect().select("kind", "address").rows()]
    assert "; ".join(happened) == case["events"]
    assert "; ".join(found.ignored) == case["ignored"]
    assert "; ".join(found.rejects["reason"]) == case["rejected"]


@pytest.mark.parametrize("case", [case for case in CASES if case["means"]], ids=lambda case: case["file"])
def test_the_words_of_a_bounce_reach_the_classifier(case: dict[str, str], tmp_path: Path) -> None:
    replies = (
        sample(case["file"], tmp_path)
        .events.collect()
        .select("reply_code", "status", "diagnostic", "esp_type", mailbox_provider=pl.lit("example.org"))
    )
    assert "; ".join(classify(replies)["reason"]) == case["means"]


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


def test_an_mbox_is_read_message_by_message(tmp_path: Path) -> None:
    found = read(tmp_path, mbox(bounce(1), bounce(2), bounce(3)))
    rows = found.events.collect().sort("line")
    length = mbox(bounce(1)).count(b"\n")
    assert rows.select("address", "source", "line").rows() == [
        (f"gone{number}@example.org", "bounces", 1 + length * (number - 1)) for number in (1, 2, 3)
    ]


def test_blank_lines_before_an_mbox_and_a_line_like_its_marks_cost_nothing(tmp_path: Path) -> None:
    odd = bounce(1).replace(b"Spring is here.", b"From the team: meet us on Mon at 10:30, room 2026")
    rows = read(tmp_path, b"\n\n" + mbox(odd, bounce(2))).events.collect().sort("line")
    assert (rows["address"].to_list(), rows["line"][0]) == (["gone1@example.org", "gone2@example.org"], 3)


def test_a_packed_mbox_is_read_as_it_is(tmp_path: Path) -> None:
    assert addresses(read(tmp_path, gzip.compress(mbox(bounce(1), bounce(2))), "b.gz")) == [
        "gone1@example.org",
        "gone2@example.org",
    ]


def test_a_packed_mbox_that_is_cut_off_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cut off: copy it again"):
        read(tmp_path, gzip.compress(mbox(bounce(1), bounce(2)))[:-9], "b.gz")


def test_a_mailbox_whose_first_line_is_damaged_is_still_read(tmp_path: Path) -> None:
    damaged = mbox(bounce(1), bounce(2)).replace(b"From M", b"Frm M", 1)
    assert addresses(read(tmp_path, damaged, format="dsn")) == ["gone1@example.org", "gone2@example.org"]


def test_what_is_no_mail_is_refused_where_the_job_says_mail(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no mail"):
        read(tmp_path, b"email,kind\nann@example.org,bounced\n", format="dsn")


def test_an_empty_mailbox_that_the_job_names_has_no_events(tmp_path: Path) -> None:
    (tmp_path / "bounces").write_bytes(b"")
    (tmp_path / "Maildir/new").mkdir(parents=True)
    assert files(tmp_path, "bounces", format="dsn") == files(tmp_path, "Maildir") == []


def test_an_archive_is_read_file_by_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bounces.zip", "w") as archive:
        archive.writestr("in/one.eml", bounce(1))
        archive.writestr("more.mbox", mbox(bounce(2), bounce(3)))
        archive.writestr("notes.txt", "nothing of mail\n")
    found = files(tmp_path, "bounces.zip")[0].read()
    assert addresses(found) == [f"gone{number}@example.org" for number in (1, 2, 3)]
    assert set(found.events.collect()["source"]) == {"bounces.zip/in/one.eml", "bounces.zip/more.mbox"}
    assert found.rejects.select("source", "reason").rows() == [("bounces.zip/notes.txt", "no mail message")]


def test_a_damaged_file_of_an_archive_is_kept_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bounces.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in (1, 2, 3):
            archive.writestr(f"{number}.eml", bounce(number))
        broken = archive.getinfo("2.eml").header_offset + 60
    content = bytearray((tmp_path / "bounces.zip").read_bytes())
    content[broken : broken + 40] = bytes(40)
    found = read(tmp_path, bytes(content), "bounces.zip")
    assert addresses(found) == ["gone1@example.org", "gone3@example.org"]
    assert found.rejects["source"].to_list() == ["bounces.zip/2.eml"]


def maildir(folder: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (folder / "Maildir" / name).mkdir(parents=True)
    (folder / "Maildir/new/1772442933.M1.mx").write_bytes(bounce(1))
    (folder / "Maildir/cur/1772442934.M2.mx:2,S").write_bytes(bounce(2))
    (folder / "Maildir/tmp/1772442935.M3.mx").write_bytes(bounce(3)[:700])
    (folder / "Maildir/dovecot-uidlist").write_text("3 V1 N4\n")
    return folder / "Maildir"


def test_a_message_that_a_maildir_is_just_given_is_left_for_the_next_night(tmp_path: Path) -> None:
    maildir(tmp_path)
    found = files(tmp_path, "Maildir")
    assert [address for one in found for address in addresses(one.read())] == ["gone1@example.org", "gone2@example.org"]
    assert sum(one.read().rejects.height for one in found) == 0


def test_a_maildir_is_the_same_after_its_messages_were_seen(tmp_path: Path) -> None:
    folder = maildir(tmp_path)
    before = [one.digest for one in files(tmp_path, "Maildir")]
    (folder / "new/1772442933.M1.mx").rename(folder / "cur/1772442933.M1.mx:2,S")
    assert [one.digest for one in files(tmp_path, "Maildir")] == before


def test_a_message_that_is_moved_while_the_maildir_is_read_is_found_again(tmp_path: Path) -> None:
    folder = maildir(tmp_path)
    found = files(tmp_path, "Maildir")
    (folder / "new/1772442933.M1.mx").rename(folder / "cur/1772442933.M1.mx:2,S")
    assert sorted(address for one in found for address in addresses(one.read())) == [
        "gone1@example.org",
        "gone2@example.org",
    ]


def test_a_message_that_is_gone_is_kept_aside(tmp_path: Path) -> None:
    folder = maildir(tmp_path)
    found = files(tmp_path, "Maildir")
    (folder / "new/1772442933.M1.mx").unlink()
    read_now = [one.read() for one in found]
    assert [address for one in read_now for address in addresses(one)] == ["gone2@example.org"]
    assert [reason for one in read_now for reason in one.rejects["reason"]] == [
        "cannot be read (No such file or directory)"
    ]


def test_only_the_days_of_a_folder_that_changed_are_new(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, day in ((1, 1), (2, 2)):
        path = tmp_path / f"in/{number}.eml"
        path.write_bytes(bounce(number))
        written = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC).timestamp()
        os.utime(path, (written, written))
    before = [one.digest for one in files(tmp_path, "in")]
    (tmp_path / "in/3.eml").write_bytes(bounce(3))
    after = [one.digest for one in files(tmp_path, "in")]
    assert (len(before), after[:2]) == (2, before)
    assert {one.digest for one in files(tmp_path, "in/*.eml")} == set(after)


def test_a_mailbox_that_is_read_for_bounces_alone_counts_its_complaints(tmp_path: Path) -> None:
    both = mbox(bounce(1), (SAMPLES / "arf/abuse.eml").read_bytes())
    assert dict(read(tmp_path, both).kinds) == {"bounced": 1, "complained": 1}
    alone = read(tmp_path, both, format="dsn")
    assert (dict(alone.kinds), sum(alone.ignored.values())) == ({"bounced": 1}, 1)


def test_a_long_message_costs_no_more_memory_than_its_beginning(tmp_path: Path) -> None:
    long = bounce(1) + b"and so on, and so on\n" * 100_000
    (tmp_path / "bounces").write_bytes(mbox(long, bounce(2)))
    found = list(letters.letters(tmp_path / "bounces"))
    assert max(len(letter.content) for letter in found) <= letters.MOST_BYTES + letters.LONGEST_LINE
    assert addresses(files(tmp_path, "bounces")[0].read()) == ["gone1@example.org", "gone2@example.org"]


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

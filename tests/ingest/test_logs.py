"""Lines of mail logs become events, one table of cases a server; what is cut, forged or no event is told apart."""

import csv
import datetime as dt
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hygiene.config import EventSource
from hygiene.formats.format import format_named
from hygiene.ingest.events import EventRows, read_events
from hygiene.ingest.logs import events as log_events
from hygiene.model.errors import InputError
from tests.conftest import ROOT

SERVERS = ("postfix", "exim")
SAMPLES = {"postfix": "sample_data/formats/postfix/maillog-20270103.gz", "exim": "sample_data/formats/exim/mainlog"}
CASES = [
    (server, case)
    for server in SERVERS
    for case in csv.DictReader((ROOT / f"tests/cases/{server}_events.csv").read_text("utf-8").splitlines(keepends=True))
]
GONE = (
    "Mar  2 09:15:31 mx1 postfix/smtp[12]: 4B8Qx01: to=<gone@example.org>, relay=mx.example.org[192.0.2.25]:25, "
    "delay=1.3, delays=0.1/0.01/0.6/0.6, dsn=5.1.1, status=bounced (unknown)\n"
)


def read(folder: Path, content: bytes, name: str = "maillog-20260310", **how: str) -> EventRows:
    (folder / name).write_bytes(content)
    return read_there(folder, name, **how)


def read_there(folder: Path, name: str, **how: str) -> EventRows:
    (folder / "work").mkdir(exist_ok=True)
    return read_events(EventSource.model_validate({"path": name, **how}), folder, folder / "work")[0].read()


def told(rows: EventRows) -> list[str]:
    return [
        f"{kind} {address}" for kind, address in rows.events.collect().sort("line").select("kind", "address").rows()
    ]


def instants(rows: EventRows) -> list[str]:
    return [f"{at:%Y-%m-%d %H:%M:%S}" for at in rows.events.collect().sort("line")["occurred_at"]]


@pytest.mark.parametrize(("server", "case"), CASES, ids=[f"{server} {case['case']}" for server, case in CASES])
def test_lines_mean_what_the_table_says(server: str, case: dict[str, str], tmp_path: Path) -> None:
    found = read(tmp_path, case["lines"].encode() + b"\n", format=server)
    assert told(found) == [one for one in case["events"].split("; ") if one]
    assert found.rejects.is_empty()


@pytest.mark.parametrize("server", SERVERS)
def test_every_kind_and_every_exception_of_a_log_has_a_case(server: str, tmp_path: Path) -> None:
    mine = [case["lines"].encode() + b"\n" for name, case in CASES if name == server]
    found = [read(tmp_path, lines, format=server) for lines in mine]
    ignored = {label.partition(": ")[2] for each in found for label in each.ignored}
    assert {rule.kind for rule in format_named(server).event if rule.kind} == {
        kind for one in found for kind in one.kinds
    }
    assert {rule.ignored for rule in format_named(server).event if rule.ignored} <= ignored


@pytest.mark.parametrize("server", SERVERS)
def test_a_sample_is_recognised_and_read_without_a_line_lost(server: str, tmp_path: Path) -> None:
    found = read_there(tmp_path, str(ROOT / SAMPLES[server]))
    assert (found.format, found.rejects.height) == (server, 0)
    assert set(found.kinds) == {"bounced", "deferred", "delivered"}


def test_a_log_over_new_year_is_dated_by_the_day_in_its_name(tmp_path: Path) -> None:
    lines = GONE.replace("Mar  2", "Dec 31") + GONE.replace("Mar  2", "Jan  1")
    found = read(tmp_path, lines.encode(), "maillog-20270103")
    assert instants(found) == ["2026-12-31 09:15:31", "2027-01-01 09:15:31"]


def test_a_log_without_a_day_in_its_name_is_dated_by_the_file(tmp_path: Path) -> None:
    (tmp_path / "maillog").write_text(GONE.replace("Mar  2", "Dec 31") + GONE.replace("Mar  2", "Jan  1"))
    changed = dt.datetime(2025, 1, 3, tzinfo=dt.UTC).timestamp()
    os.utime(tmp_path / "maillog", (changed, changed))
    assert instants(read_there(tmp_path, "maillog")) == ["2024-12-31 09:15:31", "2025-01-01 09:15:31"]


def test_a_packed_log_is_dated_by_the_time_that_gzip_kept(tmp_path: Path) -> None:
    kept = dt.datetime(2024, 3, 9, tzinfo=dt.UTC).timestamp()
    assert instants(read(tmp_path, gzip.compress(GONE.encode(), mtime=kept), "maillog.2.gz")) == ["2024-03-02 09:15:31"]


def test_a_leap_day_is_of_the_leap_year(tmp_path: Path) -> None:
    found = read(tmp_path, GONE.replace("Mar  2", "Feb 29").encode(), "maillog-20250101")
    assert instants(found) == ["2024-02-29 09:15:31"]


def test_times_without_an_offset_are_of_the_zone_that_the_job_names(tmp_path: Path) -> None:
    summer = GONE.replace("Mar  2", "Jul  2")
    found = read(tmp_path, (GONE + summer).encode(), "maillog-20260710", time_zone="Europe/Berlin")
    assert instants(found) == ["2026-03-02 08:15:31", "2026-07-02 07:15:31"]


def test_what_a_message_s_other_lines_say_is_joined_to_its_recipients(tmp_path: Path) -> None:
    header = (
        "Mar  2 09:15:30 mx1 postfix/cleanup[11]: 4B8Qx01: info: header X-Campaign: spring from localhost[127.0.0.1]; "
        "from=<news@letters.example.com> to=<gone@example.org> proto=ESMTP helo=<app>\n"
    )
    queued = "Mar  2 09:15:30 mx1 postfix/qmgr[3]: 4B8Qx01: from=<news@letters.example.com>, size=9, nrcpt=1\n"
    other = GONE.replace("4B8Qx01", "4B8Qx02")
    rows = read(tmp_path, (header + queued + GONE + other).encode()).events.collect().sort("line")
    assert rows.select("event_id", "campaign", "stream").rows() == [
        ("4B8Qx01", "spring", "letters.example.com"),
        ("4B8Qx02", None, None),
    ]


def test_shares_of_a_large_log_give_the_same_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_there(tmp_path, str(ROOT / SAMPLES["postfix"])).events.collect().sort("line", "kind")
    monkeypatch.setattr(log_events, "RECIPIENTS_AT_ONCE", 2)
    monkeypatch.setattr(log_events, "BATCH_LINES", 3)
    shared = read_there(tmp_path, str(ROOT / SAMPLES["postfix"])).events.collect().sort("line", "kind")
    assert shared.equals(whole)


def test_a_recipient_s_line_that_is_cut_is_kept_aside(tmp_path: Path) -> None:
    found = read(tmp_path, GONE.encode() + GONE[:90].encode() + b"\n" + GONE.encode())
    assert (told(found), found.rejects["line"].to_list()) == (["bounced gone@example.org"] * 2, [2])


def test_bytes_that_are_no_text_cost_no_line(tmp_path: Path) -> None:
    odd = GONE.replace("unknown", "unbek\ufffdnnt").encode().replace("\ufffd".encode(), b"\xff")
    assert told(read(tmp_path, GONE.encode() + "é".encode() * 9 + b"\n" + odd)) == ["bounced gone@example.org"] * 2


def test_what_is_no_log_is_refused_where_the_job_says_log(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no line of a log of postfix"):
        read(tmp_path, b"email,kind\nann@example.org,bounced\n", format="postfix")


def test_an_empty_log_that_the_job_names_has_no_events(tmp_path: Path) -> None:
    (tmp_path / "maillog").write_bytes(b"")
    assert read_events(EventSource(path="maillog", format="postfix"), tmp_path, tmp_path) == []


def test_a_packed_log_that_is_cut_off_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cut off: copy it again"):
        read(tmp_path, gzip.compress(GONE.encode() * 99)[:-9], "maillog-20260310.gz")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged=st.integers(0, 10**6), bit=st.integers(0, 7), cut=st.integers(1, 60))
def test_damage_to_one_line_loses_no_other(damaged: int, bit: int, cut: int, tmp_path: Path) -> None:
    lines = [GONE.replace("gone@", f"gone{number}@").encode() for number in range(5)]
    place = damaged % (len(lines[2]) - 1)
    flipped = bytearray(lines[2])
    flipped[place] ^= 1 << bit
    lines[2] = bytes(flipped).replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"
    found = read(tmp_path, b"".join(lines) + lines[0][:-cut], format="postfix")
    addresses = set(found.events.collect()["address"])
    assert {f"gone{number}@example.org" for number in (0, 1, 3, 4)} <= addresses


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes, tmp_path: Path) -> None:
    try:
        found = read(tmp_path, content, format="exim")
    except InputError:
        return
    assert found.events.collect().is_empty()

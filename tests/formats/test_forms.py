"""The same said in other cases, units, names, encodings and packings is the same (traps 4, 5, 6, 13 and 14)."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest
import zstandard

from hygiene.normalize.keys import with_keys
from tests.formats.reading import case_of, cases, events_of, read, read_all

ALL = list(cases())
SECOND = "2026-03-02T09:15:31"


def test_lower_case_and_the_case_as_given_are_one_recipient(tmp_path: Path) -> None:
    record = case_of("sparkpost", "a delivery")["record"]
    raw = with_keys(events_of(tmp_path, "sparkpost", record))
    lower = with_keys(events_of(tmp_path, "sparkpost", record.replace('"raw_rcpt_to":"Gone@example.org",', "")))
    assert (raw["address"][0], lower["address"][0]) == ("Gone@example.org", "gone@example.org")
    assert raw["address_key"].to_list() == lower["address_key"].to_list()


UNITS = {
    "seconds": ("sendgrid", "mandrill", "customerio", "braze", "kumomta", "powermta"),
    "milliseconds": ("hubspot", "brevo"),
    "fractions of seconds": ("mailgun", "postal"),
    "seconds as text": ("sparkpost",),
    "ISO 8601": ("ses", "resend", "klaviyo", "mautic", "listmonk", "iterable"),
    "ISO 8601 with an offset": ("postmark", "activecampaign"),
    "ISO 8601 without a zone": ("mailchimp",),
}


@pytest.mark.parametrize("unit", UNITS)
def test_one_second_of_every_unit_is_the_same_second(unit: str, tmp_path: Path) -> None:
    """Each table has this second in the unit of its system."""
    for system in UNITS[unit]:
        same = [case for one, case in ALL if one == system and (case.get("occurred_at") or "")[:19] == SECOND]
        assert same, system
        happened = events_of(tmp_path, system, same[0]["record"], same[0].get("file") or "events.json")
        assert happened["occurred_at"].dt.truncate("1s").dt.strftime("%Y-%m-%dT%H:%M:%S%z")[0] == f"{SECOND}+0000"


def test_a_time_in_central_standard_time_is_six_hours_behind_all_year(tmp_path: Path) -> None:
    july = case_of("salesforce", "the same with JobID")
    at = events_of(tmp_path, "salesforce", july["record"], "Bounces.csv")["occurred_at"][0]
    assert at.isoformat() == "2026-07-02T15:15:31+00:00"


def test_a_message_id_with_and_without_brackets_is_one(tmp_path: Path) -> None:
    record = case_of("brevo", "a hard bounce")["record"]
    bare = record.replace("<20260302.1@smtp-relay.example.net>", "20260302.1@smtp-relay.example.net")
    assert record != bare
    assert events_of(tmp_path, "brevo", record).equals(events_of(tmp_path, "brevo", bare))


def test_event_publishing_and_notifications_say_the_same(tmp_path: Path) -> None:
    record = case_of("ses", "all columns of a bounce")["record"]
    other = record.replace('"eventType"', '"notificationType"')
    assert events_of(tmp_path, "ses", record).equals(events_of(tmp_path, "ses", other))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_a_spreadsheet_made_of_an_export_is_read_the_same(encoding: str, delimiter: str, tmp_path: Path) -> None:
    table = (
        "Email Address,MEMBER_RATING,CLEAN_TIME,LEID,EUID\r\n"
        "gone@example.org,1,2026-03-02 09:15:31,1,2\r\nalso@example.org,2,2026-03-03 09:15:31,3,4\r\n"
    )
    found = read(tmp_path, table.replace(",", delimiter).encode(encoding), "cleaned.csv")
    assert (found.format, found.kinds) == ("mailchimp", {"bounced": 2})


def packings(lines: list[str], folder: Path) -> dict[str, bytes]:
    """The same records in every container that systems use."""
    text = "\n".join(lines).encode()
    listed = f"[{','.join(lines)}]".encode()
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("one.ndjson", text)
    return {
        "lines": text,
        "list": listed,
        "printed": json.dumps([json.loads(line) for line in lines], indent=2).encode(),
        "lists": b"\n".join(f"[{line}]".encode() for line in lines),
        "one after the other": "".join(lines).encode(),
        "gzip": gzip.compress(text),
        "zstd": zstandard.compress(text),
        "zstd of lists": zstandard.compress(listed),
        "zip": (folder / "packed.zip").read_bytes(),
        "utf-16": text.decode().encode("utf-16"),
    }


@pytest.mark.parametrize("system", ["kumomta", "sparkpost", "sendgrid", "ses", "postmark"])
def test_however_records_are_packed_they_say_the_same(system: str, tmp_path: Path) -> None:
    lines = [case["record"] for one, case in ALL if one == system and case["record"].startswith("{")]
    found = {}
    for name, content in packings(lines, tmp_path).items():
        (tmp_path / "packed").write_bytes(content)
        rows = read_all(tmp_path, "packed", format=system)[0]
        found[name] = (dict(rows.kinds), dict(rows.ignored), rows.rejects.height)
    assert len({json.dumps(each, sort_keys=True) for each in found.values()}) == 1, found

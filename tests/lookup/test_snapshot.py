"""A recorded look-up: what an entry says, and when it was seen."""

import datetime as dt
import json
from pathlib import Path

import pytest

from hygiene.lookup.snapshot import SnapshotEntry, dump, entry_of, seen
from hygiene.validate.mx import DomainFacts, Host, Outcome, mx_verdict

AT = dt.datetime(2026, 5, 3, 2, tzinfo=dt.UTC)


def facts(tmp_path: Path, text: str) -> list[tuple[str, DomainFacts, dt.datetime]]:
    """What a file says of a.org."""
    path = tmp_path / "dns.json"
    path.write_text(text, encoding="utf-8")
    return list(seen(path, {"a.org"}, AT))


def status(entry: dict[str, object]) -> str:
    """The status that an entry amounts to."""
    return mx_verdict(SnapshotEntry.model_validate(entry).facts()).status.value


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"mx": [[10, "MX.a.org"]], "targets": {"mx.a.org.": ["9.9.9.9"]}}, "mx"),
        ({"mx": [[10, "mx.a.org."]]}, "temperror"),
        ({"mx": [[10, "mx.a.org."]], "targets": {"mx.a.org.": None}}, "temperror"),
        ({"mx": [[10, "mx.a.org."]], "targets": {"mx.a.org.": []}}, "no_target"),
        ({"mx": [[0, "."]]}, "null_mx"),
        ({}, "temperror"),
        ({"a": []}, "temperror"),
        ({"a": [], "aaaa": []}, "no_data"),
        ({"a": ["9.9.9.9"]}, "implicit_mx"),
        ({"a": ["9.9.9.9"], "txt": ["v=spf1 -all"]}, "spf_refuses"),
        ({"rcode": "NXDOMAIN"}, "nxdomain"),
        ({"rcode": "TIMEOUT"}, "temperror"),
    ],
)
def test_an_entry_says_no_more_than_it_holds(entry: dict[str, object], expected: str) -> None:
    assert status(entry) == expected


def test_a_domain_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    assert facts(tmp_path, '{"b.org": {"rcode": "NXDOMAIN"}}') == []


def test_an_entry_was_seen_at_its_instants_and_none_of_them_is_in_the_future(tmp_path: Path) -> None:
    instants = ["2026-05-01T02:00:00Z", "2026-05-03T04:00:00+02:00", "2026-05-09T02:00:00Z"]
    found = facts(tmp_path, json.dumps({"A.org.": {"rcode": "NXDOMAIN", "observations": instants}}))
    assert [(at.isoformat(), known.outcome) for _, known, at in found] == [
        ("2026-05-01T02:00:00+00:00", Outcome.NXDOMAIN),
        ("2026-05-03T04:00:00+02:00", Outcome.NXDOMAIN),
    ]


def test_an_entry_without_instants_is_seen_as_of_the_run(tmp_path: Path) -> None:
    assert [at for *_, at in facts(tmp_path, '{"a.org": {}}')] == [AT]


def test_lines_of_one_domain_are_observations_of_their_own(tmp_path: Path) -> None:
    lines = '{"domain": "a.org", "rcode": "SERVFAIL"}\n\n{"domain": "a.org", "rcode": "NXDOMAIN"}\n'
    assert [known.outcome for _, known, _ in facts(tmp_path, lines)] == [Outcome.SERVFAIL, Outcome.NXDOMAIN]


def test_one_line_alone_is_read_as_a_line(tmp_path: Path) -> None:
    assert [domain for domain, *_ in facts(tmp_path, '{"domain": "a.org"}')] == ["a.org"]


@pytest.mark.parametrize(
    "known",
    [
        DomainFacts(Outcome.NXDOMAIN, is_alias=True, resolver="snapshot"),
        DomainFacts(Outcome.BOGUS, extended_error=6, resolver="snapshot"),
        DomainFacts(Outcome.NOERROR, ((0, "."),), ttl=60, resolver="snapshot"),
        DomainFacts(
            Outcome.NOERROR,
            ((5, "a.org."), (10, "b.org.")),
            {"a.org.": Host(("9.9.9.9", "2620:fe::fe"), is_alias=True), "b.org.": Host(is_complete=False)},
            resolver="snapshot",
        ),
        DomainFacts(Outcome.NOERROR, own=Host(("9.9.9.9",), is_complete=False), txt=("hello",), resolver="snapshot"),
        DomainFacts(Outcome.NOERROR, own=Host(("10.0.0.1", "fd00::1")), resolver="snapshot"),
        DomainFacts(Outcome.NOERROR, own=Host(), resolver="snapshot"),
    ],
    ids=lambda known: f"{known.outcome}-{len(known.mx)}-{len(known.own.addresses)}",
)
def test_facts_survive_the_way_to_the_file_and_back(tmp_path: Path, known: DomainFacts) -> None:
    assert facts(tmp_path, dump({"a.org": entry_of(known, AT)})) == [("a.org", known, AT)]


def test_the_same_entries_are_the_same_bytes_in_any_order() -> None:
    entries: dict[str, dict[str, object]] = {"b.org": {"rcode": "NXDOMAIN"}, "a.org": {"txt": [], "a": []}}
    assert dump(entries) == dump(dict(reversed(entries.items())))
    assert json.loads(dump(entries)) == entries

"""Lines that are alike are read without decoding each, and mean exactly what they mean decoded."""

import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.events import KINDS, sendgrid, ses
from hygiene.formats.format import formats
from hygiene.ingest import alike, json_events, opening
from hygiene.ingest.events import EventRows
from tests.formats.reading import cases, read

SYSTEMS = [name for name, each in formats().items() if each.event and each.read and each.read.container == "json"]
COPIES = 30
ODD = [
    "",
    " ",
    'say "hi"',
    "a\\b",
    "\\",
    "ends\\",
    "tab\there",
    "é ñ 😀",
    "\ud83d",
    "777000111",
    "0",
    "null",
    "{",
    "a,b:c",
]
DAMAGE = [
    "",
    "   ",
    "{}",
    "{broken",
    '{"a":1}{"b":2}',
    "[]",
    "null",
    '"text"',
    "\ttab",
    '{"":""}',
    '"' * 5_000,
    "\0",
    "\r",
    '{"a":"\0"}',
    "x\ry",
    "\ufeff{}",
    "#",
    "x" * 10_000,
]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines were decoded, each time that some were."""
    heights: list[int] = []

    def counted(lines: pl.DataFrame, *how: Any) -> Any:
        heights.append(lines.height)
        return opening.opened(lines, *how)

    monkeypatch.setattr(json_events, "opened", counted)
    return heights


def varied(value: Any, number: int, draw: random.Random) -> Any:
    """A record with other values in it, now and then odd ones."""
    if isinstance(value, dict):
        return {key: varied(one, number, draw) for key, one in value.items()}
    if isinstance(value, list):
        return [varied(one, number, draw) for one in value]
    if draw.random() < 0.01:
        return draw.choice([*ODD, None, True, number, -number, 0.5, 12.25, 10**18 + number, 10**30, [], {}])
    if isinstance(value, str):
        return value.replace("a@", f"reader{number}@") if draw.random() < 0.9 else f"{value}{number}"
    return value + number if type(value) is int and value < 2**40 else value


def lines_of(system: str, draw: random.Random) -> list[str]:
    """Every record of a system's table of cases, many times over, with some damage in between."""
    told = [json.loads(case["record"]) for name, case in cases() if name == system and case["record"][:1] in "{["]
    records = [record for one in told for record in (one if isinstance(one, list) else [one]) for _ in range(COPIES)]
    ascii_only, between = draw.random() < 0.5, draw.choice([(",", ":"), (", ", ": ")])
    mixed = (varied(record, number, draw) for number, record in enumerate(records))
    lines = [json.dumps(record, ensure_ascii=ascii_only, separators=between) for record in mixed]
    damaged = [f" {line}" for line in lines[::97]] + [line[:-9] for line in lines[::89]] + [*lines[::83], *DAMAGE]
    together = [line.encode(errors="replace").decode() for line in [*lines, *damaged]]
    draw.shuffle(together)
    return [json.dumps(records[0]), *together]


def both_ways(folder: Path, lines: list[str], system: str, patch: pytest.MonkeyPatch) -> tuple[EventRows, EventRows]:
    """What the lines are read as, by what they have in common and one by one."""
    content = "\n".join(lines).encode(errors="replace")
    patch.setattr(alike, "LEAST", alike.SAMPLE)
    short = read(folder, content, format=system, dated="2026-06-01T00:00:00Z")
    patch.setattr(alike, "LEAST", 1 << 40)
    return short, read(folder, content, format=system, dated="2026-06-01T00:00:00Z")


def same(one: EventRows, other: EventRows) -> bool:
    def told(rows: EventRows) -> tuple[Any, ...]:
        events = rows.events.collect()
        return events.sort(events.columns).rows(), sorted(rows.rejects.rows(), key=str), rows.kinds, rows.ignored

    return told(one) == told(other)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_all_cases_of_a_system_mean_the_same_either_way(
    system: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[int]
) -> None:
    lines = lines_of(system, random.Random(seed))
    short, whole = both_ways(tmp_path, lines, system, monkeypatch)
    assert same(short, whole)
    reading = formats()[system].read
    *_, by_sort, one_by_one = decoded
    assert by_sort < one_by_one or (reading and set(reading.steps) & opening.BY_HAND.keys())


def in_sns(number: int, kind: str) -> dict[str, Any]:
    """An event of SES as SNS sends it on: JSON in a string."""
    told = {"Type": "Notification", "MessageId": f"n{number}", "TopicArn": "arn:aws:sns:us-east-1:1:news"}
    return {**told, "Message": json.dumps(ses(number, kind))}


def with_names(number: int, kind: str) -> dict[str, Any]:
    """An event of SES with quotes in the headers."""
    event = ses(number, kind)
    event["mail"]["headers"] = [{"name": "To", "value": f'"Reader {number}" <{event["mail"]["destination"][0]}>'}]
    event["mail"]["commonHeaders"]["from"] = ['"The \\ news" <news@example.com>']
    return event


@pytest.mark.parametrize("event", [sendgrid, ses, in_sns, with_names])
def test_a_file_of_one_program_is_hardly_decoded(
    event: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[int]
) -> None:
    draw = random.Random(4)
    lines = [json.dumps(event(number, draw.choice(KINDS))) for number in range(4_000)]
    short, whole = both_ways(tmp_path, lines, "sendgrid" if event is sendgrid else "ses", monkeypatch)
    assert same(short, whole)
    *by_sort, one_by_one = decoded
    assert sum(by_sort) < 200
    assert one_by_one == 4_000


def test_keys_that_differ_in_a_string_of_json_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    for number in range(600):
        event = ses(number, "delivered")
        event["mail"]["tags"] = {"campaign" if number % 2 else f"tag{number % 7}": [f"c{number}"]}
        lines.append(json.dumps({"Type": "Notification", "TopicArn": "arn:1", "Message": json.dumps(event)}))
    short, whole = both_ways(tmp_path, lines, "ses", monkeypatch)
    assert same(short, whole)
    assert short.events.collect()["campaign"].n_unique() == 301


def test_what_else_a_line_holds_than_one_record_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def line(number: int, beside: str) -> str:
        messages = [json.dumps(ses(number, "sent")), f"{beside}{number}"]
        return json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": one}} for one in messages]})

    lines = [line(number, beside) for number in range(300) for beside in ('{"broken', "a note to people ")]
    short, whole = both_ways(tmp_path, lines, "ses", monkeypatch)
    assert same(short, whole)
    assert (short.kinds, short.rejects.height) == ({"sent": 600}, 300)
    assert short.ignored == {json_events.PLAIN_TEXT: 300}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.lists(
        st.tuples(st.text(max_size=12), st.integers(0, 10**20) | st.booleans() | st.none() | st.text(max_size=3)),
        max_size=40,
    ),
    ascii_only=st.booleans(),
)
def test_any_values_mean_the_same_either_way(
    odd: list[tuple[str, Any]], ascii_only: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [(f"reader{number}@example.org", 1_772_442_931 + number) for number in range(200)]
    records = [
        {"email": address, "timestamp": at, "event": "delivered", "sg_event_id": address, "response": f"250 {at}"}
        for address, at in [*plain, *odd]
    ]
    lines = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    assert same(*both_ways(tmp_path, lines, "sendgrid", monkeypatch))


def test_lines_of_which_each_is_another_sort_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[int]
) -> None:
    event = '{"email":"a@example.org","timestamp":1772442931,"event":"delivered","sg_event_id":"1","k%d":1}'
    lines = [event % number for number in range(300)]
    short, whole = both_ways(tmp_path, lines, "sendgrid", monkeypatch)
    assert same(short, whole)
    assert decoded == [300, 300]


def test_lines_without_end_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "SAMPLE", alike.LEAST)
    lines = [json.dumps(sendgrid(number, "sent")) for number in range(alike.LEAST)]
    endless = ["{" + '"k":1,' * (1 << 17) + '"k":1}'] * 3
    tracemalloc.start()
    found = read(tmp_path, "\n".join([*lines, *endless]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.kinds == {"sent": alike.LEAST}
    assert peak < 24 << 20

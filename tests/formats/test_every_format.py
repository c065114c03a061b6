"""Every system's records become events as its table of cases says; its sample is known as its own and no other's."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

from hygiene.formats.format import format_from, formats
from hygiene.ingest.bodies import as_json, is_form
from hygiene.ingest.detect import has_marks, table_records
from hygiene.ingest.documents import first_records
from hygiene.ingest.events import EventRows
from hygiene.ingest.text import open_text
from hygiene.model.errors import ConfigError
from tests.formats.reading import cases, how, read, read_all, samples

CASES = list(cases())
SYSTEMS = [
    name for name, each in formats().items() if each.event and each.read and each.read.container not in ("log", "mail")
]
"""Logs and messages are held to their tables by tests/ingest/test_logs.py and test_mail.py."""
CHECKED = ("address", "esp_type", "status", "reply_code", "diagnostic", "campaign", "stream", "sending_ip", "event_id")


@cache
def found_in(number: int) -> tuple[EventRows, pl.DataFrame]:
    """What a case of the table is read as."""
    system, case = CASES[number]
    with TemporaryDirectory() as folder:
        name = case.get("file") or "events.json"
        found = read(Path(folder), case["record"] + "\n", name, format=system, **how(case))
        return found, found.events.collect()


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{system}: {case['case']}" for system, case in CASES])
def test_a_record_means_what_the_table_says(number: int) -> None:
    _, case = CASES[number]
    found, events = found_in(number)
    assert events["kind"].to_list() == case["kinds"].split()
    assert ", ".join(found.rejects["reason"]) == (case.get("rejects") or "")
    first = events.row(0, named=True) if events.height else {}
    for column in CHECKED:
        if case.get(column):
            assert first[column] == case[column], column
    if case.get("occurred_at"):
        assert first["occurred_at"].strftime("%Y-%m-%dT%H:%M:%S.%f").startswith(case["occurred_at"])
    if case.get("is_machine"):
        assert first["is_machine"] is (case["is_machine"] == "true")


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_kind_and_every_exception_of_a_format_has_a_case(system: str) -> None:
    found = [found_in(number)[0] for number, (name, _) in enumerate(CASES) if name == system]
    kinds = {kind for each in found for kind in each.kinds}
    ignored = {label.partition(": ")[2] for each in found for label in each.ignored}
    assert {rule.kind.value for rule in formats()[system].event if rule.kind} <= kinds
    assert {rule.ignored for rule in formats()[system].event if rule.ignored} <= ignored


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_case_of_a_system_is_recognised_without_its_name(system: str, tmp_path: Path) -> None:
    for name, case in CASES:
        if name == system:
            assert read(tmp_path, case["record"] + "\n", case.get("file") or "events.json").format == system, case


@pytest.mark.parametrize("sample", samples(), ids=lambda path: path.name)
def test_a_sample_is_read_as_its_own_format(sample: Path, tmp_path: Path) -> None:
    found = read_all(tmp_path, str(sample), dated="2026-06-01T00:00:00Z")
    assert {each.format for each in found} == {sample.name.split(".")[0]}
    assert sum(each.rejects.height for each in found) <= 2, [each.rejects for each in found]
    assert sum(sum(each.kinds.values()) + sum(each.ignored.values()) for each in found) > 0


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_a_sample(system: str) -> None:
    assert [path.name for path in samples() if path.name.split(".")[0] == system]


@pytest.mark.parametrize(
    "sample", [path for path in samples() if path.suffix not in (".zip", ".avro")], ids=lambda path: path.name
)
def test_no_two_formats_claim_a_sample(sample: Path, tmp_path: Path) -> None:
    text = open_text(sample, tmp_path)
    head = as_json(text, tmp_path).read_text("utf-8") if is_form(text.head) else text.head
    claims = [
        name
        for name, each in formats().items()
        if each.read
        and has_marks(
            first_records(head) if head.lstrip().startswith(("{", "[")) else table_records(head, None, each.read)[1],
            each.read,
        )
    ]
    assert claims == [sample.name.split(".")[0]]


def test_a_name_that_is_a_path_too_is_a_mistake() -> None:
    """Records would never be asked for that path: the flat records of a system that also has nested ones were lost."""
    text = 'name = "x"\ntitle = "X"\nas_of = "2026"\nsources = ["ours"]\n[read.names]\ndrop = ["a.drop", "drop"]\n'
    with pytest.raises(ConfigError, match="`names` has drop, which is a path too"):
        format_from(text, "x.toml")

"""Records of ESPs become events of ours, one table of cases a system; what is unreadable is kept aside."""

import csv
from pathlib import Path

import pytest

from hygiene.config import EventSource
from hygiene.ingest.events import EventRows, read_events
from hygiene.model.errors import InputError
from hygiene.model.words import EventKind

TABLES = Path(__file__).parents[1] / "cases"
CASES = [
    (system, case)
    for system in ("ses", "sendgrid")
    for case in csv.DictReader((TABLES / f"{system}_events.csv").read_text("utf-8").splitlines())
]


def read(folder: Path, content: str, name: str = "events.json", **how: str) -> EventRows:
    (folder / name).write_text(content, encoding="utf-8")
    (folder / "work").mkdir(exist_ok=True)
    return read_events(EventSource.model_validate({"path": name, **how}), folder, folder / "work")[0].read()


@pytest.mark.parametrize(("system", "case"), CASES, ids=[f"{system} {case['case']}" for system, case in CASES])
def test_a_record_means_what_the_table_says(system: str, case: dict[str, str], tmp_path: Path) -> None:
    found = read(tmp_path, case["record"] + "\n", format=system)
    assert found.events.collect()["kind"].to_list() == case["kinds"].split()


@pytest.mark.parametrize("system", ["ses", "sendgrid"])
def test_a_system_is_recognised_by_its_records(system: str, tmp_path: Path) -> None:
    record = next(case["record"] for name, case in CASES if name == system)
    assert read(tmp_path, record + "\n").format == system


def test_a_broken_line_is_kept_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    record = next(case["record"] for name, case in CASES if name == "sendgrid")
    found = read(tmp_path, f'{record}\n{{"email": "b@exam\n{record}\n', format="sendgrid")
    assert (found.events.collect().height, found.rejects["line"].to_list()) == (2, [2])


def test_a_file_that_fits_no_format_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fits no format: looked for"):
        read(tmp_path, '{"colour": "blue"}\n')


def test_a_table_with_words_of_its_own_is_read_by_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("when,who,what\n2026-06-01T10:00:00Z,ann@example.org,gone\n")
    source = EventSource(
        path="log.csv",
        format="generic",
        columns={"occurred_at": "when", "address": "who", "kind": "what"},
        kinds={"gone": EventKind.BOUNCED},
    )
    (tmp_path / "work").mkdir()
    rows = read_events(source, tmp_path, tmp_path / "work")[0].read().events.collect()
    assert rows.select("address", "kind", "line").row(0) == ("ann@example.org", "bounced", 2)

"""Event files: the unreadable is kept aside, what fits no format is refused, words of its own are mapped."""

from pathlib import Path

import pytest

from hygiene.config import EventSource
from hygiene.ingest.events import read_events
from hygiene.model.errors import InputError
from hygiene.model.words import EventKind
from tests.formats.reading import cases, read


def test_a_broken_line_is_kept_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    record = next(case["record"] for name, case in cases() if name == "sendgrid")
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

"""Lists as they come: when a person joined, in whatever form the list says it."""

import datetime as dt
from pathlib import Path

import pytest

from hygiene.config import ListSource
from hygiene.ingest.lists import open_lists
from hygiene.policy.policy import Policy

JUNE = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2026-06-01", "2026-06-01"], [JUNE, JUNE]),
        (["2026-06-01", "2026-06-01T02:00:00+02:00"], [JUNE, JUNE]),
        (["2026-06-01 12:30", "", "soon"], [JUNE.replace(hour=12, minute=30), None, None]),
        (["1780272000", "1 Jun 2026 00:00:00 GMT", "1780272000"], [JUNE, JUNE, JUNE]),
    ],
)
def test_a_day_of_joining_is_read_in_any_form(texts: list[str], expected: list[dt.datetime], tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email,joined\n" + "".join(f"ann{row}@example.org,{text}\n" for row, text in enumerate(texts)))
    source = ListSource(name="list", path="list.csv", subscribed_at_column="joined")
    (opened,) = open_lists([source], tmp_path, tmp_path, Policy())
    assert opened.raw_subscribers().collect()["subscribed_at"].to_list() == expected

"""A past of several years is the same year, told again for each year before it."""

from pathlib import Path

import polars as pl

from bench.past import lengthened
from hygiene.history.store import History
from hygiene.normalize.activity import activity
from tests.builders import event, events, instant


def test_each_year_before_has_the_same_mail(tmp_path: Path) -> None:
    counted = History(str(tmp_path)).counted
    counted.append(activity(events(event("delivered", "ann@example.org", "2026-06-01"))))
    assert lengthened(tmp_path, 3) == 3
    found = counted.scan().sort("occurred_at").select(pl.col("occurred_at")).collect().to_series().to_list()
    assert found == [instant("2024-06-01"), instant("2025-06-01"), instant("2026-06-01")]

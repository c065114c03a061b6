"""What other systems learn of an address: its strongest rule."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hygiene.publish.changes import one_an_address

NIGHT = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def strongest(folder: Path, *entries: tuple[str, str]) -> list[tuple[str, str]]:
    """Address and rule as told, in order, of entries of a night."""
    schema = {"address": pl.String, "rule": pl.String}
    changed = pl.DataFrame(entries, schema=schema, orient="row").with_columns(entered_at=pl.lit(NIGHT))
    return one_an_address(changed.lazy(), folder / "told").select("address", "rule").collect().rows()


def test_the_strongest_rule_of_each_address_is_told_by_strength_and_then_as_entered(tmp_path: Path) -> None:
    entered = [
        ("zoe@x.de", "ENG701"), ("bob@x.de", "BNC201"), ("ann@x.de", "ENG701"), ("ann@x.de", "BNC201"),
        ("cid@x.de", "CMP101"), ("bob@x.de", "CMP101"), ("bob@x.de", "CMP101"),
    ]  # fmt: skip
    told = [("cid@x.de", "CMP101"), ("bob@x.de", "CMP101"), ("ann@x.de", "BNC201"), ("zoe@x.de", "ENG701")]
    assert strongest(tmp_path, *entered) == told


def test_two_addresses_that_share_a_number_are_both_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.publish.changes.number", lambda name: pl.col(name).str.len_bytes().cast(pl.Int64))
    entered = [("ann@x.de", "ENG701"), ("bob@x.de", "BNC201"), ("ann@x.de", "CMP101")]
    assert strongest(tmp_path, *entered) == [("ann@x.de", "CMP101"), ("bob@x.de", "BNC201")]


def test_a_night_without_changes_tells_of_nobody(tmp_path: Path) -> None:
    assert strongest(tmp_path) == []

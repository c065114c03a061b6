"""What the state keeps of incidents and doubts: the same again writes nothing, the last word counts."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hygiene.history.doubts import Doubted
from hygiene.model.refusal_tables import DOUBTS
from hygiene.sender.incidents import Closing
from hygiene.sender.records import IncidentRecords
from tests.sender.builders import incident

NOON = dt.datetime(2026, 6, 25, 12, tzinfo=dt.UTC)


@pytest.fixture
def records(tmp_path: Path) -> IncidentRecords:
    return IncidentRecords(str(tmp_path))


def test_an_incident_that_did_not_change_writes_nothing(records: IncidentRecords) -> None:
    records.see([incident()])
    version = records.state.version()
    records.see([incident()])
    assert records.state.version() == version


def test_the_widest_span_and_the_last_share_are_known(records: IncidentRecords) -> None:
    records.see([incident(), incident(id="other", token="HM08", share=None)])
    records.see([incident(last_seen_at=NOON, share=0.5), incident(id="other", token="HM08", share=None)])
    known = records.known().filter(pl.col("id") == "apple-cs02-20260624").row(0, named=True)
    assert (known["last_seen_at"], known["share"]) == (NOON, 0.5)
    assert known["first_seen_at"] == incident().first_seen_at
    assert records.known().height == 2


def test_the_last_closing_counts(records: IncidentRecords) -> None:
    records.close(incident(), Closing(NOON, "ann", "too early"))
    records.close(incident(), Closing(NOON + dt.timedelta(days=1), "bob", "Apple answered"))
    assert records.closings() == {
        "apple-cs02-20260624": Closing(NOON + dt.timedelta(days=1), "bob", "Apple answered")
    }  # fmt: skip


def test_nothing_is_known_before_the_first_night(records: IncidentRecords) -> None:
    assert records.known().is_empty()
    assert records.closings() == {}


def test_the_last_nights_doubts_stand_in_place_of_those_before(tmp_path: Path) -> None:
    doubted = Doubted(str(tmp_path))
    rows = [("gmail.com", dt.date(2026, 6, 24), "many"), ("firm.example", dt.date(2026, 6, 24), None)]
    both = pl.DataFrame(rows, schema=DOUBTS.schema, orient="row")
    doubted.save(both)
    version = doubted.state.version()
    doubted.save(both.reverse())
    assert doubted.state.version() == version
    doubted.save(both.head(1))
    assert doubted.load().rows() == [rows[0]]
    doubted.save(DOUBTS.empty())
    assert doubted.load().is_empty()

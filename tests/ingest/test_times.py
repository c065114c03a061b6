"""A time is the instant that its text names, in whatever form, alone or among others."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hygiene.ingest.times import PLAIN, instant

BEGIN = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MOMENTS = st.timedeltas(dt.timedelta(0), dt.timedelta(days=100_000)).map(lambda since: BEGIN + since)
ODD = ["2026-06-01 09:15:31", "2026-06-01T11:15:31+02:00", "2026-06-01T09:15:31.000000000Z", "Mon, 1 Jun 2026"]


def instants(*texts: str | None, zone: str = "+00:00") -> list[dt.datetime | None]:
    column = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return column.select(instant(pl.col("text"), "iso8601", zone)).to_series().to_list()


@given(MOMENTS, st.sampled_from(["seconds", "milliseconds", "microseconds"]), st.sampled_from(ODD))
def test_a_plain_form_names_its_instant_alone_and_among_odd_ones(moment: dt.datetime, to: str, odd: str) -> None:
    text = moment.isoformat(timespec=to).replace("+00:00", "Z")
    named = dt.datetime.fromisoformat(text)
    assert len(text) in map(len, PLAIN)
    assert instants(text) == [named]
    assert instants(None, odd, text, f" {text}", zone="+02:00") == [None, *instants(odd, zone="+02:00"), named, named]


@pytest.mark.parametrize(
    "text", ["2026-02-30T09:15:31Z", "2026-06-01T09:15:3xZ", "2026-06-01T25:15:31.120Z", "", "Z" * 20]
)
def test_what_looks_like_a_plain_form_and_names_no_instant_is_none(text: str) -> None:
    assert instants(text) == [None]

"""A refusal of the sender changes no verdict of any reader, whatever else happened to them."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import hygiene
from tests.builders import AS_OF, event, events

TABLE = csv.DictReader((Path(__file__).parents[1] / "cases/bad_day.csv").read_text("utf-8").splitlines())
REFUSALS = [case["reply"] for case in TABLE]
PEOPLE = ["ann@icloud.com", "bob@gmail.com", "carl@firm.example"]
HAPPENED = [
    ("delivered", {}), ("opened", {}), ("opened", {"is_machine": True}), ("clicked", {}), ("unsubscribed", {}),
    ("bounced", {"diagnostic": "550 5.1.1 user unknown"}), ("bounced", {"diagnostic": "552 5.2.2 mailbox is full"}),
]  # fmt: skip

days = st.integers(0, 400).map(lambda back: f"{(AS_OF - dt.timedelta(days=back)).date()}T02:00")
person = st.sampled_from(PEOPLE)
lives = st.lists(st.tuples(st.sampled_from(HAPPENED), person, days), max_size=30)
blocks = st.lists(
    st.tuples(st.sampled_from(["bounced", "deferred"]), person, days, st.sampled_from(REFUSALS)),
    min_size=1,
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(lives, blocks)
def test_days_of_refusal_are_as_if_there_had_been_no_mail(lived: list[Any], refused: list[Any]) -> None:
    told = [event(kind, who, day, **cells) for (kind, cells), who, day in lived]
    blocked = [event(kind, who, day, diagnostic=reply) for kind, who, day, reply in refused]
    people = pl.DataFrame({"address": PEOPLE, "subscribed_at": [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * len(PEOPLE)})
    without = hygiene.clean(people, events=events(*told), as_of=AS_OF)
    assert_frame_equal(hygiene.clean(people, events=events(*told, *blocked), as_of=AS_OF), without)

"""What was kept of earlier nights goes on with new activity, and tells what all activity at once would tell."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.classify.engagement import engaged_at, engagement, people
from hygiene.model.engagement_table import ENGAGEMENT
from hygiene.model.tables import ACTIVITY
from hygiene.model.words import HUMAN, Activity
from tests.builders import SIGNS, instant

ANN, NEWS, BOB = 1, 11, 2
"""Numbers of two mailboxes, and of an alias of the first."""
SENT, DELIVERED, OPENED, CLICKED, MACHINE_OPENED, MACHINE_CLICKED = Activity
Happened = tuple[int, int | None, dt.datetime, int]


def at(time: str) -> dt.datetime:
    found: dt.datetime = instant(f"2026-06-{time}")
    return found


def activity(happened: Sequence[Happened]) -> pl.DataFrame:
    return pl.DataFrame(happened, schema=ACTIVITY.schema, orient="row").sort("mailbox")


def signs(resubscribed: dict[int, dt.datetime], lifted: dict[int, dt.datetime]) -> pl.DataFrame:
    people = {*resubscribed, *lifted}
    return pl.DataFrame([(one, resubscribed.get(one), lifted.get(one)) for one in people], schema=SIGNS, orient="row")


def nothing() -> pl.DataFrame:
    return activity([])


def gone_on(
    kept: list[Happened], fresh: list[Happened], told: list[Happened], before: Any, now: Any
) -> tuple[int | None, int | None]:
    """Deliveries and unengaged deliveries of Ann, after a night that keeps and another."""
    held = engagement(ENGAGEMENT.empty(), activity(kept), nothing().lazy(), before)
    found = engagement(held, activity(fresh), activity(told).lazy(), now)
    return found.filter(mailbox=ANN).select("deliveries", "unengaged_deliveries").row(0)


def mail(*times: str, address: int | None = None) -> list[Happened]:
    return [(ANN, address, at(time), DELIVERED) for time in times]


def opened(*times: str, address: int | None = None) -> list[Happened]:
    return [(ANN, address, at(time), OPENED) for time in times]


NO_SIGN = signs({}, {})


@pytest.mark.parametrize(
    ("kept", "fresh", "counts"),
    [
        pytest.param(mail("01", "02"), mail("03", "04"), (4, 4), id="mail of later days"),
        pytest.param(mail("01", "02T08:00"), mail("02T20:00"), (2, 2), id="more mail on the last day"),
        pytest.param(mail("01", "02"), mail("02", "03"), (3, 3), id="a file that overlaps on the last day"),
        pytest.param(mail("02T08:00"), mail("02T01:00"), (1, 1), id="earlier mail of the last day"),
        pytest.param([], mail("01", "02"), (2, 2), id="somebody new"),
        pytest.param(opened("01"), mail("02"), (1, 1), id="first mail to somebody who had opened"),
        pytest.param(mail("01"), opened("02"), (1, 0), id="an open after all mail"),
        pytest.param(mail("01"), [*opened("02"), *mail("03")], (2, 1), id="mail after that open"),
        pytest.param(mail("01"), [*mail("03"), *opened("02")], (2, 1), id="the same out of order"),
        pytest.param([*mail("02T08:00"), *opened("02T12:00")], mail("02T20:00"), (1, 1), id="the day of the open"),
        pytest.param([*opened("01"), *mail("02T08:00")], mail("02T20:00", "03"), (2, 2), id="a day counted after it"),
        pytest.param([*mail("01"), *opened("02")], opened("01"), (1, 0), id="a late open that is not the last"),
        pytest.param(mail("01"), mail("01", "02", address=NEWS), (2, 2), id="a day counts once for all aliases"),
        pytest.param(mail("01", address=NEWS), opened("02"), (1, 0), id="a person reads under another alias"),
        pytest.param(mail("01"), [(ANN, None, at("02"), kind) for kind in (SENT, MACHINE_OPENED, MACHINE_CLICKED)],
                     (1, 1), id="what says nothing of a person"),
    ],
)  # fmt: skip
def test_counts_go_on_with_what_is_new(
    kept: list[Happened], fresh: list[Happened], counts: tuple[int | None, int | None]
) -> None:
    nothing_told: list[Happened] = []
    assert gone_on(kept, fresh, nothing_told, NO_SIGN, NO_SIGN) == counts


@pytest.mark.parametrize(
    ("kept", "fresh", "counts"),
    [
        pytest.param(mail("01", "03"), mail("02"), (3, 3), id="late mail of a day not counted"),
        pytest.param(mail("01", "02", "03"), mail("02"), (3, 3), id="late mail of a day counted before"),
        pytest.param(mail("02", "03"), mail("01", "04"), (4, 4), id="late mail and new mail"),
        pytest.param([*mail("03"), *opened("04")], mail("01"), (2, 0), id="late mail before the last sign of life"),
        pytest.param([*mail("01", "04"), *opened("02")], mail("03"), (3, 2), id="late mail after it"),
        pytest.param(mail("01", "03"), opened("02"), (2, 1), id="a late open between two days"),
        pytest.param(mail("01T08:00", "01T20:00"), opened("01T12:00"), (1, 1), id="a late open within a day"),
        pytest.param([*opened("01"), *mail("02", "04")], opened("03"), (2, 1), id="a later open than the last one"),
    ],
)
def test_where_counts_cannot_go_on_all_days_are_counted_anew(
    kept: list[Happened], fresh: list[Happened], counts: tuple[int | None, int | None]
) -> None:
    assert gone_on(kept, fresh, [*kept, *fresh], NO_SIGN, NO_SIGN) == counts


RETURNED, LIFTED = signs({ANN: at("02")}, {}), signs({}, {ANN: at("02")})


@pytest.mark.parametrize(
    ("before", "now", "counts"),
    [
        pytest.param(NO_SIGN, RETURNED, (2, 1), id="a re-opt-in that came to light"),
        pytest.param(NO_SIGN, LIFTED, (2, 1), id="a lift"),
        pytest.param(LIFTED, NO_SIGN, (2, 2), id="a lift that is gone"),
        pytest.param(LIFTED, signs({ANN: at("01T12:00")}, {}), (2, 1), id="an earlier sign in its place"),
        pytest.param(NO_SIGN, signs({}, {ANN: at("04")}), (2, 0), id="a lift after all mail"),
        pytest.param(RETURNED, LIFTED, (2, 1), id="another of the same instant"),
    ],
)
def test_a_sign_of_life_from_elsewhere_counts_from_its_instant_on(
    before: pl.DataFrame, now: pl.DataFrame, counts: tuple[int | None, int | None]
) -> None:
    kept = mail("01", "03")
    assert gone_on(kept, [], kept, before, now) == counts


def test_days_are_counted_anew_once_and_not_every_night() -> None:
    kept, nothing_told = mail("01", "03"), activity([]).lazy()
    held = engagement(ENGAGEMENT.empty(), activity(kept), nothing_told, NO_SIGN)
    again = engagement(held, nothing(), activity(kept).lazy(), LIFTED)
    third = engagement(again, activity(mail("04")), nothing_told, LIFTED)
    assert third.select("deliveries", "unengaged_deliveries").row(0) == (3, 2)


def test_which_alias_is_read_is_known_also_of_the_past() -> None:
    held = engagement(
        ENGAGEMENT.empty(), activity([*opened("01"), *opened("02", address=NEWS)]), nothing().lazy(), NO_SIGN
    )
    found = engagement(held, activity(opened("03")), nothing().lazy(), NO_SIGN)
    assert sorted(engaged_at(found.lazy()).collect().rows()) == [(ANN, at("03")), (NEWS, at("02"))]
    assert people(found.lazy()).select("mailbox", "human_at").collect().rows() == [(ANN, at("03"))]


def test_many_are_counted_anew_some_at_a_time_beside_those_who_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.classify.engagement.PIECE_PEOPLE", 3)
    kept = [(one, None, at(day), DELIVERED) for one in range(10) for day in ("01", "03")]
    late = [(one, None, at("04" if one % 2 else "02"), DELIVERED) for one in range(9)]
    held = engagement(ENGAGEMENT.empty(), activity(kept), nothing().lazy(), NO_SIGN)
    found = engagement(held, activity(late), activity([*kept, *late]).lazy(), NO_SIGN)
    assert found.sort("mailbox")["deliveries"].to_list() == [3] * 9 + [2]


# However nights are split: the outcome against a count by hand.


@dataclass
class Night:
    """Events that a file told, with the instant of the night, whether it keeps, and what is known from elsewhere."""

    told: list[Happened]
    as_of: dt.datetime
    keeps: bool
    resubscribed: dict[int, dt.datetime] = field(default_factory=dict)
    lifted: dict[int, dt.datetime] = field(default_factory=dict)


INSTANTS = st.builds(
    lambda day, time: at(f"{day:02}T{time}"),
    st.integers(1, 2), st.sampled_from(["00:00:00", "12:00:00", "23:59:59.999999"]),
)  # fmt: skip
ADDRESSES = st.sampled_from([(ANN, None), (ANN, NEWS), (BOB, None)])
EVENTS = st.builds(
    lambda who, when, what: (*who, when, int(what)),
    ADDRESSES, INSTANTS, st.sampled_from([DELIVERED, DELIVERED, DELIVERED, OPENED, *Activity]),
)  # fmt: skip
ELSEWHERE = st.dictionaries(st.sampled_from([ANN, BOB, 3]), INSTANTS, max_size=1)
ENDS = st.sampled_from([at("02T23:59:59.999999"), at("02T12:00:00"), at("01T12:00:00")])
NIGHTS = st.builds(
    Night, st.lists(EVENTS, max_size=8), ENDS, st.sampled_from([True, True, False]), ELSEWHERE, ELSEWHERE
)


def by_hand(happened: list[Happened], night: Night) -> list[tuple[Any, ...]]:
    """ENGAGEMENT in order, told one by one."""
    past = sorted(one for one in {(a, b or 0, c, d) for a, b, c, d in happened} if one[2] <= night.as_of)
    of_mailbox, of_address = defaultdict(list), defaultdict(list)
    for mailbox, address, when, what in past:
        of_mailbox[mailbox].append((when, what))
        of_address[mailbox, address].append((when, what))
    found = []
    for (mailbox, address), mine in of_address.items():
        if all(what in (SENT, MACHINE_CLICKED) for _, what in mine):
            continue
        human = [when for when, what in of_mailbox[mailbox] if what in HUMAN]
        elsewhere = [table[mailbox] for table in (night.resubscribed, night.lifted) if mailbox in table]
        since = max([*human, *elsewhere], default=None)
        arrived = [when for when, what in of_mailbox[mailbox] if what == DELIVERED]
        days = {when.date() for when in arrived}
        after = {when.date() for when in arrived if since is None or when > since}
        own = {kind: [when for when, what in mine if what == kind] for kind in Activity}
        instants = (
            min(own[DELIVERED], default=None),
            max(own[DELIVERED], default=None),
            max(own[OPENED] + own[CLICKED], default=None),
            max(own[CLICKED], default=None),
            max(own[MACHINE_OPENED], default=None),
        )
        found.append((mailbox, address or None, *instants, len(days) or None, since, len(after) if days else None))
    return sorted(found, key=str)


@settings(deadline=None, max_examples=300)
@given(st.lists(NIGHTS, min_size=1, max_size=4), st.data())
def test_any_nights_tell_what_a_count_by_hand_tells(nights: list[Night], data: st.DataObject) -> None:
    told: list[Happened] = []
    held, until, kept = list[Happened](), instant("2026-05-01"), ENGAGEMENT.empty()
    for night in nights:
        told += night.told
        usable = kept if night.as_of >= until else ENGAGEMENT.empty()
        new = told[len(held) :] + [one for one in held if one[2] > until] if usable is kept else told
        # An event that is held already may be told once more.
        twice = data.draw(st.lists(st.sampled_from(told), max_size=2)) if told else []
        past = [one for one in new + twice if one[2] <= night.as_of]
        everything = activity([one for one in told if one[2] <= night.as_of]).lazy()
        found = engagement(usable, activity(past), everything, signs(night.resubscribed, night.lifted))
        assert sorted(found.rows(), key=str) == by_hand(told, night)
        if night.keeps and night.as_of >= until:
            held, until, kept = list(told), night.as_of, found

"""What happened to the people of a generated list in the year before `AS_OF`, and in the night after it.

People who have left their mailbox, or let it fill, had no delivery after `LEFT`; their bounces come after it.
"""

import datetime as dt

import polars as pl
from polars import col

from bench.people import FULL, GONE, address, kind_of_reader, mixed, never_opens, picked
from hygiene.model.words import EventKind
from tests.classify.replies import table

AS_OF = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
BEGAN = AS_OF - dt.timedelta(days=365)
LEFT = AS_OF - dt.timedelta(days=120)
NIGHT = dt.timedelta(days=1)
MAILED = 0.935
"""Share of the list that was ever mailed; the others are new on it."""
READ = [EventKind.DELIVERED.value] * 74 + [EventKind.OPENED.value] * 23 + [EventKind.CLICKED.value] * 3
BOUNCES = {"hard": "suppress", "soft": "soft", "block": "none"}
"""What an ESP calls a bounce, and the action of the truth table that it stands for."""
COLUMNS = ("occurred_at", "address", "kind", "campaign", "is_machine", "diagnostic", "esp_verdict")


def mailings(first: int, end: int, rows: int) -> pl.LazyFrame:
    """Deliveries, opens and clicks of the year, numbered `first` to `end`: a fifth of the people never open."""
    drawn = mixed(col("number"), 20)
    who = (drawn % int(rows * MAILED)).cast(pl.Int64)
    days = pl.when(kind_of_reader(col("who")) < FULL).then((LEFT - BEGAN).days).otherwise((AS_OF - BEGAN).days)
    return _read(_numbered(first, end).with_columns(who=who), pl.lit(BEGAN), days, rows)


def last_night(first: int, end: int, rows: int) -> pl.LazyFrame:
    """The same for the day after AS_OF, of people who still have mail delivered."""
    who = (mixed(col("number"), 21) % int(rows * MAILED)).cast(pl.Int64)
    people = _numbered(first, end).with_columns(who=who).filter(kind_of_reader(col("who")) >= FULL)
    return _read(people, pl.lit(AS_OF), pl.lit(NIGHT.days), rows)


def bounces(rows: int) -> pl.LazyFrame:
    """Failures in the words of the truth tables: of those who are gone, of full mailboxes, and of anybody."""
    people = _numbered(0, int(rows * MAILED))
    reader = kind_of_reader(col("number"))
    gone = people.filter(reader < GONE).select("number", who="number", at=_within(LEFT, AS_OF))
    weeks = pl.concat(
        [people.filter(reader.is_between(GONE, FULL, closed="left")).with_columns(week=n) for n in range(6)]
    )
    full = weeks.select(
        "number", who="number", at=_at(LEFT) + pl.duration(days=col("week") * 10, hours=col("number") % 24)
    )
    who = (mixed(col("number"), 22) % int(rows * MAILED)).cast(pl.Int64)
    anybody = _numbered(0, rows // 50).select(col("number") + rows, who=who, at=_within(BEGAN, AS_OF))
    named = [(gone, ("hard",)), (full, ("soft",)), (anybody, ("hard", "soft", "block", "block"))]
    return pl.concat([_worded(people, kinds, rows) for people, kinds in named])


def objections(rows: int) -> pl.LazyFrame:
    """A complaint of 0.2 % of the people; 1 % unsubscribe, of whom one in twenty comes back."""
    people = _numbered(0, int(rows * MAILED)).with_columns(drawn=mixed(col("number"), 23) % 10_000)
    left, back = col("drawn").is_between(20, 119), col("drawn").is_between(20, 24)
    half = BEGAN + (AS_OF - BEGAN) / 2
    parts = {
        EventKind.COMPLAINED: people.filter(col("drawn") < 20).with_columns(at=_within(BEGAN, AS_OF)),
        EventKind.UNSUBSCRIBED: people.filter(left).with_columns(at=_within(BEGAN, half)),
        EventKind.RESUBSCRIBED: people.filter(back).with_columns(at=_within(half, AS_OF)),
    }
    return pl.concat([_events(part, pl.lit(kind.value), col("number"), rows) for kind, part in parts.items()])


def _read(people: pl.LazyFrame, began: pl.Expr, days: pl.Expr, rows: int) -> pl.LazyFrame:
    drawn = mixed(col("number"), 24)
    second = (drawn // 1000 % (days.cast(pl.UInt64) * 86_400)).cast(pl.Int64)
    micro = (mixed(col("number"), 25) % 1_000_000).cast(pl.Int64)
    at = began.cast(pl.Datetime("us", "UTC")) + pl.duration(seconds=second, microseconds=micro)
    opened = picked(READ, drawn)
    kind = pl.when(never_opens(col("who"))).then(pl.lit(EventKind.DELIVERED.value)).otherwise(opened)
    is_machine = pl.when(kind == EventKind.OPENED.value).then(drawn // 100 % 10 < 3)
    return _events(people.with_columns(at=at, kind=kind, is_machine=is_machine), col("kind"), col("who"), rows)


def _worded(people: pl.LazyFrame, kinds: tuple[str, ...], rows: int) -> pl.LazyFrame:
    """Bounces of these people with a reply of one of the kinds; names, addresses and queue ids differ each time."""
    drawn = mixed(col("number") + col("at").dt.timestamp(), 26)
    of_kind = [
        pl.when(drawn % len(kinds) == n).then(picked(_replies(kind), drawn // 8)) for n, kind in enumerate(kinds)
    ]
    ip = pl.format("198.51.{}.{}", drawn // 251 % 100, drawn % 251)
    text = pl.coalesce(of_kind).str.replace("@@", pl.format("reader{}@", "who"), literal=True)
    queue = pl.format(" (queue id {}f{}a - gsmtp)", drawn % 999_983, drawn // 7 % 9_973)
    said = people.with_columns(
        diagnostic=text.str.replace("##", ip, literal=True) + queue, esp_verdict=picked(list(kinds), drawn)
    )
    return _events(said, pl.lit(EventKind.BOUNCED.value), col("who"), rows)


def _events(people: pl.LazyFrame, kind: pl.Expr, who: pl.Expr, rows: int) -> pl.LazyFrame:
    """COLUMNS, in the form that the product reads without being told."""
    known = people.collect_schema().names()
    made = {"is_machine": pl.Boolean, "diagnostic": pl.String, "esp_verdict": pl.String}
    missing = {name: pl.lit(None, dtype) for name, dtype in made.items() if name not in known}
    campaign = pl.format("weekly-{}", col("at").dt.week())
    filled = people.with_columns(
        occurred_at=col("at"), address=address(who, rows), kind=kind, campaign=campaign, **missing
    )
    return filled.select(COLUMNS)


def _replies(kind: str) -> list[str]:
    """Real wordings whose meaning is known and does not depend on who receives, with places to fill in."""
    files = {"hard": ["bounce_wording.csv"], "soft": ["bounce_wording.csv"], "block": ["bounce_traps.csv"]}[kind]
    found = [case for name in files for case in table(name) if case["action"] == BOUNCES[kind]]
    full = [case for case in found if kind != "soft" or case["reason"] == "mailbox_full"]
    return [case["reply"].replace("bob@", "@@").replace("192.0.2.1", "##") for case in full]


def _numbered(first: int, end: int) -> pl.LazyFrame:
    return pl.select(pl.int_range(first, end, dtype=pl.Int64).alias("number")).lazy()


def _at(instant: dt.datetime) -> pl.Expr:
    return pl.lit(instant).cast(pl.Datetime("us", "UTC"))


def _within(first: dt.datetime, last: dt.datetime) -> pl.Expr:
    """An instant between two, by `number`."""
    seconds = int((last - first).total_seconds())
    return _at(first) + pl.duration(seconds=(mixed(col("number"), 27) % seconds).cast(pl.Int64))

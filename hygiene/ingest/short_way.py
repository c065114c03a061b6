"""The short way for tables: plain rows of events that only count become ACTIVITY at once; others take the long way."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from polars import col

from hygiene.formats.format import EventRule, Format, Reading
from hygiene.ingest.conditions import meets
from hygiene.ingest.encoding import MARK
from hygiene.ingest.meaning import truth
from hygiene.ingest.times import instant
from hygiene.model.tables import ACTIVITY, INSTANT
from hygiene.model.words import Activity
from hygiene.normalize.activity import BY_MACHINE, OF_KIND
from hygiene.normalize.numbers import is_own_key, key_numbers

SURE = rf'^[^\s<>@"{MARK}]+@[^\s<>@"{MARK}]+$'
"""An address with nothing around it that would have to be taken off or looked at."""

MOST_WORDS = 50
"""A column with more words than that for the kinds of event is no column of kinds."""


@dataclass(frozen=True)
class ShortWay:
    """Where a table has what activity needs."""

    occurred_at: str
    address: str
    kind: str | None
    is_machine: str | None
    unit: str
    zone: str
    rules: tuple[EventRule, ...]
    has_agents: bool
    """Opens and clicks take a look at the user agent, which is the long way."""


def short_way(system: Format, reading: Reading) -> ShortWay | None:
    """The short way through a table read like this; None where there is none."""
    one = {name: paths[0] for name, paths in reading.columns.items() if len(paths) == 1}
    kinds = {path for rule in system.event for path in rule.when}
    if (
        not {"occurred_at", "address"} <= one.keys()
        or len(kinds) > 1
        or reading.machine
        or not _is_plain(system, reading)
    ):
        return None
    return ShortWay(
        one["occurred_at"],
        one["address"],
        next(iter(kinds), None),
        one.get("is_machine"),
        reading.time,
        reading.zone,
        system.event,
        bool(reading.user_agent),
    )


def _is_plain(system: Format, reading: Reading) -> bool:
    """Whether a row means one thing, by one column of its own, wherever it stands."""
    is_shaped = any(shape.when or shape.each or shape.columns for shape in system.shape)
    is_proof = any(rule.is_machine is not None for rule in system.event)
    return not (is_shaped or is_proof or reading.names or reading.all_rules)


def parted(rows: pl.DataFrame, way: ShortWay) -> tuple[pl.DataFrame, pl.DataFrame]:
    """ACTIVITY of the rows that can take the short way, and the other rows as they are."""
    marked = rows.select(
        _instant(way, rows.schema).alias("occurred_at"),
        _activity(rows, way).alias("activity"),
        is_own=is_own_key(col(way.address)),
    )
    is_whole = marked["activity"].is_not_null() & marked["occurred_at"].is_not_null()
    takes = is_whole & _is_sure(rows[way.address], marked["is_own"])
    told = marked.filter(takes)
    numbers = key_numbers(rows[way.address].filter(takes), told["is_own"])
    return ACTIVITY.conform(pl.concat([told, numbers], how="horizontal")), rows.filter(~takes)


def _is_sure(addresses: pl.Series, is_own: pl.Series) -> pl.Series:
    """Whether an address is SURE; what is its own key is, which spares a look at nearly all."""
    odd = (~is_own).fill_null(True).arg_true()
    return is_own.scatter(odd, addresses[odd].str.contains(SURE)).fill_null(False)


def _instant(way: ShortWay, schema: pl.Schema) -> pl.Expr:
    dtype = schema[way.occurred_at]
    if isinstance(dtype, pl.Datetime):
        here = col(way.occurred_at) if dtype.time_zone else col(way.occurred_at).dt.replace_time_zone("UTC")
        return here.dt.convert_time_zone("UTC").cast(INSTANT)
    return instant(col(way.occurred_at).cast(pl.String), way.unit, way.zone)


def _activity(rows: pl.DataFrame, way: ShortWay) -> pl.Expr:
    words = [None] if way.kind is None else rows[way.kind].unique().to_list()
    codes = {word: _codes(way, word) for word in words} if len(words) <= MOST_WORDS else {}
    human = _by_word(way, {word: found[0] for word, found in codes.items() if found})
    machine = _by_word(way, {word: found[1] for word, found in codes.items() if found})
    if way.is_machine is None:
        return human
    flag = col(way.is_machine)
    is_machine = flag if rows.schema[way.is_machine] == pl.Boolean else truth(flag.cast(pl.String))
    return pl.when(is_machine.fill_null(False)).then(machine).otherwise(human)


def _codes(way: ShortWay, word: str | None) -> tuple[Activity, Activity] | None:
    """What a word of the table means when a person did it and when software did; None for the long way."""
    kind = next((rule.kind for rule in way.rules if _holds(rule.when, word)), None)
    if kind not in OF_KIND or (way.has_agents and kind in BY_MACHINE):
        return None
    return OF_KIND[kind], BY_MACHINE.get(kind, OF_KIND[kind])


def _holds(when: Mapping[str, tuple[str, ...]], word: str | None) -> bool:
    return all(meets(word and word.strip(), words) for words in when.values())


def _by_word(way: ShortWay, codes: Mapping[str | None, Activity]) -> pl.Expr:
    if way.kind is None:
        return pl.lit(next((int(code) for code in codes.values()), None), pl.Int8)
    chosen = [pl.when(col(way.kind) == word).then(pl.lit(int(code), pl.Int8)) for word, code in codes.items()]
    return pl.coalesce(*chosen) if chosen else pl.lit(None, pl.Int8)

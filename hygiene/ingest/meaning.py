"""Flat records become events: the shapes of a format say where to look, its rules say what happened.

Records are sorted by what they call themselves first, so that only the shapes and rules of one type are tried on each.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from polars import col

from hygiene.formats.agents import is_machine
from hygiene.formats.format import EventRule, Format, Paths, Reading, Shape
from hygiene.ingest.batch import Batch, none_of
from hygiene.ingest.conditions import When, all_that_hold, first, first_that_holds, joined, where
from hygiene.ingest.encoding import MARK
from hygiene.ingest.paths import ELEMENT, element_value
from hygiene.ingest.times import instant
from hygiene.model.words import EventKind

TRACKED = (EventKind.OPENED, EventKind.CLICKED)
NO_TYPE = "no type"


@dataclass(frozen=True)
class _Plan:
    """What may apply to records of one type, with the conditions that remain."""

    shapes: Sequence[tuple[When, Shape]]
    rules: Sequence[tuple[When, EventRule]]


def meaning(records: pl.DataFrame, system: Format, reading: Reading, elements: Paths) -> Batch:
    """What flat records (`line`, a column for each path of the format) mean; rejects have `line` and `reason`."""
    if records.is_empty():
        return Batch()
    # The last shape takes what no other does, so that nothing is lost.
    shapes = [(shape.when, shape) for shape in (*system.shape, Shape())]
    rules = [(rule.when, rule) for rule in system.event]
    named = records.with_columns(first(paths, records.schema).alias(name) for name, paths in reading.names.items())
    parts = []
    for rows, plan in _by_type(named, reading, _Plan(shapes, rules)):
        for shape, mine in _by_shape(rows, plan):
            walked = _walked(mine, shape.each, elements)
            parts.append(_events(walked, {**reading.columns, **shape.columns}, plan, system.name, reading))
    return Batch.of(parts)


def _by_type(records: pl.DataFrame, reading: Reading, plan: _Plan) -> Iterator[tuple[pl.DataFrame, _Plan]]:
    """The records of each type that a condition names, with what may apply to them; the rest with all of it."""
    typed = records.with_columns(first(reading.type, records.schema).alias("=type"))
    whens = [when for when, _ in (*plan.shapes, *plan.rules)]
    path = reading.type[0] if len(reading.type) == 1 else ""
    known = sorted({value.lower() for when in whens for value in when.get(path, ()) if value not in ("", "*")})
    lower = col("=type").str.to_lowercase()
    groups = typed.select(pl.when(lower.is_in(known)).then(lower).alias("=group")).to_series()
    for name, rows in _parted(typed, groups):
        yield rows, plan if name is None else _narrowed(plan, path, str(name))


def _parted(rows: pl.DataFrame, groups: pl.Series) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """The rows by group; those of one group are not copied."""
    if groups.n_unique() == 1:
        yield groups[0], rows
        return
    parts = rows.with_columns(groups).partition_by(groups.name, as_dict=True, include_key=False)
    yield from ((name, mine) for (name,), mine in parts.items())


def _narrowed(plan: _Plan, path: str, type_: str) -> _Plan:
    shapes = [(rest, shape) for when, shape in plan.shapes if (rest := where(when, path, type_)) is not None]
    rules = [(rest, rule) for when, rule in plan.rules if (rest := where(when, path, type_)) is not None]
    return _Plan(shapes, rules)


def _by_shape(rows: pl.DataFrame, plan: _Plan) -> Iterator[tuple[Shape, pl.DataFrame]]:
    if not plan.shapes[0][0]:
        yield plan.shapes[0][1], rows
        return
    sorted_out = rows.with_columns(first_that_holds([when for when, _ in plan.shapes], rows.schema).alias("=shape"))
    for number, (_, shape) in enumerate(plan.shapes):
        mine = sorted_out.filter(col("=shape") == number)
        if mine.height:
            yield shape, mine


def _walked(records: pl.DataFrame, each: str | None, elements: Paths) -> pl.DataFrame:
    """One row for each element of the list; one row without an element where the list is missing or empty."""
    if each is None or each not in records.columns:
        return records.with_columns(pl.lit(None, pl.String).alias(path) for path in elements)
    if (records[each].list.len() == 1).all(ignore_nulls=False):
        # Most mail has one recipient, and to explode is to copy all columns.
        rows = records.with_columns(col(each).list.first().alias(ELEMENT))
    else:
        rows = records.with_columns(col(each).alias(ELEMENT)).explode(ELEMENT, empty_as_null=True, keep_nulls=True)
    dtype = rows.schema[ELEMENT]
    values = [element_value(path, dtype).alias(path) for path in elements]
    return rows.select(pl.exclude(ELEMENT), *values)


def _events(rows: pl.DataFrame, columns: Mapping[str, Paths], plan: _Plan, provider: str, reading: Reading) -> Batch:
    ruled = _ruled(rows, plan, reading)
    words = {number: rule.kind.value for number, (_, rule) in enumerate(plan.rules) if rule.kind}
    labels = {number: f": {rule.ignored}" for number, (_, rule) in enumerate(plan.rules) if rule.ignored}
    kind = col("=rule").replace_strict(words, default=None, return_dtype=pl.String)
    named = ruled.with_columns(kind.alias("=kind"))
    other = named.filter(col("=kind").is_null())
    happened = named if other.is_empty() else named.filter(col("=kind").is_not_null())
    told = _conformed(happened, columns, plan, provider, reading)
    bad = told.filter(col("reason").is_not_null())
    good = told if bad.is_empty() else told.filter(col("reason").is_null())
    return Batch(good.select(Batch.EVENTS.names()), bad.select("line", "reason"), _ignored(other, labels))


def _ignored(other: pl.DataFrame, labels: Mapping[int, str]) -> pl.DataFrame:
    """How many records of each type are no event of ours."""
    if other.is_empty():
        return none_of("IGNORED")
    label = col("=rule").replace_strict(labels, default="", return_dtype=pl.String).fill_null("")
    ignored = other.group_by(type=col("=type").fill_null(NO_TYPE) + label).agg(records=col("line").n_unique())
    return ignored.cast(Batch.IGNORED)


def _ruled(rows: pl.DataFrame, plan: _Plan, reading: Reading) -> pl.DataFrame:
    """With the number of the rule that holds; a row for each of them where all count."""
    whens = [when for when, _ in plan.rules]
    if not reading.all_rules:
        return rows.with_columns(first_that_holds(whens, rows.schema).alias("=rule"))
    held = rows.with_columns(all_that_hold(whens, rows.schema).alias("=rule"))
    return held.explode("=rule", empty_as_null=True)


def _conformed(
    happened: pl.DataFrame, columns: Mapping[str, Paths], plan: _Plan, provider: str, reading: Reading
) -> pl.DataFrame:
    """The columns of EVENTS, and why a row cannot be one."""
    schema = happened.schema
    texts = {name: pl.lit(None, pl.String) for name in Batch.EVENTS} | {
        name: joined(paths, schema) if name == "esp_type" else first(paths, schema) for name, paths in columns.items()
    }
    made = {
        "occurred_at": instant(texts["occurred_at"], reading.time, reading.zone),
        "address": _address(texts["address"]),
        "kind": col("=kind"),
        "is_machine": _by_software(texts["is_machine"], plan, reading, schema),
        "event_id": texts["event_id"].str.strip_chars("<>"),
        "status": _status(texts["status"]),
        "provider": pl.lit(provider),
        "line": col("line").cast(pl.UInt32),
    }
    return happened.select(**{**texts, **made}).with_columns(
        reason=pl.when(~_is_address(col("address")))
        .then(pl.lit("no address"))
        .when(col("occurred_at").is_null())
        .then(pl.lit("no readable time"))
    )


def _address(text: pl.Expr) -> pl.Expr:
    """Without the display name that some systems keep (RFC 5322 section 3.4)."""
    bare = pl.when(text.str.ends_with(">")).then(text).str.extract(r"<([^<>]+@[^<>]+)>$", 1)
    return pl.coalesce(bare, text.str.strip_chars())


def _is_address(address: pl.Expr) -> pl.Expr:
    """A hash or a redacted recipient has no @, and is never read as an address."""
    whole = address.str.contains("@", literal=True) & ~address.str.contains(MARK, literal=True)
    return whole.fill_null(False)


def _status(text: pl.Expr) -> pl.Expr:
    """The enhanced status code alone, where a text follows it (RFC 3463 section 2)."""
    return pl.coalesce(text.str.extract(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b", 1), text)


def _by_software(stated: pl.Expr, plan: _Plan, reading: Reading, schema: pl.Schema) -> pl.Expr:
    """What the record proves, else the system's own flag; where it gives none, what the user agent tells."""
    if not any(rule.kind in TRACKED for _, rule in plan.rules):
        return pl.lit(None, pl.Boolean)
    proven = {number: rule.is_machine for number, (_, rule) in enumerate(plan.rules) if rule.is_machine is not None}
    known = [col("=rule").replace_strict(proven, default=None, return_dtype=pl.Boolean)] if proven else []
    flags = [truth(first((path,), schema)).fill_null(False) for path in reading.machine]
    flagged = [pl.when(pl.any_horizontal(*flags)).then(pl.lit(True))] if flags else []
    signs = first(reading.user_agent, schema), first(reading.reader_ip, schema)
    told = [is_machine(*signs, col("=kind"))] if reading.user_agent or reading.reader_ip else []
    return pl.when(col("=kind").is_in(TRACKED)).then(pl.coalesce(*known, truth(stated), *flagged, *told))


def truth(text: pl.Expr) -> pl.Expr:
    """Whether a text says yes or no; null for what is neither."""
    lower = text.str.to_lowercase()
    known = pl.when(lower.is_in(["true", "1", "yes", "t", "y"])).then(pl.lit(True))
    return known.when(lower.is_in(["false", "0", "no", "f", "n"])).then(pl.lit(False))

"""Flat records become events: the shapes of a format say where to look, its rules say what happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from polars import col

from hygiene.formats.agents import is_machine
from hygiene.formats.format import Format, Paths, Reading
from hygiene.ingest.encoding import MARK
from hygiene.ingest.paths import ELEMENT, element_value
from hygiene.ingest.times import instant
from hygiene.model.tables import ACTIVITY, EVENTS

UNKEYED = {name: dtype for name, dtype in EVENTS.schema.items() if name not in ("address_key", "mailbox_key", "source")}
RAW_LENGTH = 500


@dataclass
class Batch:
    """What some records say: events without keys and source, `line, raw, reason` of the unreadable, ignored by type.

    Events that only count may stand in `activity` (ACTIVITY) instead.
    """

    events: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=UNKEYED))
    rejects: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"line": pl.UInt32, "raw": pl.String, "reason": pl.String})
    )
    ignored: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"type": pl.String, "records": pl.UInt32})
    )
    activity: pl.DataFrame = field(default_factory=ACTIVITY.empty)


def meaning(records: pl.DataFrame, system: Format, reading: Reading, elements: Paths) -> Batch:
    """What flat records (`line`, `raw`, a column for each path of the format) mean."""
    named = records.with_columns(_first(paths, records.schema).alias(name) for name, paths in reading.names.items())
    sorted_out = named.with_columns(
        _first_that_holds([shape.when for shape in system.shape], named.schema).alias("shape")
    )
    parts = []
    for number, shape in enumerate(system.shape):
        mine = sorted_out.filter(col("shape") == number)
        if mine.height:
            columns = {**reading.columns, **shape.columns}
            parts.append(_events(_walked(mine, shape.each, elements), columns, system, reading))
    if not parts:
        return Batch()
    return Batch(
        pl.concat([part.events for part in parts]),
        pl.concat([part.rejects for part in parts]),
        pl.concat([part.ignored for part in parts]),
    )


def _walked(records: pl.DataFrame, each: str | None, elements: Paths) -> pl.DataFrame:
    """One row for each element of the list; one row without an element where the list is missing or empty."""
    if each is None:
        return records.with_columns(pl.lit(None, pl.String).alias(path) for path in elements)
    rows = records.with_columns(col(each).alias(ELEMENT)).explode(ELEMENT, empty_as_null=True, keep_nulls=True)
    dtype = rows.schema[ELEMENT]
    values = [element_value(path, dtype).alias(path) for path in elements]
    return rows.select(pl.exclude(ELEMENT), *values)


def _events(rows: pl.DataFrame, columns: Mapping[str, Paths], system: Format, reading: Reading) -> Batch:
    rules = system.event
    numbered = rows.with_columns(
        _first_that_holds([rule.when for rule in rules], rows.schema).alias("rule"),
        _first(reading.type, rows.schema).fill_null("no type").alias("type_"),
        *(_column(name, paths, rows.schema).alias(f"={name}") for name, paths in columns.items()),
        _first(reading.user_agent, rows.schema).alias("user_agent_"),
        _flag(reading, rows.schema).alias("flag_"),
    )
    kinds = {number: rule.kind.value for number, rule in enumerate(rules) if rule.kind is not None}
    labels = {number: f": {rule.ignored}" for number, rule in enumerate(rules) if rule.ignored is not None}
    named = numbered.with_columns(
        _by_number(kinds).alias("kind"), (col("type_") + _by_number(labels).fill_null("")).alias("ignored_")
    )
    ignored = named.filter(col("kind").is_null()).group_by(type="ignored_").agg(records=col("line").n_unique())
    happened = _conformed(named.filter(col("kind").is_not_null()), columns, system, reading)
    return Batch(
        happened.filter(col("reason").is_null()).select(list(UNKEYED)),
        happened.filter(col("reason").is_not_null()).select("line", col("raw").str.head(RAW_LENGTH), "reason"),
        ignored,
    )


def _conformed(happened: pl.DataFrame, columns: Mapping[str, Paths], system: Format, reading: Reading) -> pl.DataFrame:
    """The columns of EVENTS, and why a row cannot be one."""
    texts = {name: col(f"={name}") if name in columns else pl.lit(None, pl.String) for name in UNKEYED}
    made = {
        "occurred_at": instant(texts["occurred_at"], reading.time),
        "address": _address(texts["address"]),
        "kind": col("kind"),
        "is_machine": _by_software(texts["is_machine"], reading),
        "provider": pl.lit(system.name),
        "line": col("line").cast(pl.UInt32),
    }
    filled = happened.select("raw", **{**texts, **made})
    return filled.with_columns(
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


def _by_software(stated: pl.Expr, reading: Reading) -> pl.Expr:
    """The system's own flag; where it gives none, what the user agent tells."""
    flag = pl.coalesce(truth(stated), col("flag_"))
    return pl.coalesce(flag, is_machine(col("user_agent_"), col("kind"))) if reading.user_agent else flag


def _flag(reading: Reading, schema: pl.Schema) -> pl.Expr:
    flags = [pl.coalesce(truth(_texts(path, schema)), pl.lit(False)) for path in reading.machine]
    return pl.when(pl.any_horizontal(*flags)).then(pl.lit(True)) if flags else pl.lit(None, pl.Boolean)


def truth(text: pl.Expr) -> pl.Expr:
    """Whether a text says yes or no; null for what is neither."""
    lower = text.str.to_lowercase()
    known = pl.when(lower.is_in(["true", "1", "yes", "t", "y"])).then(pl.lit(True))
    return known.when(lower.is_in(["false", "0", "no", "f", "n"])).then(pl.lit(False))


def _column(name: str, paths: Paths, schema: pl.Schema) -> pl.Expr:
    if name != "esp_type":
        return _first(paths, schema)
    joined = pl.concat_str([_texts(path, schema) for path in paths], separator="/", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _first(paths: Paths, schema: pl.Schema) -> pl.Expr:
    return pl.coalesce(*(_texts(path, schema) for path in paths)) if paths else pl.lit(None, pl.String)


def _texts(path: str, schema: pl.Schema) -> pl.Expr:
    """The text at a path; a list of texts as one, joined by commas."""
    if path not in schema:
        return pl.lit(None, pl.String)
    if isinstance(schema[path], pl.List):
        joined = col(path).list.join(",")
        return pl.when(joined != "").then(joined)
    return col(path)


def _first_that_holds(whens: list[Mapping[str, Paths]], schema: pl.Schema) -> pl.Expr:
    """Number of the first set of conditions that holds; null where none does. What is unknown does not hold."""
    numbers = [pl.when(_holds(when, schema)).then(pl.lit(number, pl.Int32)) for number, when in enumerate(whens)]
    return pl.coalesce(*numbers) if numbers else pl.lit(None, pl.Int32)


def _holds(when: Mapping[str, Paths], schema: pl.Schema) -> pl.Expr:
    if not when:
        return pl.lit(True)
    return pl.all_horizontal(*(_has(path, values, schema).fill_null(False) for path, values in when.items()))


def _has(path: str, values: Paths, schema: pl.Schema) -> pl.Expr:
    """Whether one of the values stands at the path: `*` is any value, an empty text is none."""
    wanted = [value.lower() for value in values if value not in ("", "*")]
    if isinstance(schema.get(path), pl.List):
        any_value = col(path).list.len() > 0
        one_of_them = col(path).list.eval(pl.element().str.to_lowercase().is_in(wanted)).list.any()
    else:
        text = _texts(path, schema)
        any_value, one_of_them = text.is_not_null(), text.str.to_lowercase().is_in(wanted)
    found = one_of_them.fill_null(False)
    if "*" in values:
        found = found | any_value.fill_null(False)
    return found | ~any_value.fill_null(False) if "" in values else found


def _by_number(words: Mapping[int, str]) -> pl.Expr:
    chosen = [pl.when(col("rule") == number).then(pl.lit(word)) for number, word in words.items()]
    return pl.coalesce(*chosen) if chosen else pl.lit(None, pl.String)

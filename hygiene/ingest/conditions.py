"""Paths and conditions of a format file as expressions over flat records, and by hand for one record."""

import re
from collections.abc import Mapping, Sequence

import polars as pl
from polars import col

from hygiene.formats.format import Paths
from hygiene.ingest.paths import PLAIN, parts_of

REGEX = "~"
When = Mapping[str, Paths]


def first(paths: Paths, schema: pl.Schema) -> pl.Expr:
    """The first value that there is."""
    return pl.coalesce(*(texts(path, schema) for path in paths)) if paths else pl.lit(None, pl.String)


def joined(paths: Paths, schema: pl.Schema) -> pl.Expr:
    """All values that there are, with `/` between."""
    text = pl.concat_str([texts(path, schema) for path in paths], separator="/", ignore_nulls=True)
    return pl.when(text != "").then(text)


def texts(path: str, schema: pl.Schema) -> pl.Expr:
    """The text at a path; a list of texts as one, joined by commas; null where a part of `{a} {b}` is missing."""
    if parts := parts_of(path):
        between = re.split(r"\{[^{}]+\}", path)
        values = [piece for each in zip(between, [*parts, None], strict=True) for piece in each if piece]
        return pl.concat_str([texts(one, schema) if one in parts else pl.lit(one) for one in values])
    if path.startswith(PLAIN):
        return pl.lit(path.removeprefix(PLAIN))
    if path not in schema:
        return pl.lit(None, pl.String)
    if isinstance(schema[path], pl.List):
        # Most lists hold one text, and to join is slow.
        is_long = col(path).list.len() > 1
        text = pl.coalesce(pl.when(is_long).then(col(path)).list.join(","), col(path).list.first())
        return pl.when(text != "").then(text)
    return col(path)


def first_that_holds(whens: Sequence[When], schema: pl.Schema) -> pl.Expr:
    """Number of the first set of conditions that holds; null where none does. What is unknown does not hold."""
    numbers = [pl.when(holds(when, schema)).then(pl.lit(number, pl.Int32)) for number, when in enumerate(whens)]
    return pl.coalesce(*numbers) if numbers else pl.lit(None, pl.Int32)


def all_that_hold(whens: Sequence[When], schema: pl.Schema) -> pl.Expr:
    """Numbers of all sets of conditions that hold, as a list."""
    numbers = [pl.when(holds(when, schema)).then(pl.lit(number, pl.Int32)) for number, when in enumerate(whens)]
    return pl.concat_list(numbers).list.drop_nulls()


def holds(when: When, schema: pl.Schema) -> pl.Expr:
    """Whether all conditions are met."""
    if not when:
        return pl.lit(True)
    return pl.all_horizontal(*(_has(path, values, schema).fill_null(False) for path, values in when.items()))


def _has(path: str, values: Paths, schema: pl.Schema) -> pl.Expr:
    if isinstance(schema.get(path), pl.List):
        any_value = col(path).list.len() > 0
        one_of_them = col(path).list.eval(_is_one_of(pl.element(), values)).list.any()
    else:
        text = texts(path, schema)
        any_value, one_of_them = text.is_not_null(), _is_one_of(text, values)
    found = one_of_them.fill_null(False)
    if "*" in values:
        found = found | any_value.fill_null(False)
    return found | ~any_value.fill_null(False) if "" in values else found


def _is_one_of(text: pl.Expr, values: Paths) -> pl.Expr:
    matches = [text.str.contains(f"(?i){value[1:]}") for value in values if value.startswith(REGEX)]
    wanted = [value.lower() for value in values if value not in ("", "*") and not value.startswith(REGEX)]
    lower = text.str.to_lowercase()
    equal = [lower == wanted[0]] if len(wanted) == 1 else [lower.is_in(wanted)] if wanted else []
    return pl.any_horizontal(*equal, *matches) if equal or matches else pl.lit(False)


def meets(text: str | None, values: Paths) -> bool:
    """The same for one text."""
    if not text:
        return "" in values
    plain = [value.lower() for value in values]
    return "*" in plain or text.lower() in plain or any(_matches(text, value) for value in values)


def _matches(text: str, value: str) -> bool:
    return value.startswith(REGEX) and re.search(value[1:], text, re.IGNORECASE) is not None


def where(when: When, path: str, text: str) -> When | None:
    """The conditions that remain where a text stands at a path; None where it cannot be."""
    if path not in when:
        return when
    return {one: values for one, values in when.items() if one != path} if meets(text, when[path]) else None

"""One line of a suppression file per address, made as expressions: no Python object a row."""

from collections.abc import Callable
from typing import Any

import polars as pl
import polars_hash  # noqa: F401 - registers `chash` and `nchash`
from polars import col

from hygiene.formats.writing import PLACE, Layout, Writing, places
from hygiene.model.words import ReasonFamily
from hygiene.policy.families import family
from hygiene.policy.rules import BY_CODE

ISO = "%Y-%m-%dT%H:%M:%SZ"
RFC5322 = "%a, %d %b %Y %H:%M:%S +0000"
"""A date as in a mail header (RFC 5322 section 3.3), in UTC."""
Escape = Callable[[pl.Expr], pl.Expr]


def lines(rows: pl.LazyFrame, layout: Layout, writing: Writing) -> pl.LazyFrame:
    """One column, `line`, in the order of the rows, which `with_places` made."""
    if layout.item:
        return rows.select(line=filled(layout.item, json_text))
    cells = [filled(cell, _as_it_is) for cell in layout.cells]
    safe = [_quoted(cell, writing.delimiter) for cell in cells] if writing.quotes else cells
    return rows.select(line=pl.concat_str(safe, separator=writing.delimiter))


def with_places(rows: pl.LazyFrame, words: dict[ReasonFamily, str]) -> pl.LazyFrame:
    """Rows (address, rule, at, action, perhaps external_id) with all else that may stand in a template.

    `*`, and a rule that is no longer known, count as a person's word.
    """
    manual = ReasonFamily.MANUAL
    return rows.join(_of_rules(words), on="rule", how="left", maintain_order="left").with_columns(
        col("reason").fill_null(manual.value),
        col("word").fill_null(words[manual]),
        col("says").fill_null(BY_CODE["MAN002"].says),
        col("at").dt.strftime("%Y-%m-%d").alias("date"),
        col("at").dt.strftime(RFC5322).alias("rfc5322"),
        col("at").dt.epoch("s").cast(pl.String).alias("unix"),
        col("at").dt.strftime(ISO).alias("at"),
        sha256=_normal().chash.sha2_256(),
        md5=_normal().nchash.md5(),
    )


def needed(layout: Layout) -> list[str]:
    """The columns that its templates name."""
    return sorted(places(*layout.templates))


def filled(template: str, escape: Escape) -> pl.Expr:
    """The template with each name in braces replaced by the column's value, made safe."""
    texts = PLACE.split(template)
    # Text and names alternate: the pattern has one group.
    parts = [escape(col(text)) if number % 2 else pl.lit(text) for number, text in enumerate(texts) if text]
    return pl.concat_str(parts)


def json_text(value: pl.Expr) -> pl.Expr:
    """What stands between the quotes of a JSON string (RFC 8259 section 7)."""
    safe = value.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return safe.str.replace_all(r"[\x00-\x1f]", "")


def _as_it_is(value: pl.Expr) -> pl.Expr:
    return value


def _quoted(cell: pl.Expr, delimiter: str) -> pl.Expr:
    risky = cell.str.contains_any([delimiter, '"', "\n", "\r"])
    doubled = pl.concat_str(pl.lit('"'), cell.str.replace_all('"', '""', literal=True), pl.lit('"'))
    return pl.when(risky).then(doubled).otherwise(cell)


def _normal() -> Any:
    """The address without outer spaces and in lower case: what digests are made of, as UTF-8."""
    return col("address").str.strip_chars().str.to_lowercase()


def _of_rules(words: dict[ReasonFamily, str]) -> pl.LazyFrame:
    codes = list(BY_CODE)
    families = [family(code) for code in codes]
    return pl.LazyFrame(
        {
            "rule": codes,
            "reason": [each.value for each in families],
            "word": [words[each] for each in families],
            "says": [BY_CODE[code].says for code in codes],
        }
    )

"""Which records take several lines? Each line that opens a quoted cell is paired with the line that ends it.

A quote that is never closed must not swallow the file: where a pair makes no record, or an absurd one, the line that
opens it is kept aside and reading resumes at the next line.
"""

import polars as pl
from polars import col

from hygiene.ingest.encoding import MARK
from hygiene.ingest.forms import Forms

RECORD_LINES = 200
"""A record of more lines than this is a stray quote."""
SWALLOWED = 2
"""So many lines inside a quoted cell that are records of their own, with an @: a stray quote, too."""
UNDECODABLE = "bytes that are no text in this encoding"

SPANS = pl.Schema({"line": pl.UInt32, "close": pl.UInt32, "raw": pl.String, "reason": pl.String, "rewrite": pl.Boolean})


def spans(lines: pl.LazyFrame, odd: pl.DataFrame, forms: Forms) -> pl.DataFrame:
    """Records of several lines: first line, last line, text, the reason if it cannot be read, whether to write it anew.

    `lines` and `odd` (those that are no whole record) have the columns line and text, in order.
    """
    opened = odd.filter(col("text").str.contains(forms.opens)).select("line")
    if opened.is_empty():
        return pl.DataFrame(schema=SPANS)
    records = _joined(lines, _pairs(lines, opened, forms), forms)
    fits, text = forms.fits(col("raw")), col("raw")
    is_stray = (col("swallowed") >= SWALLOWED) if forms.columns > 2 else pl.lit(False)
    # A whole record that is merely ragged is one reject; were its quote a stray one, later lines would hold an @.
    is_ragged = ~fits & text.str.contains(forms.closed) & ~col("has_address_below")
    read = records.filter((fits & ~is_stray) | is_ragged).with_columns(
        reason=pl.when(text.str.contains(MARK, literal=True))
        .then(pl.lit(UNDECODABLE))
        .when(is_ragged)
        .then(forms.miscount(text)),
        rewrite=fits & ~text.str.contains(forms.whole),
    )
    return _without_overlaps(read.select(list(SPANS)).cast(SPANS))


def _pairs(lines: pl.LazyFrame, opened: pl.DataFrame, forms: Forms) -> pl.DataFrame:
    """Each opening line with the next line that would not leave the cell open, if that one ends it properly."""
    text = col("text")
    stops = lines.filter(text.str.contains('"', literal=True)).filter(~text.str.contains(forms.stays))
    stops = stops.select(close="line", ends=text.str.contains(forms.ends))
    pairs = opened.lazy().join_asof(
        stops, left_on="line", right_on="close", strategy="forward", allow_exact_matches=False, check_sortedness=False
    )
    return pairs.filter(col("ends"), col("close") - col("line") < RECORD_LINES).collect()


def _joined(lines: pl.LazyFrame, pairs: pl.DataFrame, forms: Forms) -> pl.DataFrame:
    """The text of each pair, and what in it speaks for a stray quote."""
    members = pairs.with_columns(number=pl.int_ranges(col("line"), col("close") + 1, dtype=pl.UInt32))
    members = members.explode("number", empty_as_null=True)
    wanted = members["number"].unique()
    texts = lines.filter(col("line").is_in(wanted.implode())).select(number="line", text="text").collect()
    text, is_inner = col("text"), col("number").is_between("line", "close", closed="none")
    has_at = text.str.contains("@", literal=True)
    return (
        members.join(texts, on="number", how="left", maintain_order="left")
        .group_by("line", "close", maintain_order=True)
        .agg(
            raw=text.str.join("\n"),
            swallowed=(is_inner & has_at & text.str.contains(forms.whole)).sum(),
            has_address_below=(has_at & (col("number") > col("line"))).any(),
        )
    )


def _without_overlaps(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs that remain when each opens after the one before has ended; that is told in order, so it is a loop."""
    taken, ended = [], -1
    for line, close in zip(pairs["line"].to_list(), pairs["close"].to_list(), strict=True):
        taken.append(line > ended)
        ended = close if line > ended else ended
    return pairs.filter(pl.Series(taken, dtype=pl.Boolean))

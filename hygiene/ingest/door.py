"""Which records of a delimited file can be read? Told in one pass over its lines, with no row in Python."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl
from polars import col

from hygiene.ingest.encoding import MARK
from hygiene.ingest.forms import Forms
from hygiene.ingest.spans import UNDECODABLE, spans
from hygiene.ingest.text import TextFile

RAW_CHARS = 500
UNCLOSED = "a quoted cell is never closed"
MISPLACED = "text after a closing quote"


@dataclass(frozen=True)
class Door:
    """What stands at the door of a file; lines count from 0, records too."""

    head_lines: int
    records: int
    """All of them, unreadable ones included."""
    rejected: pl.DataFrame
    """Columns line, close (its last line), raw and reason, in order."""
    rewrite: dict[int, int]
    """Records that polars would misread as they stand: first line → last line."""
    blank: pl.Series
    """Lines that hold nothing."""
    continued: pl.Series
    """Lines that go on with the record of the line before."""

    @cached_property
    def _no_record(self) -> pl.Series:
        return pl.concat([self.blank, self.continued]).sort()

    def row_of(self, line: pl.Series) -> pl.Series:
        """Numbers of the records that begin at these lines."""
        return (line - self.head_lines - self._no_record.search_sorted(line, side="left")).cast(pl.UInt32)

    def line_of(self, row: pl.Series) -> pl.Series:
        """The lines at which these records begin."""
        before = self._no_record - pl.int_range(len(self._no_record), eager=True) - self.head_lines
        return (row + self.head_lines + before.search_sorted(row, side="right")).cast(pl.UInt32)

    @property
    def is_clean(self) -> bool:
        """Whether the file can be read as it is: all records are fine, and blank lines stand only at its end."""
        inner = self.row_of(self.blank) < self.records
        return self.rejected.is_empty() and not self.rewrite and not inner.any()

    def dropped(self) -> pl.Series:
        """The lines that a readable copy leaves out."""
        members = pl.int_ranges(col("line"), col("close") + 1, dtype=pl.UInt32)
        lines = self.rejected.select(members.explode(empty_as_null=True)).to_series()
        return pl.concat([self.blank, lines]).sort()


def examined(text: TextFile, head_lines: int, forms: Forms) -> Door:
    """Looks at every line once, and again only at those that are no whole record."""
    lines, line = text.lines(head_lines), col("text")
    is_odd = ~line.str.contains(forms.whole) | (line.str.strip_chars(" ") == "")
    if text.undecodable:
        is_odd |= line.str.contains(MARK, literal=True)
    odd, count = pl.collect_all([lines.filter(is_odd), lines.select(pl.len())])
    long = spans(lines, odd, forms)
    short = _judged(outside(odd, long), forms)
    members = pl.int_ranges(col("line") + 1, col("close") + 1, dtype=pl.UInt32)
    continued = long.select(members.explode(empty_as_null=True)).to_series()
    blank = short.filter("is_blank")["line"]
    found = pl.concat([short.select(long.columns), long]).sort("line")
    rewrite = found.filter(col("rewrite") & col("reason").is_null())
    return Door(
        head_lines=head_lines,
        records=int(count.item()) - len(blank) - len(continued),
        rejected=found.filter(col("reason").is_not_null()).select("line", "close", _told(col("raw")), "reason"),
        rewrite=dict(zip(rewrite["line"].to_list(), rewrite["close"].to_list(), strict=True)),
        blank=blank,
        continued=continued,
    )


def outside(odd: pl.DataFrame, long: pl.DataFrame) -> pl.DataFrame:
    """The odd lines that no record of several lines takes in."""
    taken = long.select("close", begun="line")
    near = odd.join_asof(taken, left_on="line", right_on="begun", strategy="backward", check_sortedness=False)
    return near.filter(col("close").is_null() | (col("line") > col("close"))).select("line", raw="text")


def _judged(odd: pl.DataFrame, forms: Forms) -> pl.DataFrame:
    """Each odd line as a record of its own: why it cannot be read, or that it is blank, or to be written anew."""
    text = col("raw")
    is_blank = text.str.strip_chars(" ") == ""
    reason = (
        pl.when(is_blank)
        .then(None)
        .when(text.str.contains(MARK, literal=True))
        .then(pl.lit(UNDECODABLE))
        .when(text.str.contains(forms.opens))
        .then(pl.lit(UNCLOSED))
        .when(~text.str.contains(forms.closed))
        .then(pl.lit(MISPLACED))
        .when(forms.cells(text) != forms.columns)
        .then(forms.miscount(text))
    )
    # A quote inside an unquoted cell stands for itself, but polars pairs all quotes of a line.
    unpaired = text.str.count_matches('"', literal=True) % 2 == 1
    return odd.with_columns(close="line", is_blank=is_blank, reason=reason, rewrite=~is_blank & unpaired)


def _told(raw: pl.Expr) -> pl.Expr:
    """What a person is shown of a record."""
    return raw.str.slice(0, RAW_CHARS).str.replace_all(MARK, "\ufffd", literal=True).alias("raw")

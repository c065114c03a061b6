"""A list of JSON lines; a line rides along as it is, and only its address is ever rewritten."""

from dataclasses import dataclass

import polars as pl
from polars import col

from hygiene.ingest.documents import first_records
from hygiene.ingest.encoding import MARK
from hygiene.ingest.text import TextFile
from hygiene.model.errors import InputError

NO_OBJECT = "no JSON object"


@dataclass(frozen=True)
class JsonLines:
    """An opened list of JSON lines."""

    text: TextFile
    columns: tuple[str, ...]
    """Keys of the first records."""
    bad: pl.DataFrame
    """Columns line (from 0) and raw of lines that are no JSON object."""
    blank: pl.Series
    records: int

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.text.digest

    def rejects(self) -> pl.DataFrame:
        """Columns line (from 1), row, reason and raw."""
        return self.bad.select(
            (col("line") + 1).cast(pl.UInt32),
            self.row_of(self.bad["line"]).alias("row"),
            reason=pl.lit(NO_OBJECT),
            raw=col("raw").str.head(500),
        )

    def row_of(self, line: pl.Series) -> pl.Series:
        """Numbers of the records on these lines."""
        return (line - self.blank.search_sorted(line, side="left")).cast(pl.UInt32)

    def line_of(self, row: pl.Series) -> pl.Series:
        """Lines of these records, from 1."""
        before = self.blank - pl.int_range(len(self.blank), eager=True)
        return (row + before.search_sorted(row, side="right") + 1).cast(pl.UInt32)

    def lines(self) -> pl.LazyFrame:
        """`row` and `text` of every readable record, in file order."""
        gone = pl.concat([self.bad["line"], self.blank]).implode()
        kept = self.text.lines().filter(~col("line").is_in(gone))
        row = (
            col("line") - self.blank.search_sorted(pl.Series([0]))[0]
            if self.blank.is_empty()
            else col("line").map_batches(self.row_of, return_dtype=pl.UInt32, is_elementwise=True)
        )
        return kept.select(row.cast(pl.UInt32).alias("row"), "text")

    def scan(self) -> pl.LazyFrame:
        """`row` and the first-level values as text, in file order."""
        values = [col("text").str.json_path_match(f"$['{name}']").alias(name) for name in self.columns]
        return self.lines().select("row", *values)


def open_json_lines(text: TextFile) -> JsonLines:
    """Looks at every line once; raises InputError where the first is no object."""
    first = first_records(text.head)
    columns = tuple(dict.fromkeys(key for record in first for key in record))
    if not columns:
        raise InputError("the first line is no JSON object.", str(text.path), "Write one object a line.")
    body = col("text").str.strip_chars()
    whole = body.str.starts_with("{") & body.str.ends_with("}") & ~body.str.contains(MARK, literal=True)
    readable = whole & body.str.json_path_match("$").is_not_null()
    odd = text.lines().filter(~readable.fill_null(False)).collect()
    is_blank = odd["text"].str.strip_chars() == ""
    total = text.lines().select(pl.len()).collect().item()
    blank = odd.filter(is_blank)["line"]
    bad = odd.filter(~is_blank).select("line", raw="text")
    return JsonLines(text, columns, bad, blank, total - len(blank))

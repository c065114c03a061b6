"""A list in Parquet: every row can be read, and keeps its types."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hygiene.ingest.streams import digest_of
from hygiene.model.errors import InputError


@dataclass(frozen=True)
class ParquetList:
    """An opened Parquet list."""

    path: Path
    columns: tuple[str, ...]
    records: int
    digest: str

    def rejects(self) -> pl.DataFrame:
        """Nothing: a row of Parquet is a row."""
        return pl.DataFrame(schema={"line": pl.UInt32, "row": pl.UInt32, "reason": pl.String, "raw": pl.String})

    def line_of(self, row: pl.Series) -> pl.Series:
        """Numbers of the rows, from 1."""
        return (row + 1).cast(pl.UInt32)

    def scan(self) -> pl.LazyFrame:
        """`row` and the columns, in file order."""
        return pl.scan_parquet(self.path, glob=False).with_row_index("row").with_columns(pl.col("row").cast(pl.UInt32))


def open_parquet(path: Path) -> ParquetList:
    """Reads the footer; raises InputError where it is damaged."""
    try:
        scanned = pl.scan_parquet(path, glob=False)
        columns = tuple(scanned.collect_schema())
        records = scanned.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"the Parquet file is damaged ({str(error).splitlines()[0]}).", str(path), "Copy it again."
        ) from error
    return ParquetList(path, columns, records, digest_of(path))

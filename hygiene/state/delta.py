"""What deltalake is told, and what it says when it fails."""

import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hygiene.model.table import Table

if TYPE_CHECKING:
    from arro3.core import RecordBatchReader, Schema
    from deltalake import DeltaTable, WriterProperties

CAUSE_LENGTH = 300
ROW_GROUP_ROWS = 16_384
"""Small enough that a look-up of one key reads little of a table that is sorted by it."""
NUMBERS_ROW_GROUP_ROWS = 32_768
"""Of narrow tables, of which a night reads a stretch a shard."""


def version_of(delta: "DeltaTable | None") -> int:
    """Number of the commit; -1 where there is no table yet."""
    return -1 if delta is None else int(delta.version())


def rows_of(delta: "DeltaTable", uri: str, partition_by: Sequence[str]) -> pl.LazyFrame:
    """All rows; where the folder's name has characters that a URI encodes, polars needs the files told by name."""
    if "%" not in delta.table_uri:
        return pl.scan_delta(delta)
    names = pl.DataFrame(delta.get_add_actions(flatten=True))["path"].to_list()
    hive = {name: pl.String() for name in partition_by}
    files = [Path(uri, name) for name in names]
    return pl.scan_parquet(files, glob=False, hive_partitioning=bool(hive), hive_schema=hive or None)


def writing(table: Table) -> "WriterProperties":
    """How data files are written: no dictionary is sought where values hardly repeat; numbers are packed lightly."""
    from deltalake import ColumnProperties, WriterProperties

    plain = ColumnProperties(dictionary_enabled=False)
    if not all(is_number(dtype) for dtype in table.schema.values()):
        apart = dict.fromkeys(table.distinct, plain) or None
        return WriterProperties(compression="ZSTD", max_row_group_size=ROW_GROUP_ROWS, column_properties=apart)
    return WriterProperties(
        compression="SNAPPY", max_row_group_size=NUMBERS_ROW_GROUP_ROWS, default_column_properties=plain
    )


def is_number(dtype: pl.DataType) -> bool:
    """Whether values are numbers or instants, and no text."""
    return dtype.is_numeric() or dtype.is_temporal()


def batches(frames: Iterable[pl.DataFrame], table: Table) -> "RecordBatchReader":
    """The frames, which conform to the table, one after the other: never all of them in memory."""
    from arro3.core import RecordBatchReader
    from arro3.core import Table as ArrowTable

    tables = (ArrowTable.from_arrow(table.conform(frame)) for frame in frames)
    return RecordBatchReader.from_batches(arrow_schema(table), (one for each in tables for one in each.to_batches()))


def arrow_schema(table: Table) -> "Schema":
    """The table's columns as Arrow says them."""
    from arro3.core import Table as ArrowTable

    return ArrowTable.from_arrow(table.empty()).schema


def cause(error: Exception) -> str:
    """The library's words on one line, without colours and without its own stack trace, and not too long."""
    plain = re.sub(r"\x1b\[\d*m|↳", "", str(error)).strip().splitlines()
    lines = itertools.takewhile(lambda line: not line.strip().startswith("0:"), plain)
    return ": ".join(line.strip() for line in lines)[:CAUSE_LENGTH].rstrip(". ")

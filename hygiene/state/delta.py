"""What deltalake is told, and what it says when it fails."""

import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from hygiene.model.table import Table

if TYPE_CHECKING:
    from arro3.core import RecordBatchReader, Schema
    from deltalake import CommitProperties, DeltaTable, WriterProperties

    from hygiene.state.table import StateTable

CAUSE_LENGTH = 300
ROW_GROUP_ROWS = 16_384
"""Small enough that a look-up of one key reads little of a table that is sorted by it."""
NUMBERS_ROW_GROUP_ROWS = 32_768
"""Of narrow tables, of which a night reads a stretch a shard."""


def version_of(delta: "DeltaTable | None") -> int:
    """Number of the commit; -1 where there is no table yet."""
    return -1 if delta is None else int(delta.version())


def files_of(delta: "DeltaTable") -> dict[str, int]:
    """Names of the data files, and when each was added, in milliseconds."""
    return dict(pl.DataFrame(delta.get_add_actions(flatten=True)).select("path", "modification_time").rows())


def rows_of(delta: "DeltaTable", state: "StateTable", files: Collection[str] | None = None) -> pl.LazyFrame:
    """All rows, or those of some files; where the folder's name has characters that a URI encodes, told by file."""
    if files is None and "%" not in delta.table_uri:
        return pl.scan_delta(delta)
    hive = {name: pl.String() for name in state.partition_by}
    return pl.scan_parquet(
        [f"{state.uri}/{name}" for name in (files_of(delta) if files is None else files)],
        glob=False,
        hive_partitioning=bool(hive),
        hive_schema=hive or None,
        storage_options=dict(state.storage_options) or None,
    )


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


def settings(table: Table, partition_by: Sequence[str]) -> dict[str, str]:
    """How the table is made: the commit log has statistics of numbers only."""
    plain = [name for name, dtype in table.schema.items() if is_number(dtype)]
    return {"delta.dataSkippingStatsColumns": ",".join(name for name in plain if name not in partition_by)}


def commit(
    table: Table, delta: "DeltaTable | None", keys: Sequence[str] = (), marks: Mapping[str, int] | None = None
) -> "CommitProperties":
    """A key that every commit has makes the second of two at a time fail, instead of mixing in."""
    from deltalake import CommitProperties, Transaction

    named = dict.fromkeys([f"{table.name}.commit", *keys], version_of(delta) + 1) | dict(marks or {})
    return CommitProperties(app_transactions=[Transaction(key, number) for key, number in named.items()])


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

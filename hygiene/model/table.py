"""A table is the contract on an arrow between two stages: names, types, nullability, one sentence a column."""

from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from hygiene.model.errors import TableError

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Column:
    """One column: its type, what it says, and whether it may be null."""

    dtype: pl.DataType | type[pl.DataType]
    says: str
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """A named set of columns that a stage may rely on."""

    name: str
    columns: dict[str, Column]
    distinct: tuple[str, ...] = ()
    """Columns in which hardly a value comes twice."""

    @property
    def schema(self) -> pl.Schema:
        """Column names and types, in order."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """No rows, all columns."""
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: Frame) -> Frame:
        """The frame with just these columns in this order; raises TableError where one is missing or of other type."""
        found = frame.collect_schema()
        wrong = [
            f"{name} (missing)" if name not in found else f"{name} (is {found[name]}, must be {dtype})"
            for name, dtype in self.schema.items()
            if found.get(name) != dtype
        ]
        if wrong:
            raise TableError(f"table {self.name} does not fit: {', '.join(wrong)}.")
        return frame.select(list(self.columns))

    def fill(self, frame: Frame) -> Frame:
        """The frame with columns that it lacks added as nulls, then conformed."""
        found = frame.collect_schema()
        missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in self.schema.items() if name not in found]
        return self.conform(frame.with_columns(missing))

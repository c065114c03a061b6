"""A small table of the state."""

import datetime as dt

import polars as pl

from hygiene.model.table import Column, Table
from hygiene.model.tables import INSTANT
from hygiene.state import StateTable

NOTES = Table(
    "NOTES",
    {
        "number": Column(pl.Int64, "number"),
        "at": Column(INSTANT, "when"),
        "line": Column(pl.UInt32, "a type that Delta has not"),
        "text": Column(pl.String, "personal"),
    },
)

AT = dt.datetime(2026, 7, 1, 3, tzinfo=dt.UTC)


def notes(*numbers: int, text: str = "ann@example.org") -> pl.DataFrame:
    cells = {
        "number": list(numbers),
        "at": [AT] * len(numbers),
        "line": [1] * len(numbers),
        "text": [text] * len(numbers),
    }
    return pl.DataFrame(cells, schema=NOTES.schema)


def numbers(table: StateTable, version: int | None = None) -> list[int]:
    return table.scan(version).select("number").collect()["number"].sort().to_list()

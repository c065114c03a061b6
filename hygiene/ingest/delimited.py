"""A delimited file as rows of text: scanned in place where all of it can be read, else from a copy without the rest."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl
from polars import col

from hygiene.ingest.door import Door, examined
from hygiene.ingest.forms import Forms
from hygiene.ingest.shape import Shape, shape_of
from hygiene.ingest.streams import working_copy
from hygiene.ingest.text import TextFile
from hygiene.model.errors import InputError

ROW = "row"


@dataclass(frozen=True)
class Delimited:
    """An opened CSV, TSV or the like."""

    text: TextFile
    shape: Shape
    columns: tuple[str, ...]
    """The names of the file, made unique."""
    door: Door
    readable: Path
    """UTF-8 that polars reads without an error: the file itself or a copy."""
    skip: int
    """Lines of it before the first record."""

    @property
    def records(self) -> int:
        """All records, unreadable ones included."""
        return self.door.records

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.text.digest

    def line_of(self, row: pl.Series) -> pl.Series:
        """The lines at which these records begin, from 1."""
        return (self.door.line_of(row) + 1).cast(pl.UInt32)

    def rejects(self) -> pl.DataFrame:
        """Columns line (from 1), row, reason and raw of the records that cannot be read."""
        found = self.door.rejected
        row = self.door.row_of(found["line"])
        return found.select((col("line") + 1).cast(pl.UInt32), row.alias(ROW), "reason", "raw")

    def scan(self, *, empty_is_null: bool = False) -> pl.LazyFrame:
        """`row` and every column as text, in file order; the same rows each time.

        With `empty_is_null`, an empty cell without quotes is null and `""` is not, so that both can be written back.
        """
        rows = pl.scan_csv(
            self.readable,
            has_header=False,
            schema=dict.fromkeys(self.columns, pl.String),
            separator=self.shape.delimiter,
            skip_lines=self.skip,
            empty_string_is_null=empty_is_null,
            row_index_name=ROW,
            glob=False,
        )
        if self.door.rejected.is_empty():
            return rows.with_columns(col(ROW).cast(pl.UInt32))
        return pl.concat([self._numbers(), rows.drop(ROW)], how="horizontal")

    def _numbers(self) -> pl.LazyFrame:
        """Numbers of the records of the copy, which lacks the unreadable ones."""
        gone = self.door.row_of(self.door.rejected["line"])
        numbers = pl.int_range(self.records, dtype=pl.UInt32, eager=True).alias(ROW)
        return numbers.filter(~numbers.is_in(gone.implode())).to_frame().lazy()


def open_delimited(text: TextFile, work: Path, delimiter: str | None, has_header: bool | None) -> Delimited:
    """Finds the shape of the file and looks at every record; raises InputError where there is not even a header."""
    shape = shape_of(text.head, delimiter, has_header)
    if not shape.names:
        raise InputError("holds only blank lines.", str(text.path), "Export it again, or leave it out of the job.")
    door = examined(text, shape.head_lines, Forms(shape.delimiter, len(shape.names)))
    columns = unique_names(shape.names)
    if door.is_clean:
        return Delimited(text, shape, columns, door, text.utf8, shape.head_lines)
    return Delimited(text, shape, columns, door, _readable_copy(text, work, shape, door), 0)


def unique_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, each once: a second `phone` is `phone_2`, an empty name goes by its place, and `row` is ours."""
    given = {ROW}
    found: list[str] = []
    for place, name in enumerate(names, 1):
        plain = name or f"column_{place}"
        unique, number = plain, 2
        while unique in given or (unique != plain and unique in names):
            unique, number = f"{plain}_{number}", number + 1
        given.add(unique)
        found.append(unique)
    return tuple(found)


def _readable_copy(text: TextFile, work: Path, shape: Shape, door: Door) -> Path:
    """The records that can be read, byte for byte, and those that polars would misread in standard quoting."""
    dropped = {line: line for line in range(shape.head_lines)} | {line: line for line in door.dropped().to_list()}
    spans = dropped | door.rewrite
    with text.utf8.open("rb") as source, working_copy(work, text.path) as target:
        copied(source, target, spans, lambda raw, line: b"" if line in dropped else _standard(raw, shape.delimiter))
    return Path(target.name)


def copied(source: IO[bytes], target: IO[bytes], spans: dict[int, int], anew: Callable[[bytes, int], bytes]) -> None:
    """Copies line by line; the lines from a key of `spans` to its value go through `anew` as one."""
    for number, line in (lines := enumerate(source)):
        if number not in spans:
            target.write(line)
            continue
        rest = b"".join(next(lines)[1] for _ in range(spans[number] - number))
        target.write(anew(line + rest, number))


def _standard(raw: bytes, delimiter: str) -> bytes:
    """One record in the quoting of RFC 4180; a quote inside an unquoted cell stood for itself."""
    cells = next(csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=delimiter))
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator="\r\n" if raw.endswith(b"\r\n") else "\n").writerow(cells)
    return written.getvalue().encode()

"""Lines of a log by sort: what each says as fields, and what cannot be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from polars import col

from hygiene.formats.texts import Line, LogReading
from hygiene.ingest.batch import RAW_LENGTH

UNREADABLE = "no readable line of the log"


@dataclass(frozen=True)
class Sort:
    """A sort of line with its patterns written out."""

    line: Line
    mark: str
    pattern: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Picked:
    """What some lines say, by what they are about; each frame has `line`, `message` and the fields of its sorts."""

    recipient: pl.DataFrame
    message: pl.DataFrame
    waiting: pl.DataFrame
    rejects: pl.DataFrame
    others: int
    """Lines that are about no recipient."""


def sorts_of(log: LogReading) -> tuple[Sort, ...]:
    """The sorts of line that a format knows."""
    return tuple(_sort(line, log) for line in log.lines)


def picked(lines: pl.DataFrame, sorts: Sequence[Sort]) -> Picked:
    """What the lines (`line, raw`) say."""
    found = {about: [_none(sorts, about)] for about in ("recipient", "message", "waiting")}
    rejects = [pl.DataFrame(schema={"line": pl.UInt32, "raw": pl.String, "reason": pl.String})]
    for sort in sorts:
        marked = lines.filter(col("raw").str.contains(sort.mark))
        read = marked.with_columns(col("raw").str.extract_groups(sort.pattern).alias("said")).unnest("said")
        is_whole = col("message").is_not_null()
        found[sort.line.about].append(read.filter(is_whole).with_columns(col("raw").str.head(RAW_LENGTH)))
        if sort.line.about == "recipient":
            bad = read.filter(~is_whole)
            rejects.append(bad.select("line", col("raw").str.head(RAW_LENGTH), reason=pl.lit(UNREADABLE)))
    by_about = {about: pl.concat(frames, how="diagonal") for about, frames in found.items()}
    unread = pl.concat(rejects)
    return Picked(**by_about, rejects=unread, others=lines.height - by_about["recipient"].height - unread.height)


def _sort(line: Line, log: LogReading) -> Sort:
    pattern = log.whole(line.pattern)
    return Sort(line, log.whole(line.mark), pattern, tuple(re.compile(pattern).groupindex))


def _none(sorts: Sequence[Sort], about: str) -> pl.DataFrame:
    fields = {field: pl.String() for sort in sorts if sort.line.about == about for field in sort.fields}
    return pl.DataFrame(schema={"line": pl.UInt32, "raw": pl.String, "message": pl.String, **fields})

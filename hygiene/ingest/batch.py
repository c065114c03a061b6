"""What some records of an event file say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import ClassVar

import polars as pl
from polars import col

from hygiene.model.tables import ACTIVITY, EVENTS

RAW_LENGTH = 500
"""Characters of an unreadable record that are kept."""


@cache
def none_of(name: str) -> pl.DataFrame:
    """No rows of one of the schemas of Batch, made once: there are many batches."""
    return pl.DataFrame(schema=getattr(Batch, name))


@dataclass(frozen=True)
class Batch:
    """Events, what could not be read, and what is no event."""

    EVENTS: ClassVar = pl.Schema(
        {name: dtype for name, dtype in EVENTS.schema.items() if name not in ("address_key", "mailbox_key", "source")}
    )
    """EVENTS without keys and source."""
    REJECTS: ClassVar = pl.Schema({"line": pl.UInt32, "reason": pl.String})
    IGNORED: ClassVar = pl.Schema({"type": pl.String, "records": pl.UInt32})
    ACTIVITY: ClassVar = ACTIVITY.schema

    events: pl.DataFrame = field(default_factory=lambda: none_of("EVENTS"))
    rejects: pl.DataFrame = field(default_factory=lambda: none_of("REJECTS"))
    """With `raw` as soon as it was added."""
    ignored: pl.DataFrame = field(default_factory=lambda: none_of("IGNORED"))
    """How many records of each type."""
    activity: pl.DataFrame = field(default_factory=lambda: none_of("ACTIVITY"))
    """ACTIVITY: events that only count, where they stand here and not in `events`."""

    @classmethod
    def of(cls, parts: Sequence["Batch"], ignored: Iterable[pl.DataFrame] = ()) -> "Batch":
        """All of them together."""
        return cls(
            pl.concat([cls().events, *(part.events for part in parts)]),
            pl.concat([cls().rejects, *(part.rejects for part in parts)]),
            pl.concat([cls().ignored, *(part.ignored for part in parts), *ignored]),
        )

    def after(self, lines: int) -> "Batch":
        """The same, with so many lines before it."""
        later = (col("line") + lines).cast(pl.UInt32)
        return replace(self, events=self.events.with_columns(later), rejects=self.rejects.with_columns(later))

    def with_rejects(self, rejects: pl.DataFrame, raw: pl.DataFrame) -> "Batch":
        """With these rejects (`line, reason`) in place of its own, and their text from `line, raw`."""
        if rejects.is_empty():
            return replace(self, rejects=rejects.select("line", pl.lit(None, pl.String).alias("raw"), "reason"))
        texts = raw.filter(col("line").is_in(rejects["line"].implode())).unique("line")
        told = rejects.join(texts, on="line", how="left").select("line", col("raw").str.head(RAW_LENGTH), "reason")
        return replace(self, rejects=told)

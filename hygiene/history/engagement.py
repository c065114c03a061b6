"""What was worked out of all ACTIVITY on an earlier night, so that a night costs what is new, however long the past.

It can be made anew at any time: where it does not fit the ACTIVITY any more, it is not used.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl
from polars import col

from hygiene.model.engagement_table import ENGAGEMENT
from hygiene.state import StateTable

FEW = 100_000
"""So much ACTIVITY is worked out in no time, and not worth a table."""
ROW_EVENTS = 5
"""A shard takes as much memory for a row of ENGAGEMENT as for so much ACTIVITY."""
FORM = 1
"""Raised when a column comes to mean something else: what was kept before is not used then."""
EPOCH, MICROSECOND = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.timedelta(microseconds=1)
FILES, NEWEST, UNTIL = "activity.files", "activity.newest", "activity.until"


@dataclass(frozen=True)
class Kept:
    """What was kept, and the ACTIVITY that it does not hold."""

    rows: pl.LazyFrame
    """ENGAGEMENT."""
    beyond: list[pl.LazyFrame]
    """ACTIVITY."""
    files: Mapping[str, int]
    """Of all ACTIVITY, and when each was added."""
    is_due: bool
    """Whether it pays to keep what is beyond too."""

    @property
    def count(self) -> int:
        """How much ACTIVITY takes as much memory."""
        return ROW_EVENTS * _count(self.rows) + _count(*self.beyond)


@dataclass(frozen=True)
class Engagement:
    """The state table of it below a state folder; `counted` is the table of ACTIVITY."""

    root: str
    counted: StateTable
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table that holds it."""
        return StateTable(self.root, ENGAGEMENT, storage_options=self.storage_options)

    def kept(self, as_of: dt.datetime) -> Kept:
        """What can be used at `as_of`: nothing where a file that it was made of is gone, or it knows of later."""
        marks, files = self.state.marks([FILES, NEWEST, UNTIL]), self.counted.files()
        until, newest = marks[UNTIL], marks[NEWEST]
        if until is None or newest is None or _digest(held := _until(files, newest)) != marks[FILES]:
            return self._nothing(files, is_current=True)
        if _micros(as_of) < until:
            return self._nothing(files, is_current=False)
        later = self.counted.scan(files=held).filter(col("occurred_at") > EPOCH + until * MICROSECOND)
        added = self.counted.scan(files=files.keys() - held)
        beyond, rows = [frame for frame in (later, added) if _count(frame)], self.state.scan()
        return Kept(rows, beyond, files, is_due=_count(*beyond) > max(FEW, _count(rows)))

    def _nothing(self, files: Mapping[str, int], *, is_current: bool) -> Kept:
        everything = self.counted.scan(files=files)
        return Kept(ENGAGEMENT.empty().lazy(), [everything], files, is_current and _count(everything) > FEW)

    def keep(self, parts: Iterable[pl.DataFrame], files: Mapping[str, int], as_of: dt.datetime) -> None:
        """Puts ENGAGEMENT, in parts by mailbox, in place of what was kept: of these files, and up to `as_of`.

        What was kept before goes with the next, should somebody read it just now.
        """
        marks = {FILES: _digest(files), NEWEST: max(files.values(), default=0), UNTIL: _micros(as_of)}
        self.state.replace(parts, marks=marks)
        self.state.tidy(1)


def _until(files: Mapping[str, int], newest: int) -> set[str]:
    return {name for name, added_at in files.items() if added_at <= newest}


def _digest(files: Collection[str]) -> int:
    """63 bits of a digest of the names: other files have other names."""
    return int.from_bytes(hashlib.sha256("\n".join([str(FORM), *sorted(files)]).encode()).digest()[:8]) >> 1


def _micros(instant: dt.datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def _count(*frames: pl.LazyFrame) -> int:
    return sum(frame.select(pl.len()).collect().item() for frame in frames)

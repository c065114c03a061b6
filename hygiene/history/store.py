"""Events already read: those that only count as numbers, the others whole and by month.

A file is known by its digest, an event that is kept whole by what it says. Of those that only count, days are counted,
so one that two files tell changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
from polars import col

from hygiene.history.engagement import Engagement
from hygiene.model.table import Column, Table
from hygiene.model.tables import ACTIVITY, EVENTS
from hygiene.normalize.numbers import number
from hygiene.state import StateTable

HISTORY = Table("HISTORY", {**EVENTS.columns, "month": Column(pl.String, "UTC month, `2026-03`", nullable=False)})
BATCH_ROWS = 100_000
STRETCH_ROWS = 1_000_000
"""Stretches of small files are put together to so many rows."""


@dataclass(frozen=True)
class FileRows:
    """What a file holds."""

    digest: str
    events: pl.LazyFrame
    """EVENTS kept whole."""
    stretches: Iterable[pl.DataFrame]
    """ACTIVITY, in stretches sorted by mailbox."""
    head: str | None = None
    """Digest of how the file begins, which stays when it grows."""

    @property
    def key(self) -> str:
        """The transaction of the file."""
        return f"file:{self.digest}"

    @property
    def head_key(self) -> str:
        """The transaction of all files that begin like this one."""
        return f"head:{self.head}"

    def without(self, told: pl.LazyFrame, repeated: list[int]) -> "FileRows":
        """The file without the ACTIVITY that was told before; how many rows that were goes to `repeated`."""

        def untold() -> Iterator[pl.DataFrame]:
            for stretch in self.stretches:
                new = _untold(stretch, told)
                repeated.append(stretch.height - new.height)
                yield new

        return replace(self, stretches=untold())


@dataclass(frozen=True)
class Appended:
    """What files added."""

    new: int
    known: int
    """Events that an overlapping file, or the same file, had told before."""
    repeated: int
    """Events that only count and that the file had told when it was shorter."""


@dataclass(frozen=True)
class History:
    """The state tables of events below a state folder."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table of events kept whole."""
        return StateTable(self.root, HISTORY, partition_by=("month",), storage_options=self.storage_options)

    @property
    def counted(self) -> StateTable:
        """The table of those that only count, in stretches sorted by mailbox, so that a part of them is found fast."""
        return StateTable(self.root, ACTIVITY, storage_options=self.storage_options)

    @property
    def engagement(self) -> Engagement:
        """What was worked out of those that only count."""
        return Engagement(self.root, self.counted, self.storage_options)

    def unread(self, digests: Sequence[str]) -> set[str]:
        """Those of the files' digests that were not read yet."""
        return set(digests) - {key.removeprefix("file:") for key in self.state.known(f"file:{one}" for one in digests)}

    def append(self, files: Sequence[FileRows]) -> Appended:
        """Adds files, all in one commit: the events that are not there yet, and ACTIVITY; after a crash, the rest.

        A file with the head of one added before is most likely that file, grown or rotated: of its ACTIVITY only what
        is not there yet is added.
        """
        told = self.counted.known(one.key for one in files)
        untold = [one for one in files if one.key not in told]
        heads = self.state.known(one.head_key for one in untold if one.head)
        repeated: list[int] = []
        if heads:
            # Opened beforehand: the library cannot open a table while it writes one.
            before = self.activity()
            untold = [one.without(before, repeated) if one.head_key in heads else one for one in untold]
        if untold:
            self.counted.append(_sorted(untold), [one.key for one in untold])
        dated = pl.concat([EVENTS.conform(one.events) for one in files]).with_columns(
            month=col("occurred_at").dt.strftime("%Y-%m")
        )
        keys = dated.select("month", key=_identity()).collect()
        known = self._known(keys["month"].unique().to_list())
        is_new = keys["key"].is_first_distinct() & ~keys["key"].is_in(known.implode())
        heads_now = dict.fromkeys(one.head_key for one in files if one.head)
        self.state.append(_batches(dated, is_new), [*(one.key for one in files), *heads_now])
        new = int(is_new.sum())
        return Appended(new, keys.height - new, sum(repeated))

    def _known(self, months: Sequence[str]) -> pl.Series:
        """Identities of the events of these months."""
        return self.state.scan().filter(col("month").is_in(months)).select(key=_identity()).collect()["key"]

    def scan(self) -> pl.LazyFrame:
        """EVENTS kept whole, in no order."""
        return self.state.scan().select(list(EVENTS.columns))

    def activity(self) -> pl.LazyFrame:
        """ACTIVITY, in no order."""
        return self.counted.scan()

    def of(self, mailbox_key: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """EVENTS and ACTIVITY of one mailbox."""
        mine = pl.select(number(pl.lit(mailbox_key))).item()
        return (
            self.scan().filter(col("mailbox_key") == mailbox_key).collect(),
            self.activity().filter(col("mailbox") == mine).collect(),
        )

    def forget(self, mailbox_keys: Sequence[str]) -> None:
        """Removes every event of these mailboxes, also from older versions, and then what was made of them."""
        numbers = pl.DataFrame({"key": mailbox_keys}, schema={"key": pl.String}).select(number("key"))
        for table, name, values in (
            (self.state, "mailbox_key", list(mailbox_keys)),
            (self.counted, "mailbox", numbers.to_series().to_list()),
            (self.engagement.state, "mailbox", numbers.to_series().to_list()),
        ):
            if table.version() >= 0:
                table.delete(name, values)
                table.purge()

    def tidy(self, keep_days: int) -> None:
        """Compacts the tables and removes versions older than `keep_days`."""
        self.state.tidy(keep_days)
        self.counted.tidy(keep_days)


def _sorted(files: Iterable[FileRows]) -> Iterator[pl.DataFrame]:
    """Stretches of all files; small ones become one."""
    waiting: list[pl.DataFrame] = []
    for stretch in (one for file in files for one in file.stretches):
        waiting.append(stretch)
        if sum(one.height for one in waiting) >= STRETCH_ROWS:
            yield _merged(waiting)
            waiting.clear()
    if waiting:
        yield _merged(waiting)


def _merged(stretches: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return stretches[0] if len(stretches) == 1 else pl.concat(stretches).sort("mailbox", multithreaded=False)


def _identity() -> pl.Expr:
    """What makes two rows one event: person, kind, instant, and the ESP's id or else mailing and reply.

    64 bits, compared within one process only: of 10 million events, two share one by a chance of 3 in a million.
    """
    named = pl.coalesce("event_id", pl.concat_str("campaign", "diagnostic", separator="\x1f", ignore_nulls=True))
    return pl.struct("address_key", "kind", "occurred_at", named.alias("named")).hash()


def _batches(events: pl.LazyFrame, wanted: pl.Series) -> Iterator[pl.DataFrame]:
    """Those of the events that are wanted, some rows at a time."""
    for first in range(0, len(wanted), BATCH_ROWS):
        some = events.slice(first, BATCH_ROWS).collect()
        yield some.filter(wanted.slice(first, BATCH_ROWS)).sort("mailbox_key")


def _untold(stretch: pl.DataFrame, told: pl.LazyFrame) -> pl.DataFrame:
    """What of some ACTIVITY was not told before."""
    span = stretch["occurred_at"].min(), stretch["occurred_at"].max()
    mailboxes = stretch.lazy().select("mailbox").unique()
    near = told.filter(col("occurred_at").is_between(*span)).join(mailboxes, on="mailbox", how="semi").collect()
    return stretch.join(near, on=list(ACTIVITY.columns), how="anti", nulls_equal=True, maintain_order="left")

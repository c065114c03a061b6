"""Events already read, by month; a file is known by its digest, an event by what it says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from polars import col

from hygiene.model.table import Column, Table
from hygiene.model.tables import EVENTS
from hygiene.state import StateTable

HISTORY = Table("HISTORY", {**EVENTS.columns, "month": Column(pl.String, "UTC month, `2026-03`", nullable=False)})
BATCH_ROWS = 500_000


@dataclass(frozen=True)
class Appended:
    """What one file added."""

    new: int
    known: int
    """Events that an overlapping file, or the same file, had told before."""


@dataclass(frozen=True)
class History:
    """The state table of events below a state folder."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table that holds it."""
        return StateTable(self.root, HISTORY, partition_by=("month",), storage_options=self.storage_options)

    def unread(self, digests: Sequence[str]) -> set[str]:
        """Those of the files' digests that were not read yet."""
        return set(digests) - {key.removeprefix("file:") for key in self.state.known(f"file:{one}" for one in digests)}

    def append(self, digest: str, events: pl.LazyFrame) -> Appended:
        """Adds the events (EVENTS) of a file that are not there yet, together with its digest, in one commit."""
        dated = EVENTS.conform(events).with_columns(month=col("occurred_at").dt.strftime("%Y-%m"))
        keys = dated.select("month", key=_identity()).collect()
        known = self._known(keys["month"].unique().to_list())
        is_new = keys["key"].is_first_distinct() & ~keys["key"].is_in(known.implode())
        fresh = pl.concat([dated, is_new.alias("is_new").to_frame().lazy()], how="horizontal")
        wanted = fresh.filter("is_new").drop("is_new")
        self.state.append(_batches(wanted), f"file:{digest}")
        new = int(is_new.sum())
        return Appended(new, keys.height - new)

    def _known(self, months: Sequence[str]) -> pl.Series:
        """Identities of the events of these months."""
        return self.state.scan().filter(col("month").is_in(months)).select(key=_identity()).collect()["key"]

    def scan(self) -> pl.LazyFrame:
        """EVENTS, in no order."""
        return self.state.scan().select(list(EVENTS.columns))

    def of(self, mailbox_key: str) -> pl.DataFrame:
        """EVENTS of one mailbox."""
        return self.scan().filter(col("mailbox_key") == mailbox_key).collect()

    def forget(self, mailbox_keys: Sequence[str]) -> None:
        """Removes every event of these mailboxes, also from older versions."""
        if self.state.version() >= 0:
            self.state.delete("mailbox_key", mailbox_keys)
            self.state.purge()

    def tidy(self, keep_days: int) -> None:
        """Compacts the table and removes versions older than `keep_days`."""
        self.state.tidy(keep_days)


def _identity() -> pl.Expr:
    """What makes two rows one event: person, kind, instant, and the ESP's id or else mailing and reply.

    64 bits, compared within one process only: of 10 million events, two share one by a chance of 3 in a million.
    """
    named = pl.coalesce("event_id", pl.concat_str("campaign", "diagnostic", separator="\x1f", ignore_nulls=True))
    return pl.struct("address_key", "kind", "occurred_at", named.alias("named")).hash()


def _batches(events: pl.LazyFrame) -> Iterable[pl.DataFrame]:
    for batch in events.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
        yield batch.sort("mailbox_key")

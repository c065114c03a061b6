"""The ledger's table: entries are added at its end, chained, in one commit; and read."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl
from polars import col

from hygiene.ledger.chain import GENESIS, Head, chained, head_of
from hygiene.model.errors import LockedError, TableError
from hygiene.model.table import Frame
from hygiene.model.tables import LEDGER
from hygiene.model.words import Scope
from hygiene.state import StateTable

log = logging.getLogger(__name__)

BATCH_ROWS = 65_536
TRIES = 5
MADE_HERE = ("seq", "salt", "personal_digest", "prev_hash", "hash")
NEEDED = ("entered_at", "action", "scope", "key", "rule", "actor")


@dataclass(frozen=True)
class Ledger:
    """The append-only record of suppressions and lifts below a state folder."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table that holds it."""
        return StateTable(self.root, LEDGER, storage_options=self.storage_options)

    def append(self, entries: pl.DataFrame | pl.LazyFrame, transaction: str) -> int:
        """Adds entries (LEDGER without what is made here) in one commit, and says how many.

        A transaction that was committed before, such as `run:<run_id>`, adds nothing. Of two entries about a mailbox
        the later is the last word. Raises TableError and LockedError.
        """
        whole = complete(entries.lazy())
        height = int(whole.select(pl.len()).collect().item())
        if not height:
            return 0

        def add(version: int) -> bool:
            return self.state.append(_chained_batches(whole, height, self.head()), transaction, base=version)

        return height if self.commit(add) else 0

    def commit(self, change: Callable[[int], bool]) -> bool:
        """Makes a change that builds on the commit it is given; again where another process came first."""
        for left in reversed(range(TRIES)):
            try:
                return change(self.state.version())
            except LockedError:
                if not left:
                    raise
                log.info("another process wrote to the ledger; trying again")
        return False

    def head(self) -> Head:
        """Number and hash of the last entry."""
        every = self.scan().select("seq", "hash")
        newest = pl.lit(every.select(col("seq").max()).collect().item(), pl.Int64)
        return head_of(every.filter(col("seq") == newest).head(1).collect(), Head(0, GENESIS))

    def scan(self, version: int | None = None) -> pl.LazyFrame:
        """LEDGER: every entry, blanked ones too, in no order; now or as of a commit."""
        return self.state.scan(version)

    def entries(self, without_run: str | None = None) -> pl.LazyFrame:
        """LEDGER without what was blanked and the erasures themselves: what folds into the state of today.

        `without_run` leaves out what that run entered: a run that crashed after its commit decides as before it.
        """
        named = self.scan().filter(col("key").is_not_null() & (col("scope") != Scope.ERASED))
        return named if without_run is None else named.filter(col("run_id").ne_missing(without_run))

    def erasures(self) -> pl.DataFrame:
        """LEDGER: the entries of scope `erased`."""
        return self.scan().filter(col("scope") == Scope.ERASED).collect()

    def history_of(self, mailbox_key: str) -> pl.DataFrame:
        """LEDGER: all entries about a mailbox and its aliases, in order."""
        return self.scan().filter(col("mailbox_key") == mailbox_key).collect().sort("seq")

    def batches(self) -> Iterator[pl.DataFrame]:
        """LEDGER in order of `seq`, some rows at a time; doubled numbers stay doubled."""
        every = self.scan()
        numbers = every.select("seq").collect()["seq"].drop_nulls().sort()
        for start in range(0, numbers.len(), BATCH_ROWS):
            part = numbers.slice(start, BATCH_ROWS)
            low, high = part.first(), part.last()
            yield every.filter(col("seq").is_between(low, high)).collect().sort("seq")

    def tidy(self, keep_days: int) -> None:
        """Compacts the table and removes versions older than `keep_days`; finishes an erasure that was cut short."""
        if self.state.is_purge_due():
            self.state.purge()
        self.state.tidy(keep_days)


def complete(entries: Frame) -> Frame:
    """Entries as LEDGER with all columns; raises TableError where one that is needed is null or missing."""
    of_mailbox = pl.when(col("scope") == Scope.MAILBOX).then("key")
    given = col("mailbox_key") if "mailbox_key" in entries.collect_schema() else pl.lit(None, pl.String)
    filled = LEDGER.fill(entries.drop(MADE_HERE, strict=False).with_columns(mailbox_key=pl.coalesce(given, of_mailbox)))
    needed = [col(name) for name in NEEDED] + [pl.coalesce("mailbox_key", _hash_of_erased()).alias("mailbox_key")]
    nulls = filled.lazy().select(needed).null_count().collect().row(0, named=True)
    if any(nulls.values()):
        raise TableError(f"ledger entries lack {', '.join(name for name, count in nulls.items() if count)}.")
    return filled


def _hash_of_erased() -> pl.Expr:
    return pl.when(col("scope") == Scope.ERASED).then("key")


def _chained_batches(entries: pl.LazyFrame, height: int, head: Head) -> Iterator[pl.DataFrame]:
    """Some rows at a time; not by `collect_batches`, which reads on while its batches wait, all of it in the end."""
    for start in range(0, height, BATCH_ROWS):
        batch = chained(entries.slice(start, BATCH_ROWS).collect(), head)
        head = head_of(batch, head)
        yield batch

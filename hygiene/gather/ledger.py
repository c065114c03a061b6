"""What was decided before, with tonight's imports of other systems' lists."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from hygiene.config import LoadedJob
from hygiene.decide.in_force import in_force, lifts
from hygiene.gather.rows import recipients
from hygiene.ingest.suppressions import read_suppressions
from hygiene.ledger.erasure import erased_match, erasure_keys
from hygiene.ledger.imports import import_entries
from hygiene.model.tables import IMPORTS, LEDGER
from hygiene.normalize.numbers import number
from hygiene.store import Store


@dataclass(frozen=True)
class Known:
    """What was decided before, and what other systems' lists add to it."""

    entries: pl.LazyFrame
    """LEDGER without tonight's run, and with the erased of tonight's rows under their plain key."""
    imports: pl.DataFrame
    """Ledger entries of tonight's imports, not committed yet."""
    in_force: pl.LazyFrame
    """IN_FORCE with `mailbox`, in the work folder."""
    lifts: pl.LazyFrame


def known(loaded: LoadedJob, store: Store, rows: pl.LazyFrame, work: Path, run_id: str, as_of: dt.datetime) -> Known:
    """The ledger at `as_of`, with tonight's imports; `run_id` is left out, should it have crashed after its commit."""
    listed = [(source.name, imported(read_suppressions(source, loaded.base))) for source in loaded.job.suppressions]
    erased = _erased(loaded, store, pl.concat([rows, *(frame.lazy() for _, frame in listed)], how="diagonal"))
    entries = pl.concat([store.ledger.entries(without_run=run_id), erased.lazy()])
    lifted = lifts(entries, as_of)
    imports = LEDGER.empty().drop("seq", "prev_hash", "hash", "salt", "personal_digest")
    for name, frame in listed:
        standing = in_force(entries, imports.lazy(), as_of).collect()
        added = import_entries(frame, standing, lifted.collect(), name, loaded.policy, as_of)
        imports = pl.concat([imports, added], how="diagonal")
    file = work / "in-force.parquet"
    in_force_now = in_force(entries, imports.lazy(), as_of)
    in_force_now.with_columns(mailbox=number("mailbox_key")).sink_parquet(file, compression="lz4")
    return Known(entries, imports, pl.scan_parquet(file), lifted.collect().lazy())


def _erased(loaded: LoadedJob, store: Store, people: pl.LazyFrame) -> pl.DataFrame:
    """LEDGER rows of those of the people who were erased, under their plain key; nothing is collected without any."""
    if store.ledger.erasures().is_empty():
        return LEDGER.empty()
    keys = people.select(col("mailbox_key").unique()).collect()["mailbox_key"]
    return erased_match(store.ledger, keys, erasure_keys(loaded.job.erasure_key_env))


def imported(listed: pl.DataFrame) -> pl.DataFrame:
    """IMPORTS of what `read_suppressions` found."""
    return IMPORTS.fill(recipients(listed))

"""Is the ledger whole, and what does it say: verification and export."""

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from hygiene.ledger.chain import Break, Head, erased_numbers, first_break, head_of
from hygiene.ledger.runs import Runs
from hygiene.ledger.store import Ledger
from hygiene.model.errors import InputError, OutputError
from hygiene.model.spreadsheet import defused

FOR_PEOPLE = [
    "seq", "entered_at", "action", "rule", "address", "scope", "key", "reason", "evidence", "actor", "run_id",
    "policy_digest", "expires_at", "hash",
]  # fmt: skip


@dataclass(frozen=True)
class Verified:
    """How far the ledger holds: all entries, or up to the first bad one."""

    entries: int
    head: Head
    broken: Break | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing was changed, removed, inserted, reordered or cut off."""
        return self.broken is None


def verify(ledger: Ledger, runs: Runs) -> Verified:
    """Follows the chain from the first entry, and holds it against the heads that the runs recorded.

    A tail that was cut off is noticed up to the last run's head; what people entered after it has no second witness.
    """
    anchors = runs.anchors()
    erased = erased_numbers(ledger.erasures()["evidence"])
    head, entries = Head(), 0
    for batch in ledger.batches():
        broken = _first(first_break(batch, head, erased), _contradiction(batch, anchors))
        if broken is not None:
            return Verified(entries + batch.height, head, broken)
        head, entries = head_of(batch, head), entries + batch.height
    return Verified(entries, head, _first(_cut_off(anchors, head), _unnumbered(ledger, head)))


def export(ledger: Ledger, path: Path, since: dt.datetime | None = None) -> int:
    """Writes entries from an instant on to a CSV or Parquet file, in order, and says how many.

    In CSV, cells that a spreadsheet would execute are defused. Raises InputError and OutputError.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise InputError("an audit is exported as .csv or .parquet.", str(path))
    every = ledger.scan().select(FOR_PEOPLE)
    chosen = (every if since is None else every.filter(col("entered_at") >= since)).sort("seq")
    fresh = path.with_name(f".{path.name}.tmp")
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _write(chosen, fresh, path.suffix)
        fresh.replace(path)
    except OSError as error:
        raise OutputError(f"the file cannot be written ({error.strerror or error}).", str(path)) from error
    finally:
        fresh.unlink(missing_ok=True)
    return int(chosen.select(pl.len()).collect().item())


def _write(chosen: pl.LazyFrame, path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        chosen.sink_parquet(path)
        return
    texts = [defused(name) for name, dtype in chosen.collect_schema().items() if dtype == pl.String]
    chosen.with_columns(texts).sink_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")


def _first(*breaks: Break | None) -> Break | None:
    return min((each for each in breaks if each is not None), key=lambda each: each.seq, default=None)


def _contradiction(batch: pl.DataFrame, anchors: pl.DataFrame) -> Break | None:
    other = batch.select("seq", found="hash").join(anchors, on="seq").filter(col("found") != col("hash")).sort("seq")
    if other.is_empty():
        return None
    seq, _, run_id, _ = other.row(0)
    return Break(seq, f"run {run_id} saw another entry here")


def _cut_off(anchors: pl.DataFrame, head: Head) -> Break | None:
    beyond = anchors.filter(col("seq") > head.seq)
    if beyond.is_empty():
        return None
    run_id, seq, _ = beyond.row(-1)
    return Break(head.seq + 1, f"the entries from here to {seq}, which run {run_id} saw, are missing")


def _unnumbered(ledger: Ledger, head: Head) -> Break | None:
    found = ledger.scan().filter(col("seq").is_null()).select(pl.len()).collect().item()
    return Break(head.seq + 1, "an entry without a number was put in") if found else None

"""Entries in the order of their mailboxes, a stretch at a time, so that any number of them takes little memory."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars import col

from hygiene.spool import Spool

STRETCH_ROWS = 65_536
SAMPLED = 1024
"""Keys of a stretch that are looked at to find where it ends."""


def in_order(entries: pl.LazyFrame, work: Path) -> Iterator[pl.DataFrame]:
    """Stretches of about STRETCH_ROWS by `mailbox_key`, null last; those of one mailbox keep their order.

    Entries are read twice, whatever their number, and put aside in the work folder by stretch.
    """
    begins = _begins(entries)
    spool = Spool(work / "entries.spool", entries.collect_schema())
    for batch in entries.collect_batches(maintain_order=True):
        spool.put(batch.with_columns(stretch=_stretch(batch["mailbox_key"], begins)), ["stretch"])
    for stretch in (*range(len(begins) + 1), None):
        yield spool.take((stretch,)).sort("mailbox_key", maintain_order=True)
    spool.path.unlink(missing_ok=True)


def _begins(entries: pl.LazyFrame) -> pl.Series:
    """The first key of each stretch but the first."""
    every = max(1, STRETCH_ROWS // SAMPLED)
    sample = entries.select(col("mailbox_key").gather_every(every)).collect().to_series().drop_nulls().sort()
    return sample.gather_every(max(1, STRETCH_ROWS // every))[1:].unique(maintain_order=True)


def _stretch(keys: pl.Series, begins: pl.Series) -> pl.Series:
    """The number of the stretch of each key; null for null."""
    found = begins.search_sorted(keys, side="right")
    return pl.select(pl.when(keys.is_not_null()).then(found)).to_series()

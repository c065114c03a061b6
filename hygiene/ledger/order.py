"""Entries in the order of their mailboxes, a stretch at a time, so that any number of them takes little memory."""

from collections.abc import Iterator
from itertools import pairwise

import polars as pl
from polars import col

STRETCH_ROWS = 65_536
SAMPLED = 1024
"""Keys of a stretch that are looked at to find where it ends."""


def in_order(entries: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Stretches of about STRETCH_ROWS by `mailbox_key`, null last; those of one mailbox keep their order."""
    every = max(1, STRETCH_ROWS // SAMPLED)
    sample = entries.select(col("mailbox_key").gather_every(every)).collect().to_series().drop_nulls().sort()
    inner = sample.gather_every(max(1, STRETCH_ROWS // every))[1:].unique(maintain_order=True)
    for first, end in pairwise([None, *inner, None]):
        yield _sorted(entries.filter(_between(first, end)))
    yield _sorted(entries.filter(col("mailbox_key").is_null()))


def _between(first: str | None, end: str | None) -> pl.Expr:
    """Keys from the first up to the one before the end; None is without a limit."""
    limits = [col("mailbox_key").is_not_null()]
    limits += [] if first is None else [col("mailbox_key") >= first]
    limits += [] if end is None else [col("mailbox_key") < end]
    return pl.all_horizontal(limits)


def _sorted(entries: pl.LazyFrame) -> pl.DataFrame:
    return entries.collect().sort("mailbox_key", maintain_order=True)

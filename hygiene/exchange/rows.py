"""Which addresses another system must learn of: the ledger as a table of addresses, now and as the system knows it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from hygiene.decide.standing import additions, removals, standing
from hygiene.ingest.ids import ID, read_ids
from hygiene.ledger.exports import Export, Series
from hygiene.model.exchange import STANDING
from hygiene.model.words import LedgerAction, ReasonFamily
from hygiene.normalize.keys import with_keys
from hygiene.policy.families import bits_of
from hygiene.publish.exports import ADD, REMOVE, writing_of
from hygiene.publish.lines import needed

ROWS = {ADD: "additions.parquet", REMOVE: "removals.parquet"}
"""STANDING with rule, word and at: what a push sends, in this order."""
REFUSED = "refused.parquet"
"""Rows of them that the system did not take, with `action` and `why`; the next export has them again."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asked to export."""

    system: str
    scope: str = ""
    reasons: tuple[ReasonFamily, ...] = ()
    is_full: bool = False
    ids: Path | None = None

    @property
    def series(self) -> Series:
        """The exports that this one continues."""
        return Series(self.system, self.scope, ",".join(sorted(self.reasons)))


def standing_of(entries: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """STANDING of LEDGER entries: one row per address that was ever suppressed and not erased since.

    The mailbox is the one that the entry names: a rule of aliases that came later frees nobody.
    """
    named = entries.filter((col("action") == LedgerAction.SUPPRESS) & col("address").is_not_null())
    newest = named.group_by("address").agg(entered_on=col("mailbox_key").sort_by("seq").last(), seq=col("seq").max())
    keyed = with_keys(newest).with_columns(mailbox_key=pl.coalesce("entered_on", "mailbox_key"))
    one = keyed.sort("seq").unique("address_key", keep="last")
    return standing(one.select("address", "address_key", "mailbox_key"), entries, as_of)


def kept(standing: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """The same rows, folded once and read from a file as often as needed."""
    standing.sink_parquet(path)
    return pl.scan_parquet(path)


def known_then(entries: pl.LazyFrame, base: Export | None, folders: Path) -> pl.LazyFrame:
    """STANDING as the system knows it: at the last confirmed export, but for what it refused then."""
    if base is None:
        return STANDING.empty().lazy()
    then = standing_of(entries.filter(col("seq") <= base.ledger_seq), base.as_of)
    refused = folders / base.export_id / REFUSED
    if not refused.exists():
        return then
    rows = pl.scan_parquet(refused)
    still_there = STANDING.conform(rows.filter(col("action") == REMOVE))
    return pl.concat([then.join(rows, on="address_key", how="anti"), still_there])


def changed_rows(now: pl.LazyFrame, then: pl.LazyFrame, wanted: Wanted, as_of: dt.datetime) -> dict[str, pl.LazyFrame]:
    """Rows to add and to remove: STANDING with rule, word and at, and the ids where the system needs them."""
    words = writing_of(wanted.system).words
    bits = bits_of(list(wanted.reasons))
    known = STANDING.empty().lazy() if wanted.is_full else then
    rows = {ADD: additions(now, known, bits, words), REMOVE: removals(now, then, bits, words, as_of)}
    return {action: _with_ids(frame, wanted) for action, frame in rows.items()}


def write_rows(changed: dict[str, pl.LazyFrame], folder: Path) -> dict[str, int]:
    """Writes the rows, and those that lack an id as refused; how many rows there are of each action."""
    without = []
    for action, frame in changed.items():
        frame.sink_parquet(folder / ROWS[action])
        rows = pl.scan_parquet(folder / ROWS[action])
        if ID in rows.collect_schema():
            without.append(rows.filter(col(ID).is_null()).with_columns(action=pl.lit(action)).drop(ID).collect())
            rows.filter(col(ID).is_not_null()).collect().write_parquet(folder / ROWS[action])
    if without:
        write_refused(pl.concat(without).with_columns(why=pl.lit("no external_id is known")), folder)
    return {action: pl.scan_parquet(folder / name).select(pl.len()).collect().item() for action, name in ROWS.items()}


def write_refused(rows: pl.DataFrame, folder: Path) -> None:
    """Puts down what the system did not take."""
    if rows.height:
        rows.write_parquet(folder / REFUSED)


def _with_ids(rows: pl.LazyFrame, wanted: Wanted) -> pl.LazyFrame:
    layouts = writing_of(wanted.system).layouts()
    if wanted.ids is None or not any(ID in needed(layout) for _, layout in layouts):
        return rows
    known = with_keys(read_ids(wanted.ids)).unique("address_key", keep="last", maintain_order=True).lazy()
    return rows.join(known.select("address_key", ID), on="address_key", how="left", maintain_order="left")

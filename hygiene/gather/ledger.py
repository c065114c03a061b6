"""What was decided before, with tonight's imports of other systems' lists."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob as expand
from pathlib import Path

import polars as pl
from polars import col

from hygiene.config import LoadedJob, SuppressionSource, resolve
from hygiene.decide.in_force import expired, in_force, lifts
from hygiene.gather.rows import recipients
from hygiene.ingest.streams import files_of
from hygiene.ingest.suppressions import read_suppressions
from hygiene.ledger.erasure import erased_match, erasure_keys
from hygiene.ledger.imports import import_entries
from hygiene.model.errors import InputError
from hygiene.model.tables import IMPORTS, LEDGER
from hygiene.normalize.numbers import in_shard, number, shard_of
from hygiene.store import Store

FOLDED = ["seq", "entered_at", "action", "scope", "key", "mailbox_key", "address", "rule", "expires_at"]
"""What the state of today is told from."""
PIECE_ENTRIES = 250_000
"""So many entries become a state at once: all of a key lie in one piece."""
WAITING_ROWS = 100_000
"""So many entries wait in memory for their row groups to be full, in the files of all pieces together."""
GROUP_ROWS = 32_768
"""A shard reads little more than its own, as rows lie by mailbox."""


@dataclass(frozen=True)
class Known:
    """What was decided before, and what other systems' lists add to it."""

    entries: pl.LazyFrame
    """LEDGER without tonight's run, and with the erased of tonight's rows under their plain key."""
    imports: pl.DataFrame
    """Ledger entries of tonight's imports, not committed yet."""
    expired: pl.DataFrame
    """Ledger entries that lift what has come to its end, not committed yet."""
    in_force: pl.LazyFrame
    """IN_FORCE with `mailbox`, in the work folder."""
    lifts: pl.LazyFrame


def known(loaded: LoadedJob, store: Store, rows: pl.LazyFrame, work: Path, run_id: str, as_of: dt.datetime) -> Known:
    """The ledger at `as_of`, with tonight's imports; `run_id` is left out, should it have crashed after its commit."""
    listed = [(source.name, imported(loaded, source, loaded.base)) for source in loaded.job.suppressions]
    erased = _erased(loaded, store, pl.concat([rows, *(frame.lazy() for _, frame in listed)], how="diagonal"))
    entries = pl.concat([store.ledger.entries(without_run=run_id), erased.lazy()])
    pieces = _pieces(entries, work / "ledger")
    ended = [pl.collect_all([lifts(piece, as_of), expired(piece, as_of)]) for piece in pieces]
    lifted, over = (pl.concat(found) for found in zip(*ended, strict=True))
    imports = LEDGER.empty().drop("seq", "prev_hash", "hash", "salt", "personal_digest")
    for name, frame in listed:
        standing = pl.concat([piece.collect() for piece in _in_force(pieces, imports, as_of)])
        added = import_entries(frame, standing, lifted, name, loaded.policy, as_of)
        imports = pl.concat([imports, added], how="diagonal")
    files = []
    for place, piece in enumerate(_in_force(pieces, imports, as_of)):
        files.append(work / f"in-force-{place}.parquet")
        numbered = piece.with_columns(mailbox=number("mailbox_key")).sort("mailbox")
        numbered.sink_parquet(files[-1], compression="lz4", row_group_size=GROUP_ROWS)
    return Known(entries, imports, over, pl.scan_parquet(files, glob=False), lifted.lazy())


def _pieces(entries: pl.LazyFrame, folder: Path) -> list[pl.LazyFrame]:
    """The columns of FOLDED, scattered by key."""
    count = entries.select(pl.len()).collect().item() // PIECE_ENTRIES + 1
    numbered = entries.select(*FOLDED, mailbox=number("key"))
    key = shard_of(count).alias("piece")
    target = pl.PartitionBy(folder, key=key, include_key=False)
    # Rows of a group wait in memory for it to be full.
    numbered.sink_parquet(target, compression="lz4", mkdir=True, row_group_size=WAITING_ROWS // count)
    found = [sorted(folder.glob(f"piece={piece}/*.parquet")) for piece in range(count)]
    schema = numbered.collect_schema()
    return [pl.scan_parquet(files, glob=False) if files else pl.LazyFrame(schema=schema) for files in found]


def _in_force(pieces: Sequence[pl.LazyFrame], imports: pl.DataFrame, as_of: dt.datetime) -> Iterator[pl.LazyFrame]:
    """IN_FORCE of each piece, with those of the imports whose keys belong to it."""
    numbered = imports.lazy().with_columns(mailbox=number("key"))
    for place, piece in enumerate(pieces):
        yield in_force(piece, numbered.filter(in_shard(place, len(pieces))), as_of)


def _erased(loaded: LoadedJob, store: Store, people: pl.LazyFrame) -> pl.DataFrame:
    """LEDGER rows of those of the people who were erased, under their plain key; nothing is collected without any."""
    if store.ledger.erasures().is_empty():
        return LEDGER.empty()
    keys = people.select(col("mailbox_key").unique()).collect()["mailbox_key"]
    return erased_match(store.ledger, keys, erasure_keys(loaded.job.erasure_key_env))


def imported(loaded: LoadedJob, source: SuppressionSource, base: Path) -> pl.DataFrame:
    """IMPORTS of another system's list, below `base`; of a list that this job mails to, the rows that say why.

    Raises InputError where it mails to all of them and nothing tells who is suppressed.
    """
    listed = read_suppressions(source, base)
    mailed = [file for one in loaded.job.lists for file in _named(resolve(loaded.base, one.path))]
    if any(file.samefile(own) for file in files_of(source.path, base) for own in mailed):
        if listed.height and not listed["is_told_apart"].any():
            raise InputError(
                f"is a list that this job mails to: all {listed.height:,} addresses in it would be suppressed.",
                source.path,
                "Name a list of suppressed addresses; in a file of both kinds, `reason` or `status` must tell which.",
            )
        listed = listed.filter("is_told_apart")
    return IMPORTS.fill(recipients(listed))


def _named(path: str) -> list[Path]:
    """The files that a path or pattern of the job names now; none where they are elsewhere."""
    return [Path(path)] if Path(path).exists() else [Path(name) for name in expand(path, recursive=True)]

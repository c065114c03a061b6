"""An export: what one list of one system must learn, as files with a manifest, and as rows for a push."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from hygiene.config import LoadedJob
from hygiene.decide.standing import is_address, staying
from hygiene.exchange.rows import ROWS, Wanted, changed_rows, kept, known_then, standing_of, write_rows
from hygiene.formats.writing import Writing
from hygiene.ledger.exports import Export, Series
from hygiene.lock import holding
from hygiene.model.words import ReasonFamily
from hygiene.policy.families import bits_of
from hygiene.publish import folder
from hygiene.publish.exports import ADD, REMOVE, Written, write_additions, write_removals, writing_of
from hygiene.store import Store

NO_ADDRESS = "left_out_as_no_address"
STAYING = "lifted_but_never_removed"


@dataclass(frozen=True)
class Made:
    """An export that was written."""

    export: Export
    folder: Path
    manifest: dict[str, Any]


def exports_folder(loaded: LoadedJob) -> Path:
    """Where the job's exports lie, a folder each."""
    return loaded.out / "exports"


def export(loaded: LoadedJob, wanted: Wanted, as_of: dt.datetime) -> Made:
    """Writes what changed since the last confirmed export of the series, or all that is in force.

    Removals are always those since the last confirmed export. The same state gives the same export, in the same place.
    """
    writing = writing_of(wanted.system)
    with holding(loaded.out):
        store = Store(loaded.state, loaded.job.storage_options)
        base = store.exports.last_confirmed(wanted.series)
        seq = store.ledger.head().seq
        export_id = _id(wanted, base, seq, as_of)
        staged = folder.stage(exports_folder(loaded), export_id)
        counts = _write_rows(store, wanted, base, as_of, staged)
        files = _write_files(wanted, staged)
        since = None if wanted.is_full or base is None else base.export_id
        made = Export(
            export_id, *_named(wanted.series), as_of, seq, since=since, added=counts[ADD], removed=counts[REMOVE]
        )
        manifest = _manifest(made, files, writing, counts)
        folder.write_json(staged / folder.MANIFEST, manifest)
        final = folder.put(staged, exports_folder(loaded), export_id)
        if store.exports.find(export_id) is None:
            store.exports.record(made)
        _prune(loaded, store, wanted.series)
        return Made(made, final, manifest)


def confirm(loaded: LoadedJob, export_id: str, actor: str) -> Export:
    """A person says that the system has the export; raises InputError where there is none of that name."""
    with holding(loaded.out):
        return Store(loaded.state, loaded.job.storage_options).exports.confirm(export_id, actor)


def _id(wanted: Wanted, base: Export | None, seq: int, as_of: dt.datetime) -> str:
    parts = [
        *_named(wanted.series),
        wanted.is_full,
        str(wanted.ids),
        base.export_id if base else "",
        seq,
        as_of.isoformat(),
    ]
    return f"{as_of:%Y%m%dT%H%M%SZ}-{wanted.system}-{sha256(json.dumps(parts).encode()).hexdigest()[:8]}"


def _named(series: Series) -> tuple[str, str, str]:
    return series.system, series.scope, series.reasons


def _write_files(wanted: Wanted, staged: Path) -> list[Written]:
    made = write_additions(pl.scan_parquet(staged / ROWS[ADD]), wanted.system, staged)
    return made + write_removals(pl.scan_parquet(staged / ROWS[REMOVE]), wanted.system, staged)


def _write_rows(store: Store, wanted: Wanted, base: Export | None, as_of: dt.datetime, staged: Path) -> dict[str, int]:
    """Writes the rows; how many there are to add, to remove, to leave there, and how many in force are no address."""
    entries = store.ledger.entries()
    spool = staged / "standing.parquet"
    now = kept(standing_of(entries, as_of), spool)
    then = known_then(entries, base, staged.parent)
    counts = write_rows(changed_rows(now, then, wanted, as_of), staged)
    odd = now.filter((col("in_force") != 0) & ~is_address())
    others = {NO_ADDRESS: odd, STAYING: staying(now, then, bits_of(list(wanted.reasons)))}
    counts |= {name: rows.select(pl.len()).collect().item() for name, rows in others.items()}
    spool.unlink()
    return counts


def _manifest(made: Export, files: Iterable[Written], writing: Writing, counts: Mapping[str, int]) -> dict[str, Any]:
    """Who was exported to where, as counts and digests; no address."""
    return {
        "export_id": made.export_id,
        "system": made.system,
        "scope": made.scope,
        "reasons": made.reasons.split(",") if made.reasons else [family.value for family in ReasonFamily],
        "as_of": made.as_of.isoformat(),
        "since": made.since,
        "ledger_seq": made.ledger_seq,
        "added": made.added,
        "removed": made.removed,
        NO_ADDRESS: counts[NO_ADDRESS],
        STAYING: counts[STAYING],
        "removal_is_by_hand": writing.removal_is_by_hand,
        "words": {family.value: word for family, word in writing.words.items()},
        "note": writing.note,
        "files": [
            {"file": one.path.name, "action": one.action, "rows": one.rows, **folder.digest(one.path)} for one in files
        ],
    }


def _prune(loaded: LoadedJob, store: Store, series: Series) -> None:
    """Removes old folders of the series, but never that of the last confirmed export."""
    base = store.exports.last_confirmed(series)
    old = [one.export_id for one in store.exports.of(series) if base is None or one.export_id != base.export_id]
    folder.prune(exports_folder(loaded), old, loaded.job.publish.keep_runs)

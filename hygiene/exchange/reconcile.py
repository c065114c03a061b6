"""The ledger against a system's own list, and the files that would make the two agree.

To the system go its additions (whom it lacks, and whom it has under a weaker reason that it can better) and its
removals (whom the ledger let go since). To the ledger goes a file for `hygiene ledger import`, which judges every row
by its own law: nothing that is in force is ever weakened.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from hygiene import gather
from hygiene.config import LoadedJob, SuppressionSource
from hygiene.decide.compare import Finding, found
from hygiene.decide.in_force import in_force, lifts
from hygiene.decide.standing import additions, standing
from hygiene.exchange.rows import standing_of
from hygiene.ledger.erasure import erased_match, erasure_keys
from hygiene.ledger.imports import import_entries
from hygiene.lock import holding
from hygiene.model.exchange import STANDING
from hygiene.model.spreadsheet import defused
from hygiene.model.tables import LEDGER
from hygiene.model.words import ReasonFamily
from hygiene.policy.families import BY_STRENGTH, bits_of
from hygiene.publish import folder
from hygiene.publish.exports import write_additions, write_removals, writing_of
from hygiene.store import Store

MISSING_THERE = "missing there"
TO_LEDGER = "to-ledger.csv"
CONFLICTS = "conflicts.csv"
IN_CONFLICT = [Finding.THEIRS_STRONGER, Finding.OURS_STRONGER, Finding.UNSAYABLE]


@dataclass(frozen=True)
class Reconciled:
    """Where the files lie, and how many addresses each finding has."""

    folder: Path
    counts: dict[str, int]
    files: list[tuple[Path, int]]


def reconcile(loaded: LoadedJob, source: SuppressionSource, system: str, as_of: dt.datetime) -> Reconciled:
    """Compares the ledger with the list that `source` holds, and writes what either side lacks; raises InputError.

    `system` is whose list it is: its files are written in the form that it imports.
    """
    words = writing_of(system).words
    listed = gather.imported(loaded, source, Path.cwd())
    with holding(loaded.out):
        store = Store(loaded.state, loaded.job.storage_options)
        erased = erased_match(store.ledger, listed["mailbox_key"], erasure_keys(loaded.job.erasure_key_env))
        entries = pl.concat([store.ledger.entries(), erased.lazy()])
        theirs = _judged(loaded, listed, entries, system, as_of)
        ours = standing_of(store.ledger.entries(), as_of)
        all_of_ours = additions(ours, STANDING.empty().lazy(), bits_of(None), words).collect()
        return _written(loaded, theirs, all_of_ours, system, as_of)


def _judged(
    loaded: LoadedJob, listed: pl.DataFrame, entries: pl.LazyFrame, system: str, as_of: dt.datetime
) -> pl.DataFrame:
    """Their list, one row an address_key by its strongest reason, with our state and the finding."""
    place = {family.value: number for number, family in enumerate(BY_STRENGTH)}
    ranked = listed.with_columns(place=col("family").replace_strict(place, default=len(place), return_dtype=pl.Int64))
    newest_first = ranked.sort("place", "suppressed_at", descending=[False, True], nulls_last=True, maintain_order=True)
    theirs = newest_first.unique("address_key", keep="first", maintain_order=True).drop("place")
    keys = theirs.select("address", "address_key", "mailbox_key").lazy()
    state = standing(keys, entries, as_of).select("address_key", "in_force", "ever").collect()
    now = in_force(entries, LEDGER.empty().lazy(), as_of).collect()
    entering = import_entries(listed, now, lifts(entries, as_of).collect(), system, loaded.policy, as_of)
    known = theirs.join(state, on="address_key", maintain_order="left")
    shown = {family: writing_of(system).shown(family) for family in ReasonFamily}
    return found(known, entering, shown)


def _written(
    loaded: LoadedJob, theirs: pl.DataFrame, ours: pl.DataFrame, system: str, as_of: dt.datetime
) -> Reconciled:
    name = f"{as_of:%Y%m%dT%H%M%SZ}-{system}"
    staged = folder.stage(loaded.out / "reconciled", name)
    missing = ours.join(theirs, on="address_key", how="anti", maintain_order="left")
    better = ours.join(_with(theirs, Finding.OURS_STRONGER), on="address_key", how="semi", maintain_order="left")
    freed = _with(theirs, Finding.LIFTED_HERE).select(
        "address", rule=pl.lit("*"), at=pl.lit(as_of).cast(ours.schema["at"])
    )
    made = write_additions(pl.concat([missing, better]).lazy(), system, staged)
    made += write_removals(freed.lazy(), system, staged)
    files = [(one.path.name, one.rows) for one in made] + [_to_ledger(theirs, staged), _conflicts(theirs, staged)]
    counts = {MISSING_THERE: missing.height, **{finding.value: 0 for finding in Finding}}
    counts |= dict(theirs.group_by("finding").len().rows())
    folder.write_json(staged / folder.MANIFEST, {"counts": counts, "files": _digests(staged, files)})
    final = folder.put(staged, loaded.out / "reconciled", name)
    return Reconciled(final, counts, [(final / file, rows) for file, rows in files])


def _digests(staged: Path, files: list[tuple[str, int]]) -> list[dict[str, object]]:
    return [{"file": file, "rows": rows, **folder.digest(staged / file)} for file, rows in files]


def _with(theirs: pl.DataFrame, *findings: Finding) -> pl.DataFrame:
    return theirs.filter(col("finding").is_in([finding.value for finding in findings]))


def _to_ledger(theirs: pl.DataFrame, staged: Path) -> tuple[str, int]:
    """What `hygiene ledger import` takes: whom we lack, and the stronger reasons."""
    rows = _with(theirs, Finding.MISSING_HERE, Finding.THEIRS_STRONGER).sort("address_key")
    told = rows.select("address", "suppressed_at", reason="family", word="reason")
    told.write_csv(staged / TO_LEDGER, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    return TO_LEDGER, rows.height


def _conflicts(theirs: pl.DataFrame, staged: Path) -> tuple[str, int]:
    """For people: both reasons of every address on which they differ."""
    rows = _with(theirs, *IN_CONFLICT).sort("finding", "address_key")
    told = rows.select("address", "ours", theirs="family", word="reason", finding="finding")
    told.with_columns(defused("address"), defused("word")).write_csv(staged / CONFLICTS)
    return CONFLICTS, rows.height

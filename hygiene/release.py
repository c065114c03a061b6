"""A person lets a held run go: its ledger entries are committed and its outputs shown, as they were decided."""

import json
from pathlib import Path

import polars as pl

from hygiene.config import LoadedJob
from hygiene.ledger.runs import Run
from hygiene.lock import holding
from hygiene.model.errors import InputError
from hygiene.model.words import RunStatus
from hygiene.outputs import ENTRIES
from hygiene.publish import folder
from hygiene.publish.summary import as_text
from hygiene.store import Store


def release(loaded: LoadedJob, run_id: str, actor: str) -> Path:
    """Publishes a held run; raises InputError where there is none, or another run was published meanwhile."""
    with holding(loaded.out):
        store = Store(loaded.state, loaded.job.storage_options)
        held = loaded.out / run_id
        found = store.runs.find(run_id)
        if found is None or found["status"] != RunStatus.HELD or not held.is_dir():
            raise InputError(f"there is no held run {run_id}.", str(loaded.out), "The summary of a held run names it.")
        summary = json.loads((held / "summary.json").read_text(encoding="utf-8"))
        last = store.runs.last_published(loaded.job.name)
        if (last["run_id"] if last else None) != summary["changes"]["since"]:
            raise InputError(
                f"run {last['run_id'] if last else ''} was published after {run_id} was held.", fix="Run again."
            )
        store.ledger.append(pl.scan_parquet(held / ENTRIES), f"run:{run_id}")
        told = {**summary, "status": RunStatus.RELEASED.value, "released_by": actor}
        folder.write_json(held / "summary.json", told)
        folder.write_text(held / "summary.txt", as_text(told))
        folder.write_manifest(held)
        folder.switch(loaded.out, run_id)
        head = store.ledger.head()
        known = {name: value for name, value in found.items() if name != "number"}
        told_now = {"status": RunStatus.RELEASED, "ledger_seq": head.seq, "ledger_head": head.hash}
        store.runs.record(Run(**{**known, **told_now}))
        return held

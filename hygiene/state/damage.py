"""Damage of a table's folder, told when it is opened and not in the middle of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hygiene.model.errors import StateError

if TYPE_CHECKING:
    from deltalake import DeltaTable

RESTORE = "Restore the folder from a backup."


def has_lost_its_log(folder: Path) -> bool:
    """Whether data lies there without a commit: a table is made in a commit of its own, before any data."""
    return any(folder.rglob("*.parquet")) and not any((folder / "_delta_log").glob("*.json"))


def check(folder: Path, delta: "DeltaTable") -> None:
    """Raises StateError where a commit is empty, or a data file is gone or cut short."""
    for commit in (folder / "_delta_log").glob("*.json"):
        if commit.stat().st_size == 0:
            raise StateError(f"the commit {commit.name} is empty.", str(folder), RESTORE)
    named = pl.DataFrame(delta.get_add_actions(flatten=True)).select("path", "size_bytes")
    for path, size in named.rows():
        file = folder / path
        if not file.is_file() or file.stat().st_size != size:
            raise StateError(f"the file {path} is missing or cut short.", str(folder), RESTORE)

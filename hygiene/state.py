"""The state folder: Delta Lake tables, each commit atomic and on disk before anything is published.

Delta, because its commits are atomic, its past can be read again, and polars, Spark and every warehouse read its files.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from hygiene.model.errors import StateError
from hygiene.model.table import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable


@dataclass(frozen=True)
class StateTable:
    """One Delta table of the state, in a folder of its own below `root` (a path or an object-store URI)."""

    root: str
    table: Table
    partition_by: tuple[str, ...] = ()
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """Where the table lies."""
        return f"{self.root.rstrip('/')}/{self.table.name.lower()}"

    @property
    def is_local(self) -> bool:
        """Whether the table lies on a disk that can be fsynced."""
        return "://" not in self.root

    def open(self) -> "DeltaTable | None":
        """The Delta table, or None where nothing was written yet; raises StateError where it is damaged."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        options = dict(self.storage_options)
        if not DeltaTable.is_deltatable(self.uri, storage_options=options):
            return None
        try:
            return DeltaTable(self.uri, storage_options=options)
        except TableNotFoundError:
            return None
        except DeltaError as error:
            raise StateError(f"the table cannot be read ({error}).", self.uri, "Restore the folder.") from error

    def version(self) -> int:
        """The number of the newest commit; -1 where there is none."""
        table = self.open()
        return -1 if table is None else int(table.version())

    def scan(self, version: int | None = None) -> pl.LazyFrame:
        """All rows, in no order, now or as of a version; an empty frame where nothing was written yet."""
        if self.open() is None:
            return self.table.empty().lazy()
        options = dict(self.storage_options)
        return pl.scan_delta(self.uri, version=version, storage_options=options or None).select(list(self.table.columns))

    def has_transaction(self, key: str) -> bool:
        """Whether `append` or `replace` was already committed under this key."""
        table = self.open()
        return table is not None and table.transaction_version(key) is not None

    def append(self, rows: pl.DataFrame, transaction: str | None = None) -> bool:
        """Adds rows in one commit; a transaction key that was committed before adds nothing and returns False."""
        return self._write(rows, "append", transaction)

    def replace(self, rows: pl.DataFrame, transaction: str | None = None) -> bool:
        """Puts rows in place of all that is there, in one commit."""
        return self._write(rows, "overwrite", transaction)

    def _write(self, rows: pl.DataFrame, mode: str, transaction: str | None) -> bool:
        from deltalake import CommitProperties, Transaction, write_deltalake

        if transaction is not None and self.has_transaction(transaction):
            return False
        properties = CommitProperties(app_transactions=[Transaction(transaction, 1)] if transaction else None)
        arguments: dict[str, Any] = {"mode": mode, "commit_properties": properties}
        if self.partition_by:
            arguments["partition_by"] = list(self.partition_by)
        if self.storage_options:
            arguments["storage_options"] = dict(self.storage_options)
        if self.is_local:
            Path(self.uri).mkdir(parents=True, exist_ok=True, mode=0o700)
        before = self._files()
        write_deltalake(self.uri, self.table.conform(rows), **arguments)
        self._sync(self._files() - before)
        return True

    def tidy(self, keep_days: int) -> None:
        """Compacts small files and removes versions older than `keep_days`."""
        table = self.open()
        if table is None:
            return
        before = self._files()
        table.optimize.compact()
        table.vacuum(retention_hours=keep_days * 24, dry_run=False)
        table.create_checkpoint()
        self._sync(self._files() - before)

    def _files(self) -> set[Path]:
        return {path for path in Path(self.uri).rglob("*") if path.is_file()} if self.is_local else set()

    def _sync(self, files: set[Path]) -> None:
        """fsyncs new files and their folders, and keeps them from other users' eyes."""
        folders = {Path(self.uri), Path(self.uri).parent} | {file.parent for file in files}
        for path in (*files, *folders):
            if path in files:
                path.chmod(0o600)
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

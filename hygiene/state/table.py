"""One Delta table of the state: rows are added, replaced, merged, tidied and read, each change in one commit."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hygiene.model.errors import LockedError, OutputError, StateError
from hygiene.model.table import Table
from hygiene.state.damage import RESTORE, check, has_lost_its_log
from hygiene.state.delta import arrow_schema, batches, cause, commit, files_of, rows_of, settings, version_of, writing
from hygiene.state.disk import put_on_disk

if TYPE_CHECKING:
    from deltalake import DeltaTable

PURGE_DUE, PURGED = "hygiene.purge_due", "hygiene.purged"
COMPACT_FROM = 64
"""So many files are read as fast as one; below that, compaction would only write everything once more."""


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

    def open(self, version: int | None = None) -> "DeltaTable | None":
        """The Delta table, now or as of a version; None where nothing was written yet; raises StateError if damaged."""
        from deltalake import DeltaTable

        options = dict(self.storage_options) or None
        with self._told("cannot be read", RESTORE):
            if not DeltaTable.is_deltatable(self.uri, storage_options=options):
                if self.is_local and has_lost_its_log(Path(self.uri)):
                    raise StateError("the table has data and no commit log.", self.uri, RESTORE)
                return None
            return DeltaTable(self.uri, version=version, storage_options=options)

    def version(self) -> int:
        """The number of the newest commit; -1 where there is none."""
        return version_of(self.open())

    def files(self) -> dict[str, int]:
        """Names of the data files, and when each was added, in milliseconds."""
        delta = self.open()
        return {} if delta is None else files_of(delta)

    def scan(self, version: int | None = None, files: Collection[str] | None = None) -> pl.LazyFrame:
        """All rows (or of some files), in no order, now or as of a version; none where nothing was written yet."""
        delta = self.open(version)
        if delta is None:
            return self.table.empty().lazy()
        if self.is_local:
            check(Path(self.uri), delta)
        if (files is not None and not files) or delta.get_add_actions().num_rows == 0:
            return self.table.empty().lazy()
        frame = rows_of(delta, self, files)
        found = frame.collect_schema()
        missing = [name for name in self.table.columns if name not in found]
        if missing:
            raise StateError(
                f"the table lacks {', '.join(missing)}: another version of hygiene wrote it.", self.uri, RESTORE
            )
        # Delta knows no unsigned integers and no enums, so some types come back wider.
        casts = [pl.col(name).cast(dtype) for name, dtype in self.table.schema.items() if found[name] != dtype]
        return frame.with_columns(casts).select(list(self.table.columns))

    def known(self, keys: Iterable[str]) -> set[str]:
        """Those of the transaction keys that were committed before."""
        return {key for key, number in self.marks(keys).items() if number is not None}

    def append(
        self,
        rows: pl.DataFrame | Iterable[pl.DataFrame],
        transaction: str | Sequence[str] | None = None,
        base: int | None = None,
    ) -> bool:
        """Adds rows in one commit; where all transaction keys were committed before, adds nothing and returns False.

        Raises LockedError where another process commits at the same time, or committed after version `base`.
        """
        return self._write(rows, "append", transaction, base)

    def replace(
        self,
        rows: pl.DataFrame | Iterable[pl.DataFrame],
        transaction: str | None = None,
        base: int | None = None,
        marks: Mapping[str, int] | None = None,
    ) -> bool:
        """Puts rows in place of all that is there, in one commit; `marks` are numbers that go with them."""
        return self._write(rows, "overwrite", transaction, base, marks)

    def marks(self, names: Iterable[str]) -> dict[str, int | None]:
        """The numbers that went with the rows when they were replaced."""
        delta = self.open()
        return {name: None if delta is None else delta.transaction_version(name) for name in names}

    def rewrite(self, rows: pl.DataFrame, on: str, base: int | None = None) -> None:
        """Replaces the rows that share `on`, which is unique, and adds others, in one commit; then `purge` is due."""
        delta = self._at(base)
        if delta is None:
            self._write(rows, "append", None, base)
            return
        with self._putting_on_disk():
            delta.merge(
                self.table.conform(rows),
                predicate=f"target.{on} = source.{on}",
                source_alias="source",
                target_alias="target",
                commit_properties=commit(self.table, delta, [PURGE_DUE]),
                writer_properties=writing(self.table),
            ).when_matched_update_all().when_not_matched_insert_all().execute()

    def delete(self, column: str, values: Iterable[str | int]) -> None:
        """Removes the rows with one of these values in `column`, in one commit; then `purge` is due."""
        quoted = ", ".join(
            str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'" for value in values
        )
        delta = self.open()
        if delta is not None and quoted:
            with self._putting_on_disk():
                properties = commit(self.table, delta, [PURGE_DUE])
                delta.delete(
                    f"{column} IN ({quoted})", writer_properties=writing(self.table), commit_properties=properties
                )

    def tidy(self, keep_days: int) -> None:
        """Compacts small files where they are many; removes versions and crashes' leftovers older than `keep_days`."""
        delta = self.open()
        if delta is None:
            return
        with self._putting_on_disk():
            keep = f"interval {keep_days} days"
            if delta.metadata().configuration.get("delta.logRetentionDuration") != keep:
                delta.alter.set_table_properties({"delta.logRetentionDuration": keep})
            if len(delta.file_uris()) > COMPACT_FROM:
                delta.optimize.compact(
                    commit_properties=commit(self.table, delta), writer_properties=writing(self.table)
                )
            self._vacuum(delta, keep_days * 24)
            delta.create_checkpoint()

    def purge(self) -> None:
        """Removes every file that the newest version does not need: what was erased, and all of the past."""
        delta = self.open()
        if delta is not None:
            with self._putting_on_disk():
                self._vacuum(delta, 0)

    def is_purge_due(self) -> bool:
        """Whether old files still hold what `rewrite` replaced, because a crash kept `purge` from its end."""
        delta = self.open()
        due, done = (None if delta is None else delta.transaction_version(key) for key in (PURGE_DUE, PURGED))
        return due is not None and (done is None or done < due)

    def _write(
        self,
        rows: pl.DataFrame | Iterable[pl.DataFrame],
        mode: str,
        transaction: str | Sequence[str] | None,
        base: int | None,
        marks: Mapping[str, int] | None = None,
    ) -> bool:
        from deltalake import write_deltalake

        delta = self._at(base)
        keys = [transaction] if isinstance(transaction, str) else list(transaction or ())
        if keys and delta is not None and all(delta.transaction_version(key) is not None for key in keys):
            return False
        with self._putting_on_disk():
            delta = delta or self._created()
            write_deltalake(
                delta,
                batches([rows] if isinstance(rows, pl.DataFrame) else rows, self.table),
                mode="overwrite" if mode == "overwrite" else "append",
                partition_by=list(self.partition_by) or None,
                commit_properties=commit(self.table, delta, keys, marks),
                writer_properties=writing(self.table),
            )
        return True

    def _created(self) -> "DeltaTable":
        """The empty table, in a commit of its own: data without a commit is damage then, and no trace of a crash."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            return DeltaTable.create(
                self.uri,
                arrow_schema(self.table),
                partition_by=list(self.partition_by) or None,
                configuration=settings(self.table, self.partition_by),
                storage_options=dict(self.storage_options) or None,
            )
        except DeltaError as error:
            raise (error if self.open() is None else self._conflict()) from error

    def _at(self, base: int | None) -> "DeltaTable | None":
        delta = self.open()
        if base is not None and version_of(delta) != base:
            raise self._conflict()
        return delta

    def _conflict(self) -> LockedError:
        return LockedError("another process wrote to the table at the same time.", self.uri, "Try again.")

    def _vacuum(self, delta: "DeltaTable", hours: int) -> None:
        properties = commit(self.table, delta, [] if hours else [PURGED])
        delta.vacuum(hours, dry_run=False, enforce_retention_duration=False, full=True, commit_properties=properties)

    @contextmanager
    def _told(self, what: str, fix: str) -> Iterator[None]:
        from deltalake.exceptions import CommitFailedError, DeltaError

        try:
            yield
        except CommitFailedError as error:
            raise self._conflict() from error
        except DeltaError as error:
            raise StateError(f"the table {what} ({cause(error)}).", self.uri, fix) from error
        except OSError as error:
            raise OutputError(f"the table {what} ({cause(error)}).", self.uri) from error

    @contextmanager
    def _putting_on_disk(self) -> Iterator[None]:
        """What is written inside is on disk afterwards, or an error of ours says why not."""
        disk = put_on_disk(Path(self.uri), Path(self.root)) if self.is_local else nullcontext()
        with self._told("cannot be written", "Look at the disk and at the folder's owner."), disk:
            yield

"""What was exported to which system, and what of it the system is known to have.

Writing a file is not delivering it: a person uploads it, perhaps tomorrow, perhaps never. So an export counts only once
it is confirmed, by `hygiene export confirm` or by a push that came through; until then the next export repeats it,
which every system takes (adding twice is adding once). Were it counted when it is written, a forgotten upload would
leave complainers mailable for ever, and nothing would tell.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import polars as pl
from polars import col

from hygiene.model.errors import InputError
from hygiene.model.exchange import EXPORTS
from hygiene.model.words import ExportStatus
from hygiene.state import StateTable


@dataclass(frozen=True)
class Series:
    """Exports that continue one another: to one list of one system, for the same reasons."""

    system: str
    scope: str = ""
    reasons: str = ""


@dataclass(frozen=True)
class Export:
    """One record of EXPORTS."""

    export_id: str
    system: str
    scope: str
    reasons: str
    as_of: dt.datetime
    ledger_seq: int
    status: ExportStatus = ExportStatus.WRITTEN
    since: str | None = None
    added: int | None = None
    removed: int | None = None
    refused: int | None = None
    actor: str | None = None


@dataclass(frozen=True)
class Exports:
    """The record of exports below a state folder."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table that holds it."""
        return StateTable(self.root, EXPORTS, storage_options=self.storage_options)

    def record(self, export: Export) -> None:
        """Adds what is known of an export; a later record of it counts instead of the earlier."""
        version = self.state.version()
        number = self.state.scan().select(col("number").max().fill_null(0)).collect().item() + 1
        row = {"number": number, **asdict(export), "status": export.status.value}
        self.state.append(pl.DataFrame([row], schema=EXPORTS.schema), base=version)

    def confirm(self, export_id: str, actor: str, refused: int = 0) -> Export:
        """Enters that the system has the export; twice is once. Raises InputError where there is no such export."""
        found = self.find(export_id)
        if found is None:
            raise InputError(f"there is no export {export_id}.", fix="`hygiene export` names the export it writes.")
        if found.status is ExportStatus.CONFIRMED:
            return found
        confirmed = replace(found, status=ExportStatus.CONFIRMED, actor=actor, refused=refused)
        self.record(confirmed)
        return confirmed

    def find(self, export_id: str) -> Export | None:
        """The last record of an export."""
        found = self._last().filter(col("export_id") == export_id)
        return _export(found.row(0, named=True)) if found.height else None

    def last_confirmed(self, series: Series) -> Export | None:
        """The newest export of the series that the system is known to have."""
        mine = self._of(series).filter(col("status") == ExportStatus.CONFIRMED.value)
        newest = mine.sort("ledger_seq", "number")
        return _export(newest.row(-1, named=True)) if newest.height else None

    def of(self, series: Series) -> list[Export]:
        """All exports of the series, from old to new."""
        return [_export(row) for row in self._of(series).to_dicts()]

    def tidy(self, keep_days: int) -> None:
        """Compacts the table and removes versions older than `keep_days`."""
        self.state.tidy(keep_days)

    def _of(self, series: Series) -> pl.DataFrame:
        mine = [col(name) == value for name, value in asdict(series).items()]
        return self._last().filter(*mine)

    def _last(self) -> pl.DataFrame:
        every = self.state.scan().collect().sort("number")
        return every.unique("export_id", keep="last", maintain_order=True)


def _export(row: dict[str, Any]) -> Export:
    cells = {name: value for name, value in row.items() if name != "number"}
    return Export(**{**cells, "status": ExportStatus(cells["status"])})

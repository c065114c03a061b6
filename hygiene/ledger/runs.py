"""The runs: what each found, how it ended, and where the state stood after it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl
from polars import col

from hygiene.model.tables import RUNS
from hygiene.model.words import RunStatus
from hygiene.state import StateTable

SHOWN = [RunStatus.PUBLISHED, RunStatus.RELEASED]


@dataclass(frozen=True)
class Run:
    """One record of RUNS; what is not known is null."""

    run_id: str
    job: str
    status: RunStatus
    as_of: dt.datetime
    started_at: dt.datetime | None = None
    seconds: float | None = None
    suppressed: int | None = None
    counts: str | None = None
    ledger_seq: int | None = None
    ledger_head: str | None = None
    ledger_version: int | None = None
    history_version: int | None = None
    dns_version: int | None = None
    policy_digest: str | None = None
    config_digest: str | None = None
    out: str | None = None


@dataclass(frozen=True)
class Runs:
    """The record of runs below a state folder."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table that holds it."""
        return StateTable(self.root, RUNS, storage_options=self.storage_options)

    def record(self, run: Run) -> None:
        """Adds what is known of a run; a later record of it (`held`, then `released`) counts instead of the earlier."""
        version = self.state.version()
        number = self.state.scan().select(col("number").max().fill_null(0)).collect().item() + 1
        row = pl.DataFrame([{"number": number, **asdict(run), "status": run.status.value}], schema=RUNS.schema)
        self.state.append(row, base=version)

    def all(self) -> pl.DataFrame:
        """RUNS: the last record of each run, in order."""
        every = self.state.scan().collect().sort("number")
        return every.unique("run_id", keep="last", maintain_order=True)

    def find(self, run_id: str) -> dict[str, Any] | None:
        """The last record of a run, a row of RUNS."""
        return _last(self.all().filter(col("run_id") == run_id))

    def last_published(self, job: str | None = None) -> dict[str, Any] | None:
        """The run whose outputs are shown now, of one job or of any: a row of RUNS."""
        rows = self.shown(job)
        return rows[-1] if rows else None

    def shown(self, job: str | None = None) -> list[dict[str, Any]]:
        """The runs that were published, of one job or of any, in order: rows of RUNS."""
        mine = pl.lit(True) if job is None else col("job") == job
        return self.all().filter(col("status").is_in(SHOWN) & mine).to_dicts()

    def usual_suppressions(self, as_of: dt.datetime, job: str | None = None, days: int = 30) -> float | None:
        """Median number of new suppressions of the runs published in the days before; None where there was none."""
        recent = col("as_of").is_between(as_of - dt.timedelta(days=days), as_of, closed="left")
        mine = pl.lit(True) if job is None else col("job") == job
        found = self.all().filter(recent & mine & col("status").is_in(SHOWN))["suppressed"].median()
        return None if found is None else float(str(found))

    def tidy(self, keep_days: int) -> None:
        """Compacts the table and removes versions older than `keep_days`."""
        self.state.tidy(keep_days)

    def anchors(self) -> pl.DataFrame:
        """`run_id`, `seq` and `hash`: where each run saw the ledger's head."""
        seen = self.state.scan().filter((col("ledger_seq") > 0) & col("ledger_head").is_not_null())
        return seen.select("run_id", seq="ledger_seq", hash="ledger_head").unique().collect().sort("seq", "run_id")


def _last(found: pl.DataFrame) -> dict[str, Any] | None:
    return found.row(-1, named=True) if found.height else None

"""What one run knows and decided, between deciding and publishing."""

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from hygiene.config import LoadedJob
from hygiene.gather import Known
from hygiene.incidents import Watched
from hygiene.ingest.lists import OpenList
from hygiene.ledger.runs import Run
from hygiene.model.words import RunStatus
from hygiene.publish.spool import Spool
from hygiene.stages import Stages
from hygiene.store import Store


@dataclass
class Night:
    """One run in flight."""

    loaded: LoadedJob
    as_of: dt.datetime
    run_id: str
    store: Store
    work: Path
    stages: Stages
    opened: list[OpenList]
    rows: pl.LazyFrame
    """SUBSCRIBERS of all lists, on disk in the work folder."""
    decided: pl.LazyFrame
    """Every row with what is counted of it (decide/told.py), on disk in the work folder."""
    told: pl.LazyFrame
    """The rows of which lists and summary ask more (decide/told.py), on disk in the work folder."""
    trail: Spool
    """What the audit trail says of them (publish/audit.py)."""
    pending: pl.LazyFrame
    """LEDGER entries that publishing commits, without seq and hashes, in the work folder until they are staged."""
    watched: Watched
    """What providers said against the sender."""
    known: Known
    """The ledger before tonight."""
    last: dict[str, Any] | None
    """The last published run; None before the first."""
    references: dict[str, str]
    """Version of each reference list."""
    event_rejects: pl.DataFrame
    """REJECTS of the event files read tonight."""
    notes: list[str] = field(default_factory=list)
    """What a person should know of this run, a sentence each."""
    counted: dict[str, Any] = field(default_factory=dict)
    """What this process did (files read, domains asked): not part of what the run found."""

    def process(self) -> dict[str, Any]:
        """Times, memory and work of this process."""
        stages = [asdict(stage) for stage in self.stages.done]
        seconds = sum(stage.seconds for stage in self.stages.done)
        records = sum(one.records for one in self.opened)
        return {
            "seconds": round(seconds, 3),
            "rows_per_second": round(records / seconds) if seconds else None,
            "stages": stages,
            **self.counted,
        }

    def as_run(self, summary: dict[str, Any]) -> Run:
        """What the state keeps of the run, by its summary."""
        head = self.store.ledger.head()
        return Run(
            run_id=self.run_id,
            job=self.loaded.job.name,
            status=RunStatus(summary["status"]),
            as_of=self.as_of,
            seconds=self.process()["seconds"],
            suppressed=sum(rule["new"] for rule in summary["rules"] if rule["verdict"] == "suppress"),
            counts=json.dumps(summary["lists"]),
            ledger_seq=head.seq,
            ledger_head=head.hash,
            ledger_version=self.store.ledger.state.version(),
            history_version=self.store.history.state.version(),
            dns_version=self.store.dns.version(),
            policy_digest=self.loaded.policy_digest,
            config_digest=self.loaded.config_digest,
            out=str(self.loaded.out / self.run_id),
        )

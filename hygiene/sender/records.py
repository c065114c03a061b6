"""What the state keeps of incidents: their names from night to night, and who closed them. Facts are the history's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from polars import col

from hygiene.model.refusal_tables import INCIDENTS
from hygiene.model.words import IncidentAction
from hygiene.sender.incidents import Closing, Incident
from hygiene.state import StateTable

KNOWN = ("id", "mailbox_provider", "token", "first_seen_at", "last_seen_at", "share")

NOTHING_KNOWN = INCIDENTS.empty().select(KNOWN)
"""Before the first night."""


@dataclass(frozen=True)
class IncidentRecords:
    """The record of incidents below a state folder; the last word on each counts."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table that holds it."""
        return StateTable(self.root, INCIDENTS, storage_options=self.storage_options)

    def known(self) -> pl.DataFrame:
        """KNOWN of every incident that was ever told."""
        seen = self.state.scan().filter(col("action") == IncidentAction.SEEN).collect().sort("number")
        last = seen.group_by("id").agg(
            col("mailbox_provider", "token", "share").last(), col("first_seen_at").min(), col("last_seen_at").max()
        )
        return last.select(KNOWN)

    def closings(self) -> dict[str, Closing]:
        """The last closing of each incident that was closed."""
        closed = self.state.scan().filter(col("action") == IncidentAction.CLOSED).collect().sort("number")
        rows = closed.select("id", "entered_at", "actor", "reason").rows()
        return {name: Closing(at, actor, reason) for name, at, actor, reason in rows}

    def see(self, incidents: Sequence[Incident]) -> None:
        """Keeps the names of these incidents; those that did not change since add nothing."""
        rows = [{name: getattr(one, name) for name in KNOWN} for one in incidents]
        told = pl.DataFrame(rows, schema={name: INCIDENTS.schema[name] for name in KNOWN})
        self._add(told.join(self.known(), on=KNOWN, how="anti", nulls_equal=True), IncidentAction.SEEN)

    def close(self, incident: Incident, closing: Closing) -> None:
        """Enters who closed an incident, and why."""
        row = {name: getattr(incident, name) for name in KNOWN}
        words = {"entered_at": closing.at, "actor": closing.actor, "reason": closing.reason}
        self._add(pl.DataFrame([{**row, **words}], schema_overrides=INCIDENTS.schema), IncidentAction.CLOSED)

    def _add(self, rows: pl.DataFrame, action: IncidentAction) -> None:
        if rows.is_empty():
            return
        version = self.state.version()
        last = self.state.scan().select(col("number").max().fill_null(0)).collect().item()
        numbered = rows.with_columns(
            number=pl.int_range(last + 1, last + 1 + rows.height, dtype=pl.Int64), action=pl.lit(action.value)
        )
        self.state.append(INCIDENTS.fill(numbered), base=version)

    def tidy(self, keep_days: int) -> None:
        """Compacts the table and removes versions older than `keep_days`."""
        self.state.tidy(keep_days)

"""What the last night doubted about hard bounces, for those who ask between two nights."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from hygiene.model.refusal_tables import DOUBTS
from hygiene.state import StateTable


@dataclass(frozen=True)
class Doubted:
    """The state table of doubts below a state folder; each night finds them anew."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> StateTable:
        """The table that holds it."""
        return StateTable(self.root, DOUBTS, storage_options=self.storage_options)

    def load(self) -> pl.DataFrame:
        """DOUBTS, in order."""
        return self.state.scan().collect().sort(list(DOUBTS.columns))

    def save(self, doubts: pl.DataFrame) -> None:
        """Puts tonight's in place of the last; the same again writes nothing."""
        ordered = doubts.sort(list(DOUBTS.columns))
        if not ordered.equals(self.load()):
            self.state.replace(ordered)

    def tidy(self, keep_days: int) -> None:
        """Compacts the table and removes versions older than `keep_days`."""
        self.state.tidy(keep_days)

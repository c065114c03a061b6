"""The state folder of a job, opened once: what was read, what was decided, what the DNS said, which runs there were."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hygiene.history.doubts import Doubted
from hygiene.history.store import History
from hygiene.ledger.exports import Exports
from hygiene.ledger.runs import Runs
from hygiene.ledger.store import Ledger
from hygiene.lookup.memory import DnsMemory
from hygiene.sender.records import IncidentRecords


@dataclass(frozen=True)
class Store:
    """The tables of one state folder or object-store URI."""

    root: str
    options: Mapping[str, str]

    @cached_property
    def history(self) -> History:
        """Events read once."""
        return History(self.root, self.options)

    @cached_property
    def ledger(self) -> Ledger:
        """Suppressions and lifts."""
        return Ledger(self.root, self.options)

    @cached_property
    def dns(self) -> DnsMemory:
        """What the DNS said before."""
        return DnsMemory(self.root, self.options)

    @cached_property
    def runs(self) -> Runs:
        """Runs and what they counted."""
        return Runs(self.root, self.options)

    @cached_property
    def doubts(self) -> Doubted:
        """What the last night doubted."""
        return Doubted(self.root, self.options)

    @cached_property
    def incidents(self) -> IncidentRecords:
        """Names and closings of incidents."""
        return IncidentRecords(self.root, self.options)

    @cached_property
    def exports(self) -> Exports:
        """What other systems were told."""
        return Exports(self.root, self.options)

    def tidy(self, keep_days: int) -> None:
        """Compacts small files, and removes versions older than `keep_days`."""
        for table in (self.history, self.ledger, self.dns, self.runs, self.incidents, self.doubts, self.exports):
            table.tidy(keep_days)

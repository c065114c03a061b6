"""The rows of an export, sent call by call and batch by batch; what was answered for is never sent again."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl
from polars import col

from hygiene.formats.api import Api, Call
from hygiene.formats.writing import Writing
from hygiene.model.errors import InputError, PushError
from hygiene.publish.lines import filled, json_text, with_places
from hygiene.push.client import ABSENT, FORBIDDEN, RefusedError, key_refused
from hygiene.push.journal import Journal, Sent

log = logging.getLogger(__name__)

HOPELESS = 25
"""So many single rows refused one after the other, and none taken: the request is wrong, not the rows."""
Tick = Callable[[int], None]


@dataclass(frozen=True)
class Taken:
    """What a system says of a delivery: the rows that it refused, and how many more without naming them."""

    refused: dict[int, str] = field(default_factory=dict)
    unclear: int = 0


class Transport(Protocol):
    """How rows get there."""

    def deliver(self, call: Call, rows: pl.DataFrame) -> Taken:
        """Hands rows (row, address, word, item) over; raises RefusedError and HygieneError."""

    def close(self) -> None:
        """Lets the connections go."""


@dataclass(frozen=True)
class Load:
    """The rows of one call, in a file of their own: row, address, address_key, word and item."""

    number: int
    call: Call
    path: Path
    rows: int

    def part(self, first: int, rows: int) -> pl.DataFrame:
        """Some of them."""
        return pl.scan_parquet(self.path).slice(first, rows).collect()


def loads(api: Api, writing: Writing, rows: dict[str, Path], work: Path) -> Iterator[Load]:
    """What each call of the API has to send; `rows` are files of an export by action."""
    for number, call in enumerate(api.call):
        asked = pl.scan_parquet(rows[call.action]).drop("word").with_columns(action=pl.lit(call.action))
        told = with_places(asked, writing.words)
        mine = told.filter(col("word").is_in(list(call.words))) if call.words else told
        path = work / f"call-{number}.parquet"
        item = filled(call.item, json_text) if call.item else pl.lit("")
        numbered = mine.select("address", "address_key", "word", item=item).with_row_index("row")
        numbered.sink_parquet(path, row_group_size=1 << 14)
        yield Load(number, call, path, pl.scan_parquet(path).select(pl.len()).collect().item())


class Sender:
    """One push of one export; `stale` are keys of removals that must not be sent any more."""

    def __init__(self, api: Api, transport: Transport, journal: Journal, stale: pl.DataFrame, tick: Tick) -> None:
        self.api = api
        self.transport = transport
        self.journal = journal
        self.stale = stale
        self.tick = tick
        self.refused_in_a_row = 0

    def send(self, load: Load, batch: int | None = None) -> None:
        """Sends what was not answered for yet; raises HygieneError, after which another push goes on."""
        for first, rows in self.journal.gaps(load.number, load.rows, batch or load.call.batch):
            self._deliver(load, first, rows)
            self.tick(rows)

    def _deliver(self, load: Load, first: int, rows: int) -> None:
        part = load.part(first, rows)
        if load.call.action == "remove":
            part = part.join(self.stale, on="address_key", how="anti", maintain_order="left")
        try:
            taken = self.transport.deliver(load.call, part) if part.height else Taken()
        except RefusedError as error:
            if self._is_done(load.call, error):
                taken = Taken()
            elif rows > 1:
                return self._halved(load, first, rows)
            else:
                taken = Taken({first: error.why})
        self._watch(rows, taken)
        self.journal.add(Sent(load.number, first, rows, taken.refused, taken.unclear))
        return None

    def _halved(self, load: Load, first: int, rows: int) -> None:
        """One bad row must not keep the others out: the batch is sent in halves, down to the row."""
        half = rows // 2
        self._deliver(load, first, half)
        self._deliver(load, first + half, rows - half)

    def _is_done(self, call: Call, error: RefusedError) -> bool:
        """Whether the refusal means that nothing is left to do; raises where it is about no row at all."""
        if error.status == FORBIDDEN and not call.forbidden_is_refused:
            raise key_refused(self.api, self.api.base) from error
        if error.status == ABSENT and call.absent == "stop":
            raise InputError(f"there is no such list ({error.why}).", "--scope", f"Give {self.api.scope}.") from error
        return error.status == ABSENT and call.absent == "done"

    def _watch(self, rows: int, taken: Taken) -> None:
        self.refused_in_a_row = self.refused_in_a_row + len(taken.refused) if len(taken.refused) == rows else 0
        if rows == 1 and self.refused_in_a_row >= HOPELESS:
            why = next(iter(taken.refused.values()))
            raise PushError(f"{HOPELESS} rows in a row were refused: {why}", self.api.base, "Has the API changed?")


def refused_rows(journal: Journal, load: Load) -> pl.DataFrame:
    """address_key and why of the rows that a system refused, of one call."""
    told = [(row, why) for sent in journal.read() if sent.call == load.number for row, why in sent.refused.items()]
    named = pl.DataFrame(told, schema={"row": pl.UInt32, "why": pl.String}, orient="row")
    rows = pl.scan_parquet(load.path).select(col("row").cast(pl.UInt32), "address_key").collect()
    return named.join(rows, on="row").select("address_key", "why", action=pl.lit(load.call.action))

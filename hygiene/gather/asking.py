"""The look-up of domains: beside the reading of events where it waits for the network, else when its turn comes."""

import datetime as dt
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from types import TracebackType
from typing import Self

import polars as pl

from hygiene.config import LoadedJob
from hygiene.engines.size import has_room_for_two
from hygiene.lookup.resolve import Lookup, LookupInterrupted, look_up, some_due
from hygiene.model.errors import HygieneError
from hygiene.stages import Tick
from hygiene.store import Store

TOLD_EVERY_SECONDS = 0.1
_log = logging.getLogger(__name__)


class Asking:
    """Inside the block the look-up may run in a thread of its own; the block ends when the thread has.

    What was learned is kept in the state under `run_id`, if there is one, also where an error or a person ends it.
    """

    def __init__(
        self, loaded: LoadedJob, store: Store, domains: pl.DataFrame, run_id: str | None, as_of: dt.datetime
    ) -> None:
        self._loaded, self._store, self._run_id, self._as_of = loaded, store, run_id, as_of
        self._domains = domains["domain"]
        self._stop: Future[None] = Future()
        self._steps = 0
        self._thread: ThreadPoolExecutor | None = None
        self._begun: Future[Lookup] | None = None
        self._is_kept = False
        self._has_thread = self._is_worth_a_thread()

    def __enter__(self) -> Self:
        if self._has_thread:
            self._thread = ThreadPoolExecutor(1, "look-up")
            self._begun = self._thread.submit(self._look_up, self._count)
        return self

    def answers(self, tick: Tick) -> Lookup:
        """What is known of the domains; waits for it, or looks it up now."""
        try:
            lookup = self._look_up(tick) if self._begun is None else self._waited_for(self._begun, tick)
        except LookupInterrupted as stopped:
            self._keep(stopped.lookup, "-interrupted")
            raise
        self._keep(lookup)
        return lookup

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread is None or self._begun is None:
            return
        if not self._begun.done():
            self._stop.set_result(None)
        self._thread.shutdown()
        if error is not None and not self._is_kept and (learned := _learned(self._begun)) is not None:
            with suppress(HygieneError):  # what ended the run is told, and not this
                self._keep(learned, "-interrupted")

    def _is_worth_a_thread(self) -> bool:
        """Not where no network is waited for, as both would only take each other's memory."""
        if self._loaded.job.dns.mode != "live" or not some_due(self._domains, self._store.dns.load(), self._as_of):
            return False
        has_room = has_room_for_two()
        _log.info(
            "domains are looked up while events are read" if has_room else "memory is tight: events are read first"
        )
        return has_room

    def _look_up(self, tick: Callable[[int], None]) -> Lookup:
        loaded, memory = self._loaded, self._store.dns.load()
        settings, policy = loaded.job.dns, loaded.policy
        return look_up(self._domains, settings, loaded.base, memory, policy, self._as_of, tick, self._stop)

    def _count(self, steps: int) -> None:
        self._steps += steps

    def _waited_for(self, begun: "Future[Lookup]", tick: Tick) -> Lookup:
        """Steps made meanwhile are told at once: a person is shown one stage at a time."""
        told = 0
        while not begun.done():
            wait([begun], TOLD_EVERY_SECONDS)
            tick((steps := self._steps) - told)
            told = steps
        return begun.result()

    def _keep(self, lookup: Lookup, ending: str = "") -> None:
        if self._run_id:
            self._store.dns.save(lookup.memory, f"{self._run_id}{ending}")
        self._is_kept = True


def _learned(ended: "Future[Lookup]") -> Lookup | None:
    """What a look-up brought that ended, by itself or early."""
    stopped = ended.exception()
    if isinstance(stopped, LookupInterrupted):
        return stopped.lookup
    return None if stopped else ended.result()

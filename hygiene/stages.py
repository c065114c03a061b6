"""Where a run's time and memory went, stage by stage, while it tells a person what it is doing."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

Tick = Callable[[int], None]
Announce = Callable[[str, int | None], AbstractContextManager[Tick]]
"""Shows that a stage began (name, number of steps if known), and is told of each step."""


def silent(_: str, __: int | None) -> AbstractContextManager[Tick]:
    """Announces nothing, for programs."""
    return nullcontext(lambda _: None)


@dataclass
class Stage:
    """What one stage took."""

    name: str
    seconds: float
    cpu_seconds: float
    """Of the whole process: what a thread does beside a stage is counted to that stage."""
    peak_mib: float
    """Largest resident memory of the process so far."""
    rows: int = 0


@dataclass
class Stages:
    """The stages of a run, in order."""

    announce: Announce = silent
    done: list[Stage] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str, steps: int | None = None) -> Iterator[Tick]:
        """Times what happens inside; yields what to call with the number of steps made."""
        began, cpu = time.perf_counter(), time.process_time()
        with self.announce(name, steps) as tick:
            yield tick
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.done.append(Stage(name, time.perf_counter() - began, time.process_time() - cpu, peak))

    def count(self, rows: int) -> None:
        """Notes how many rows the last stage saw."""
        self.done[-1].rows = rows

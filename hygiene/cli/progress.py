"""A bar for every long stage on a terminal; plain lines of log otherwise."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hygiene.cli.options import OUTPUT

logger = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
"""How often a stage without a bar says where it is."""


@contextmanager
def stage(name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Shows that a stage has begun, and its steps; yields what to call with the number of steps made."""
    shown = _bar if sys.stderr.isatty() and logger.isEnabledFor(logging.INFO) and not OUTPUT.log_json else _lines
    with shown(name, total) as tick:
        yield tick


@contextmanager
def _bar(name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    form = None if total else "{desc}: {elapsed}"
    with tqdm(desc=name, total=total, file=sys.stderr, dynamic_ncols=True, bar_format=form) as bar:

        def tick(steps: int) -> None:
            bar.update(steps)

        yield tick


@contextmanager
def _lines(name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    began = said = time.perf_counter()
    done = 0

    def tick(steps: int) -> None:
        nonlocal said, done
        done += steps
        if time.perf_counter() - said >= EVERY_SECONDS:
            said = time.perf_counter()
            logger.info("%s: %s", name, _steps(done, total), extra={"stage": name, "done": done, "total": total})

    logger.info("%s", name, extra={"stage": name, "total": total})
    yield tick
    seconds = time.perf_counter() - began
    logger.info("%s: done in %.1f s", name, seconds, extra={"stage": name, "seconds": round(seconds, 3)})


def _steps(done: int, total: int | None) -> str:
    return f"{done:,}" if total is None else f"{done:,} of {total:,}"

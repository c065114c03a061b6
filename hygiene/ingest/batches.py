"""Work on batches in several threads: in order, and never far ahead of who takes the results."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], batches: Iterable[T]) -> Iterator[R]:
    """`work` of every batch, in order; polars frees Python's lock, so the threads do run at once."""
    threads = os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0))
    ahead: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            ahead.append(pool.submit(work, batch))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

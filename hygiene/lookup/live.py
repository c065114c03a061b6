"""Live look-ups: sane resolvers only, every name asked once, and the facts of each domain put together at the end."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from hygiene.config import DnsSettings
from hygiene.lookup.canary import lies, unfit
from hygiene.lookup.collector import Collector, Keep
from hygiene.lookup.engine.sweep import Sweep
from hygiene.lookup.engine.upstream import Endpoint, Upstream
from hygiene.lookup.engine.wire import RecordType

Stop = Future[None]
"""Done as soon as a look-up shall end early: another thread's Ctrl-C."""


@dataclass(frozen=True)
class ResolverReport:
    """How one resolver fared."""

    resolver: str
    answers: int
    errors: int
    timeouts: int
    mean_milliseconds: float | None


@dataclass(frozen=True)
class Observed:
    """How a live look-up went; what it brought was handed over, and may have to be thrown away."""

    distrust: str | None = None
    """Why the facts are not to be believed."""
    is_interrupted: bool = False
    seconds: float = 0.0
    resolvers: list[ResolverReport] = field(default_factory=list)


def observe(
    domains: Iterable[str],
    endpoints: Sequence[Endpoint],
    settings: DnsSettings,
    keep: Keep,
    progress: Callable[[int], None] | None = None,
    stop: Stop | None = None,
) -> Observed:
    """Asks the resolvers for all domains; never raises for what the network does.

    Facts go to `keep` by the thousand as they become whole, and `progress` is told of each answer.
    """
    found: list[Observed] = []
    collector = Collector(keep, progress or (lambda _: None))

    async def work() -> None:
        if stop is not None:
            _heed(stop)
        # Not returned: `asyncio.run` writes out the result of its task in full, to ask the signal module about it.
        found.append(await _observe(domains, endpoints, settings, collector))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work())
        return found[0]
    # Called from a notebook or a workflow engine, whose loop is already running in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work()).result()
    return found[0]


def _heed(stop: Stop) -> None:
    """From now on `stop` ends the task that runs, as Ctrl-C does in the main thread."""
    loop, tasks = asyncio.get_running_loop(), [task for task in (asyncio.current_task(),) if task]

    def end(_: Stop) -> None:
        with suppress(RuntimeError):  # the loop has ended by itself
            for task in tasks:
                loop.call_soon_threadsafe(task.cancel)

    stop.add_done_callback(end)


async def _observe(
    domains: Iterable[str], endpoints: Sequence[Endpoint], settings: DnsSettings, collector: Collector
) -> Observed:
    if not endpoints:
        return Observed(distrust="no DNS resolver is configured")
    began_at = asyncio.get_running_loop().time()
    window = -(-settings.concurrency // len(endpoints))
    upstreams = [Upstream(endpoint, window, settings.questions_per_second) for endpoint in endpoints]
    is_interrupted, told = False, {}
    try:
        odd = await unfit(upstreams, settings.canary, settings.timeout_seconds)
        if fit := [upstream for upstream in upstreams if upstream.name not in odd]:
            sweep = Sweep(fit, settings.timeout_seconds, began_at + settings.deadline_minutes * 60, collector.heard)
            told = await _swept(sweep, domains, settings)
        told = told if fit else odd
    except asyncio.CancelledError:
        is_interrupted = True  # Ctrl-C: what was learned is handed over, and the caller ends the run.
    collector.hand_over()
    seconds = asyncio.get_running_loop().time() - began_at
    return Observed(_sentence(told), is_interrupted, seconds, _reports(upstreams))


async def _swept(sweep: Sweep, domains: Iterable[str], settings: DnsSettings) -> dict[str, str]:
    """Asks for all domains, with an eye on the resolvers before, during and after; which of them lied, and how."""
    watch = asyncio.create_task(lies([upstream.endpoint for upstream in sweep.upstreams], settings))
    work = asyncio.create_task(sweep.run((domain, RecordType.MX) for domain in domains))
    try:
        await asyncio.wait((watch, work), return_when=asyncio.FIRST_COMPLETED)
        if watch.done():
            return watch.result()
        work.result()
        return await unfit(sweep.upstreams, settings.canary, settings.timeout_seconds, only_lies=True)
    finally:
        for task in (watch, work):
            task.cancel()
        await asyncio.gather(watch, work, return_exceptions=True)


def _sentence(reasons: dict[str, str]) -> str | None:
    return "; ".join(f"the DNS resolver {resolver} {why}" for resolver, why in reasons.items()) or None


def _reports(upstreams: list[Upstream]) -> list[ResolverReport]:
    """The slowest first."""
    reports = [
        ResolverReport(
            upstream.name,
            upstream.answers,
            upstream.errors,
            upstream.timeouts,
            round(upstream.seconds / upstream.answers * 1000, 1) if upstream.answers else None,
        )
        for upstream in upstreams
    ]
    return sorted(reports, key=lambda report: -(report.mean_milliseconds or float("inf")))

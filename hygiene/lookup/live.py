"""Live look-ups: sane resolvers only, every name asked once, and the facts of each domain put together at the end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hygiene.config import DnsSettings
from hygiene.lookup.canary import unfit
from hygiene.lookup.collector import Collector
from hygiene.lookup.engine.sweep import Sweep
from hygiene.lookup.engine.upstream import Endpoint, Upstream
from hygiene.lookup.engine.wire import RecordType
from hygiene.validate.mx import DomainFacts


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
    """What a live look-up brought: facts of every domain that was asked for, unless there is a reason to trust none."""

    facts: dict[str, DomainFacts] = field(default_factory=dict)
    distrust: str | None = None
    """Why the facts are not to be believed."""
    is_interrupted: bool = False
    resolvers: list[ResolverReport] = field(default_factory=list)


def observe(
    domains: Sequence[str],
    endpoints: Sequence[Endpoint],
    settings: DnsSettings,
    progress: Callable[[int], None] | None = None,
) -> Observed:
    """Asks the resolvers for all domains; `progress` is told of each answer. Never raises for what the network does."""
    found: list[Observed] = []

    async def work() -> None:
        # Not returned: `asyncio.run` writes out the result of its task in full, to ask the signal module about it.
        found.append(await _observe(domains, endpoints, settings, progress or (lambda _: None)))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work())
        return found[0]
    # Called from a notebook or a workflow engine, whose loop is already running in this thread.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work()).result()
    return found[0]


async def _observe(
    domains: Sequence[str], endpoints: Sequence[Endpoint], settings: DnsSettings, progress: Callable[[int], None]
) -> Observed:
    if not endpoints:
        return Observed(distrust="no DNS resolver is configured")
    deadline_at = asyncio.get_running_loop().time() + settings.deadline_minutes * 60
    window = -(-settings.concurrency // len(endpoints))
    upstreams = [Upstream(endpoint, window, settings.questions_per_second) for endpoint in endpoints]
    odd = await unfit(upstreams, settings.canary, settings.timeout_seconds)
    fit = [upstream for upstream in upstreams if str(upstream.endpoint) not in odd]
    if not fit:
        return Observed(distrust=_sentence(odd), resolvers=_reports(upstreams))
    collector = Collector(progress)
    try:
        sweep = Sweep(fit, settings.timeout_seconds, deadline_at, collector.heard)
        await sweep.run((domain, RecordType.MX) for domain in domains)
        lies = await unfit(fit, settings.canary, settings.timeout_seconds, only_lies=True)
    except asyncio.CancelledError:
        # Ctrl-C: what was learned is handed over, and the caller ends the run.
        return Observed(collector.facts(), is_interrupted=True, resolvers=_reports(upstreams))
    return Observed(collector.facts(), _sentence(lies), resolvers=_reports(upstreams))


def _sentence(reasons: dict[str, str]) -> str | None:
    return "; ".join(f"the DNS resolver {resolver} {why}" for resolver, why in reasons.items()) or None


def _reports(upstreams: list[Upstream]) -> list[ResolverReport]:
    return [
        ResolverReport(
            str(upstream.endpoint),
            upstream.answers,
            upstream.errors,
            upstream.timeouts,
            round(upstream.seconds / upstream.answers * 1000, 1) if upstream.answers else None,
        )
        for upstream in upstreams
    ]

"""Is a resolver to be believed? A domain that takes mail must have its MX, and names that nobody has must not be."""

import asyncio
import logging
import secrets
from collections.abc import Sequence

from hygiene.config import DnsSettings
from hygiene.lookup.engine.sweep import Sweep
from hygiene.lookup.engine.upstream import Endpoint, Question, Upstream
from hygiene.lookup.engine.wire import RecordType, Reply
from hygiene.validate.mx import Outcome

CANARY_EVERY_SECONDS = 10.0
"""How long a resolver that begins to lie can go unnoticed."""
_log = logging.getLogger(__name__)


async def unfit(upstreams: list[Upstream], canary: str, timeout: float, *, only_lies: bool = False) -> dict[str, str]:
    """What is wrong with each resolver that is not to be believed; `only_lies` lets silence and errors pass."""
    reasons = await asyncio.gather(*(_reason(upstream, canary, timeout, only_lies) for upstream in upstreams))
    found = {upstream.name: why for upstream, why in zip(upstreams, reasons, strict=True) if why}
    for resolver, why in found.items():
        _log.warning("DNS resolver %s %s", resolver, why)
    return found


async def lies(endpoints: Sequence[Endpoint], settings: DnsSettings) -> dict[str, str]:
    """Waits until a resolver lies, and tells which and how; looks now and again, over sockets of its own."""
    found: dict[str, str] = {}
    while not found:
        await asyncio.sleep(CANARY_EVERY_SECONDS)
        asked = [Upstream(endpoint, 1, settings.questions_per_second) for endpoint in endpoints]
        found = await unfit(asked, settings.canary, settings.timeout_seconds, only_lies=True)
    return found


async def _reason(upstream: Upstream, canary: str, timeout: float, only_lies: bool) -> str | None:
    canary = canary.rstrip(".").lower()
    # Siblings of the canary and of nothing (RFC 6761 section 6.4), under a label that nobody can have.
    label = secrets.token_hex(8)
    nobody = [f"{label}.{parent}" for parent in ("invalid", canary.partition(".")[2]) if parent]
    replies: dict[str, Reply] = {}

    def heard(_sweep: Sweep, question: Question, reply: Reply, _resolver: str | None) -> None:
        replies[question.name] = reply

    sweep = Sweep([upstream], timeout, float("inf"), heard)
    await sweep.run([(canary, RecordType.MX), *((name, RecordType.A) for name in nobody)])
    lie = _lie(replies[canary], [replies[name] for name in nobody], canary)
    return lie or (None if only_lies else _trouble(replies[canary], [replies[name] for name in nobody], canary))


def _lie(good: Reply, nobody: list[Reply], canary: str) -> str | None:
    """An answer that cannot be true: a captive portal, a filter, an empty network."""
    if any(reply.outcome is Outcome.NOERROR for reply in nobody):
        return "answers for names that do not exist"
    if good.outcome is Outcome.NXDOMAIN or (good.outcome is Outcome.NOERROR and not good.mx):
        return f"knows no mail exchanger of {canary}"
    return None


def _trouble(good: Reply, nobody: list[Reply], canary: str) -> str | None:
    if good.outcome in (Outcome.TIMEOUT, Outcome.NOT_ASKED):
        return "does not answer"
    if good.outcome is not Outcome.NOERROR:
        return f"answers {good.outcome.value} for {canary}"
    if all(reply.outcome is not Outcome.NXDOMAIN for reply in nobody):
        return f"answers {nobody[-1].outcome.value} for names that do not exist"
    return None

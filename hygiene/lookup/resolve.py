"""What is known of each domain, by the network, a snapshot or the memory of earlier runs."""

import datetime as dt
import gc
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hygiene.config import DnsSettings, resolve
from hygiene.lookup import memory as remembering
from hygiene.lookup import snapshot
from hygiene.lookup.answer import OBSERVED, observations
from hygiene.model.errors import ConfigError, LookupFailedError
from hygiene.model.tables import DNS_ANSWERS
from hygiene.model.words import MxStatus
from hygiene.policy.policy import Policy
from hygiene.validate.mx import DomainFacts

if TYPE_CHECKING:
    from hygiene.lookup.collector import Keep
    from hygiene.lookup.live import Observed, ResolverReport, Stop

_log = logging.getLogger(__name__)
COLLECTED_AFTER = 50_000
"""Objects made between two garbage collections, instead of 700, as replies are no part of cycles: looking for some
takes a tenth of the time. Not without any, as what runs beside a look-up may need them."""
LEAST_TO_JUDGE = 20
"""Look-ups below which a share of failures says nothing."""
JUDGED = ("domain", "mx_status")
_NAME = r"^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$"
Progress = Callable[[int], None]
col = pl.col


@dataclass(frozen=True)
class Lookup:
    """The answers, the memory to keep, and what happened on the way."""

    answers: pl.DataFrame
    """DNS_ANSWERS, in no order, of every domain asked for of which anything is known, fresh or remembered."""
    memory: pl.DataFrame
    """DNS_ANSWERS, in no order, of all domains ever asked for, to be stored."""
    asked: int = 0
    """Domains that were looked up now, with or without success."""
    from_memory: int = 0
    """Domains that were not due: the answer of an earlier run stands."""
    failed: int = 0
    """Domains looked up now whose look-up failed: nothing new is known."""
    left: int = 0
    """Domains that were due and not looked up whole: not in the snapshot, or the deadline came first."""
    dropped: str | None = None
    """Why this run's look-ups were thrown away; the answers are then those of earlier runs."""
    seconds: float = 0.0
    """How long asking took."""
    cpu_seconds: float = 0.0
    """How long its thread had a processor."""
    resolvers: "list[ResolverReport]" = field(default_factory=list)
    """How each resolver fared, the slowest first."""

    @property
    def domains_per_second(self) -> int | None:
        """How fast domains were looked up; None where none was."""
        return round(self.asked / self.seconds) if self.asked and self.seconds else None

    @property
    def memory_share(self) -> float | None:
        """Share of the domains that did not have to be asked for; None where there was none."""
        return round(self.from_memory / known, 4) if (known := self.from_memory + self.asked + self.left) else None


@dataclass(frozen=True)
class _Task:
    """What was wanted, what of it is due, and what was known before."""

    wanted: pl.Series
    due: pl.Series
    memory: pl.DataFrame
    policy: Policy

    def done(self, observed: pl.DataFrame, after: pl.DataFrame, dropped: str | None = None) -> Lookup:
        """The look-up as a whole: what was observed, and the memory after it unless it is dropped."""
        if dropped:
            _log.warning("DNS evidence of this run is dropped: %s", dropped)
            after = self.memory
        failed = observed.filter(col("mx_status") == MxStatus.TEMPERROR.value)["domain"].n_unique()
        asked = observed["domain"].n_unique()
        answers = after.filter(col("domain").is_in(self.wanted.implode()))
        spared = self.memory.select("domain").join(self.wanted.to_frame(), on="domain", how="semi")
        return Lookup(
            answers,
            after,
            asked=asked,
            from_memory=spared.join(self.due.to_frame(), on="domain", how="anti").height,
            failed=failed,
            left=len(self.due) - asked,
            dropped=dropped,
        )


class LookupInterrupted(KeyboardInterrupt):
    """The look-up was stopped; `lookup` holds what was learned until then."""

    def __init__(self, lookup: Lookup) -> None:
        super().__init__(lookup)
        self.lookup = lookup


def look_up(  # noqa: PLR0913 - the flow hands over all that decides, nothing is read from elsewhere
    domains: pl.Series,
    settings: DnsSettings,
    base: Path,
    memory: pl.DataFrame,
    policy: Policy,
    as_of: dt.datetime,
    progress: Progress | None = None,
    stop: "Stop | None" = None,
) -> Lookup:
    """What is known of the domains (distinct A-labels) at `as_of`, asking only for those that are due.

    The network's trouble never raises and never says "no": the answers are then those of earlier runs, and `dropped`
    tells why. Raises ConfigError and InputError for settings and snapshots that cannot be used, and LookupInterrupted
    where a person or `stop` ends it early.
    """
    memory, cpu = DNS_ANSWERS.conform(memory), time.thread_time()
    if settings.mode == "off":
        return Lookup(DNS_ANSWERS.empty(), memory)
    wanted = _wanted(domains)
    due = _due(wanted, memory, as_of)
    task = _Task(wanted, due, memory, policy)
    if settings.mode == "snapshot":
        rows = observations(snapshot.seen(_snapshot_path(settings, base), set(due), as_of))
        return task.done(rows, remembering.fold(memory, rows, policy))
    seen, folded = [OBSERVED.empty().select(JUDGED)], []

    def keep(facts: Mapping[str, DomainFacts]) -> None:
        # Folded in at once, as what is observed and what is remembered of all domains is much to hold at a time.
        rows = observations((domain, known, as_of) for domain, known in facts.items())
        seen.append(rows.select(JUDGED))
        folded.append(remembering.fold_some(memory, rows, policy))

    observed = _observe(due, settings, keep, progress, stop)
    rows, after = pl.concat(seen), remembering.with_folded(memory, folded)
    if observed.is_interrupted:
        raise LookupInterrupted(task.done(rows, after))
    dropped = observed.distrust or too_many_failures(rows, memory, policy.dns_failures_share)
    lookup = task.done(rows, after, dropped)
    cpu = time.thread_time() - cpu
    return replace(lookup, seconds=observed.seconds, cpu_seconds=cpu, resolvers=observed.resolvers)


def some_due(domains: pl.Series, memory: pl.DataFrame, as_of: dt.datetime) -> bool:
    """Whether any of the domains must be asked for at `as_of`."""
    return not _due(_wanted(domains), DNS_ANSWERS.conform(memory), as_of).is_empty()


def _wanted(domains: pl.Series) -> pl.Series:
    return domains.drop_nulls().unique().rename("domain").sort()


def _due(wanted: pl.Series, memory: pl.DataFrame, as_of: dt.datetime) -> pl.Series:
    return remembering.due(wanted.filter(wanted.str.contains(_NAME)), memory, as_of)


def ask(domains: pl.Series, settings: DnsSettings, policy: Policy, as_of: dt.datetime) -> dict[str, DomainFacts]:
    """What the network says of the domains now; raises LookupFailedError where that is not to be trusted."""
    names = domains.drop_nulls().unique().sort()
    found: dict[str, DomainFacts] = {}
    observed = _observe(names.filter(names.str.contains(_NAME)), settings, found.update)
    rows = observations((domain, facts, as_of) for domain, facts in found.items())
    if observed.is_interrupted:
        raise KeyboardInterrupt
    if trouble := observed.distrust or too_many_failures(rows, DNS_ANSWERS.empty(), policy.dns_failures_share):
        raise LookupFailedError(f"nothing is known: {trouble}.")
    return found


def record(domains: pl.Series, settings: DnsSettings, policy: Policy, as_of: dt.datetime) -> str:
    """Live answers as the text of a snapshot; raises LookupFailedError where they are not to be trusted."""
    found = ask(domains, settings, policy, as_of)
    return snapshot.dump({domain: snapshot.entry_of(facts, as_of) for domain, facts in found.items()})


def too_many_failures(observed: pl.DataFrame, memory: pl.DataFrame, share: float) -> str | None:
    """Whether so many look-ups failed that our own network is to blame, as a sentence.

    Domains that failed the last time are left out: they are asked every night, and would soon be most of what is asked.
    """
    judged = observed.select(JUDGED).join(remembering.in_trouble(memory), on="domain", how="anti")
    failed = judged.filter(col("mx_status") == MxStatus.TEMPERROR.value).height
    if judged.height < LEAST_TO_JUDGE or failed <= share * judged.height:
        return None
    return f"{failed:,} of {judged.height:,} DNS look-ups failed (the policy's dns_failures_share allows {share:.0%})"


@contextmanager
def _seldom_collected() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(max(COLLECTED_AFTER, usual[0]) if usual[0] else 0, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _observe(
    domains: pl.Series,
    settings: DnsSettings,
    keep: "Keep",
    progress: Progress | None = None,
    stop: "Stop | None" = None,
) -> "Observed":
    # dnspython takes 0.1 s to import: only a live look-up pays.
    from hygiene.lookup.live import Observed, observe
    from hygiene.lookup.resolvers import endpoints

    servers = endpoints(settings.resolvers)
    with _seldom_collected():
        return observe(domains, servers, settings, keep, progress, stop) if len(domains) else Observed()


def _snapshot_path(settings: DnsSettings, base: Path) -> Path:
    if settings.snapshot is None:
        raise ConfigError("mode is `snapshot`, and no snapshot is named.", "[dns]", 'Add `snapshot = "dns.json"`.')
    return Path(resolve(base, settings.snapshot))

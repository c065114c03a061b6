"""Replies as they come in, what to ask because of them, and the facts of each domain at the end."""

from collections.abc import Callable
from typing import assert_never

from hygiene.lookup.engine.sweep import Sweep
from hygiene.lookup.engine.upstream import Question
from hygiene.lookup.engine.wire import RecordType, Reply
from hygiene.validate.mx import UNKNOWN_HOST, DomainFacts, Host, Outcome, is_routable, needs_address

MOST_TARGETS = 20
"""MX targets looked at per domain, best preference first; the rest stays unknown."""
_ANSWERS = (Outcome.NOERROR, Outcome.NXDOMAIN)


class Collector:
    """Asks for the addresses of MX targets; of a domain without MX, for its own addresses and then its SPF record.

    Every name is asked for once a run, however many domains point to it; AAAA only where A brought no global address.
    `facts` tells at any moment of the domains that are looked up whole; one half looked up is as if never asked.
    """

    def __init__(self, progress: Callable[[int], None]) -> None:
        self._progress = progress
        self._mx: dict[str, tuple[Reply, str | None]] = {}
        self._hosts: dict[str, Host] = {}
        self._half: set[str] = set()
        """Names whose A records are known, while AAAA is under way."""
        self._bare: set[str] = set()
        """Domains without MX, as absolute names."""
        self._txt: dict[str, tuple[str, ...] | None] = {}
        self._pending: set[str] = set()
        """Names whose addresses or SPF record are under way."""

    def heard(self, sweep: Sweep, question: Question, reply: Reply, resolver: str | None) -> None:
        """Takes one reply in."""
        if reply.outcome is Outcome.NOT_ASKED:
            return
        match question.rdtype:
            case RecordType.MX:
                self._mx[question.name] = (reply, resolver)
                self._follow(sweep, question.name, reply)
                self._progress(1)
            case RecordType.A:
                self._heard_a(sweep, question.name, reply)
            case RecordType.AAAA:
                self._heard_aaaa(sweep, question.name, reply)
            case RecordType.TXT:
                self._txt[question.name] = reply.values if reply.outcome in _ANSWERS else None
                self._pending.discard(question.name)
            case _:
                assert_never(question.rdtype)

    def facts(self) -> dict[str, DomainFacts]:
        """What the network said of each domain that is looked up whole."""
        return {
            domain: self._facts(f"{domain}.", reply, resolver)
            for domain, (reply, resolver) in self._mx.items()
            if self._pending.isdisjoint((target for _, target in reply.mx) if reply.mx else (f"{domain}.",))
        }

    def _facts(self, name: str, reply: Reply, resolver: str | None) -> DomainFacts:
        return DomainFacts(
            reply.outcome,
            reply.mx,
            targets=self._hosts if reply.mx else {},
            own=UNKNOWN_HOST if reply.mx else self._hosts.get(name, UNKNOWN_HOST),
            txt=None if reply.mx else self._txt.get(name),
            is_alias=reply.is_alias,
            extended_error=reply.extended_error,
            ttl=reply.ttl,
            resolver=resolver,
        )

    def _follow(self, sweep: Sweep, domain: str, reply: Reply) -> None:
        for _, target in reply.mx[:MOST_TARGETS]:
            if target not in self._hosts and needs_address(target):
                self._ask_address(sweep, target)
        if reply.outcome is Outcome.NOERROR and not reply.mx:
            name = f"{domain}."
            self._bare.add(name)
            if name not in self._hosts:
                self._ask_address(sweep, name)
            self._follow_address(sweep, name)

    def _ask_address(self, sweep: Sweep, name: str) -> None:
        self._hosts[name] = UNKNOWN_HOST
        self._pending.add(name)
        sweep.ask(name, RecordType.A)

    def _heard_a(self, sweep: Sweep, name: str, reply: Reply) -> None:
        is_nobody = reply.outcome is Outcome.NXDOMAIN
        self._hosts[name] = Host(reply.values, is_complete=is_nobody, is_alias=reply.is_alias)
        if reply.outcome is Outcome.NOERROR:
            self._half.add(name)
        if not is_nobody and not any(map(is_routable, reply.values)):
            sweep.ask(name, RecordType.AAAA)
            return
        self._pending.discard(name)
        self._follow_address(sweep, name)

    def _heard_aaaa(self, sweep: Sweep, name: str, reply: Reply) -> None:
        self._pending.discard(name)
        before = self._hosts[name]
        self._hosts[name] = Host(
            (*before.addresses, *reply.values),
            is_complete=name in self._half and reply.outcome in _ANSWERS,
            is_alias=before.is_alias or reply.is_alias,
        )
        self._follow_address(sweep, name)

    def _follow_address(self, sweep: Sweep, name: str) -> None:
        """A domain without MX and with a global address may say by SPF that it sends, and takes, no mail."""
        is_implicit = name in self._bare and any(map(is_routable, self._hosts[name].addresses))
        if is_implicit and name not in self._txt:
            self._txt[name] = None
            self._pending.add(name)
            sweep.ask(name, RecordType.TXT)

"""Replies as they come in, what to ask because of them, and the facts of each domain once it is looked up whole."""

from collections.abc import Callable
from functools import cache
from typing import assert_never

from hygiene.lookup.engine.sweep import Sweep
from hygiene.lookup.engine.upstream import Question
from hygiene.lookup.engine.wire import RecordType, Reply
from hygiene.lookup.wildcard import Siblings
from hygiene.validate.mx import UNKNOWN_HOST, DomainFacts, Host, Outcome, is_routable, needs_address

MOST_TARGETS = 20
"""MX targets looked at per domain, best preference first; the rest stays unknown."""
HANDED_OVER_AT_ONCE = 5000
"""Domains after whose answers the facts are handed over: few enough to take no memory and no long pause."""
_ANSWERS = (Outcome.NOERROR, Outcome.NXDOMAIN)

Keep = Callable[[dict[str, DomainFacts]], None]
"""Takes the facts of domains that are looked up whole, each domain once."""


class Collector:
    """Asks for the addresses of MX targets; of a domain without MX, for its own addresses and then its SPF record.

    Every name is asked for once a run, however many domains point to it; AAAA only where A brought no global address.
    Beside domains with an answer a random sibling is asked for, once per parent: what answers for it answers for
    everything. One half looked up is as if never asked.
    """

    def __init__(self, keep: Keep, progress: Callable[[int], None]) -> None:
        self._keep = keep
        self._progress = progress
        self._count = 0
        self._mx: dict[str, tuple[Reply, str | None]] = {}
        self._same: dict[Host, Host] = {}
        """Hosts are many and alike: those of a provider share a few addresses."""
        self._hosts: dict[str, Host] = {}
        self._half: set[str] = set()
        """Names whose A records are known, while AAAA is under way."""
        self._bare: set[str] = set()
        """Domains without MX, as absolute names."""
        self._txt: dict[str, tuple[str, ...] | None] = {}
        self._siblings = Siblings()
        self._pending: set[str] = set()
        """Names whose addresses, SPF record or, for siblings, MX records are under way."""

    def heard(self, sweep: Sweep, question: Question, reply: Reply, resolver: str | None) -> None:
        """Takes one reply in."""
        if reply.outcome is Outcome.NOT_ASKED:
            return
        match question.rdtype:
            case RecordType.MX:
                self._heard_mx(sweep, question.name, reply, resolver)
            case RecordType.A:
                self._heard_a(sweep, question.name, reply)
            case RecordType.AAAA:
                self._heard_aaaa(sweep, question.name, reply)
            case RecordType.TXT:
                self._txt[question.name] = reply.values if reply.outcome in _ANSWERS else None
                self._pending.discard(question.name)
            case _:
                assert_never(question.rdtype)

    def hand_over(self) -> None:
        """Hands the facts of all domains that are looked up whole to `keep`, and forgets them."""
        # Domains with the same answer share their facts, so that what follows from them is found out once.
        facts_of = cache(self._facts)
        whole: dict[str, DomainFacts] = {}
        for domain, (reply, resolver) in self._mx.items():
            sibling = self._siblings.of(domain)
            if sibling not in self._pending:
                is_wildcard = self._siblings.is_wildcard(sibling, domain, reply, self._hosts)
                own = f"{domain}." if reply.outcome is Outcome.NOERROR and not reply.mx else None
                if (facts := facts_of(reply, resolver, own, is_wildcard)) is not None:
                    whole[domain] = facts
        for domain in whole:
            del self._mx[domain]
            self._bare.discard(f"{domain}.")
            self._txt.pop(f"{domain}.", None)
        self._keep(whole)

    def _facts(self, reply: Reply, resolver: str | None, own: str | None, is_wildcard: bool) -> DomainFacts | None:
        """Of a domain with the reply, by its `own` name if it has no MX; None while a part of it is under way."""
        if own in self._pending or any(target in self._pending for _, target in reply.mx):
            return None
        return DomainFacts(
            reply.outcome,
            reply.mx,
            targets=self._hosts if reply.mx else {},
            own=self._hosts.get(own, UNKNOWN_HOST) if own else UNKNOWN_HOST,
            txt=self._txt.get(own) if own else None,
            is_alias=reply.is_alias,
            is_wildcard=is_wildcard,
            extended_error=reply.extended_error,
            ttl=reply.ttl,
            resolver=resolver,
        )

    def _heard_mx(self, sweep: Sweep, name: str, reply: Reply, resolver: str | None) -> None:
        if name in self._pending:
            self._heard_sibling(sweep, name, reply)
            return
        self._mx[name] = (reply, resolver)
        if reply.outcome is Outcome.NOERROR:
            self._follow(sweep, name, reply)
        self._progress(1)
        self._count += 1
        if self._count % HANDED_OVER_AT_ONCE == 0:
            self.hand_over()

    def _follow(self, sweep: Sweep, domain: str, reply: Reply) -> None:
        for _, target in reply.mx[:MOST_TARGETS]:
            if target not in self._hosts and needs_address(target):
                self._ask_address(sweep, target)
        if not reply.mx:
            name = f"{domain}."
            self._bare.add(name)
            if name not in self._hosts:
                self._ask_address(sweep, name)
            self._follow_address(sweep, name)
        if sibling := self._siblings.new_for(domain):
            self._pending.add(sibling)
            sweep.ask(sibling, RecordType.MX)

    def _heard_sibling(self, sweep: Sweep, sibling: str, reply: Reply) -> None:
        self._pending.discard(sibling)
        self._siblings.heard(sibling, reply)
        if reply.outcome is Outcome.NOERROR and not reply.mx:
            self._ask_address(sweep, sibling)

    def _ask_address(self, sweep: Sweep, name: str) -> None:
        self._hosts[name] = UNKNOWN_HOST
        self._pending.add(name)
        sweep.ask(name, RecordType.A)

    def _heard_a(self, sweep: Sweep, name: str, reply: Reply) -> None:
        is_nobody = reply.outcome is Outcome.NXDOMAIN
        host = Host(reply.values, is_complete=is_nobody, is_alias=reply.is_alias)
        self._hosts[name] = self._same.setdefault(host, host)
        if not is_nobody and not any(map(is_routable, reply.values)):
            if reply.outcome is Outcome.NOERROR:
                self._half.add(name)
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

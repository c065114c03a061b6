"""Does a zone answer for every name? One random sibling beside the domains of each parent tells (RFC 4592)."""

import secrets
from collections.abc import Mapping

from hygiene.lookup.engine.wire import Reply
from hygiene.validate.mx import UNKNOWN_HOST, Host, Outcome


class Siblings:
    """For each parent one absolute name below it that nobody can have, and what is said of that."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._said: dict[str, Reply] = {}

    def new_for(self, domain: str) -> str | None:
        """The name to ask for because of a domain; None where one of its parent was asked for already."""
        parent = domain.partition(".")[2]
        if parent in self._names:
            return None
        self._names[parent] = sibling = f"{secrets.token_hex(8)}.{parent}."
        return sibling

    def of(self, domain: str) -> str | None:
        """The name that was asked for beside a domain."""
        return self._names.get(domain.partition(".")[2])

    def heard(self, sibling: str, reply: Reply) -> None:
        """Takes in what is said of the MX of a name that nobody can have."""
        self._said[sibling] = reply

    def is_wildcard(self, sibling: str | None, domain: str, reply: Reply, hosts: Mapping[str, Host]) -> bool:
        """Whether a name that nobody can have gets the domain's own answer: its MX, or without MX its address."""
        if sibling is None or (said := self._said.get(sibling)) is None or said.outcome is not Outcome.NOERROR:
            return False
        if said.mx or reply.mx:
            return said.mx == reply.mx
        own, beside = (hosts.get(name, UNKNOWN_HOST).addresses for name in (f"{domain}.", sibling))
        return not set(own).isdisjoint(beside)

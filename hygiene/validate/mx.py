"""Can the domain take mail? One verdict from the facts of one look-up (RFC 5321 section 5.1, RFC 7505).

Not knowing wins over every "no": where a missing answer could have changed a "no", the verdict is `TEMPERROR`.
"""

import ipaddress
from collections.abc import Mapping
from enum import StrEnum, unique
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from hygiene.model.words import MxStatus


@unique
class Outcome(StrEnum):
    """How a question ended; all but the first two leave the domain unknown."""

    NOERROR = "NOERROR"
    NXDOMAIN = "NXDOMAIN"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    FORMERR = "FORMERR"
    NOTIMP = "NOTIMP"
    TIMEOUT = "TIMEOUT"
    BOGUS = "BOGUS"
    """DNSSEC validation failed (SERVFAIL with an extended error of RFC 8914, 5 to 12)."""
    LAME = "LAME"
    """A referral, or an answer of a server that neither owns the zone nor recurses."""
    FILTERED = "FILTERED"
    """The resolver says that it forged or blocked the answer (RFC 8914, 4 and 15 to 18)."""
    STALE = "STALE"
    """An NXDOMAIN from an expired cache (RFC 8914, 19)."""
    TRUNCATED = "TRUNCATED"
    """Too long for UDP, and TCP did not work either."""
    OTHER = "OTHER"
    NOT_ASKED = "NOT_ASKED"
    """The look-up ended before there was an answer."""


@unique
class MxNote(StrEnum):
    """Oddities worth keeping beside a status."""

    MALFORMED_NULL_MX = "malformed_null_mx"
    """`.` beside other targets, or with a preference other than 0 (RFC 7505 section 3)."""
    CNAME = "cname"
    """The domain is an alias; judged by the name it stands for."""
    MX_CNAME = "mx_cname"
    """A target is an alias, which RFC 2181 section 10.3 forbids and every MTA follows."""
    MX_IS_IP = "mx_is_ip"
    SOME_UNROUTABLE = "some_targets_unroutable"
    SOME_WITHOUT_ADDRESS = "some_targets_without_address"
    SOME_UNKNOWN = "some_targets_unknown"
    """The address look-up of a target failed."""
    WILDCARD = "wildcard"
    """Every name beside the domain gets the same answer, so that an answer proves nothing."""
    ADDRESS_NOT_GLOBAL = "address_not_global"
    """No MX, and an address that nobody outside can reach."""
    ADDRESS_UNKNOWN = "address_unknown"
    """No MX, and the look-up of the domain's own address failed."""
    SPF_UNKNOWN = "spf_unknown"
    """No MX, and the look-up of the SPF record failed."""


class Host(NamedTuple):
    """The addresses of a name; incomplete where the A or the AAAA look-up failed."""

    addresses: tuple[str, ...] = ()
    is_complete: bool = True
    is_alias: bool = False


UNKNOWN_HOST = Host(is_complete=False)


class DomainFacts(NamedTuple):
    """What the network said of one domain. Names are absolute and lower case; a target not in `targets` is unknown."""

    outcome: Outcome
    mx: tuple[tuple[int, str], ...] = ()
    targets: Mapping[str, Host] = MappingProxyType({})
    own: Host = UNKNOWN_HOST
    """Addresses of the domain itself; asked only where there is no MX."""
    txt: tuple[str, ...] | None = None
    """TXT records of the domain; None where they were not asked for or did not come."""
    is_alias: bool = False
    is_wildcard: bool = False
    """A random sibling of the domain gets the same answer."""
    extended_error: int | None = None
    """Code of RFC 8914, where the resolver gave one."""
    ttl: int | None = None
    resolver: str | None = None


class MxVerdict(NamedTuple):
    """A status, and the oddities seen on the way to it."""

    status: MxStatus
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """The notes joined by `+`, as in DNS_ANSWERS."""
        return "+".join(self.notes) or None


TAKES_MAIL = frozenset({MxStatus.MX, MxStatus.IMPLICIT_MX, MxStatus.MX_IS_IP})
"""Statuses by which mail can be delivered: the domain is alive."""


@unique
class _Target(StrEnum):
    """What one MX target turned out to be."""

    ROUTABLE = "routable"
    GLOBAL_IP = "global_ip"
    UNROUTABLE = "unroutable"
    NO_ADDRESS = "no_address"
    UNKNOWN = "unknown"


def mx_verdict(facts: DomainFacts) -> MxVerdict:
    """What the facts say about the domain."""
    alias = (MxNote.CNAME,) if facts.is_alias else ()
    if facts.outcome is Outcome.NXDOMAIN:
        return MxVerdict(MxStatus.NXDOMAIN, alias)
    if facts.outcome is not Outcome.NOERROR:
        error = () if facts.extended_error is None else (f"ede_{facts.extended_error}",)
        return MxVerdict(MxStatus.TEMPERROR, (facts.outcome.value.lower(), *error))
    verdict = _by_mx(facts) if facts.mx else _by_address(facts)
    notes = (*alias, MxNote.WILDCARD) if facts.is_wildcard else alias
    return MxVerdict(verdict.status, (*notes, *verdict.notes)) if notes else verdict


def _by_mx(facts: DomainFacts) -> MxVerdict:
    """With MX records there is no way back to the address record (RFC 5321 section 5.1)."""
    named = [target for _, target in facts.mx if target != "."]
    if not named:
        is_exact = facts.mx == ((0, "."),)
        return MxVerdict(MxStatus.NULL_MX, () if is_exact else (MxNote.MALFORMED_NULL_MX,))
    kinds = {_target_kind(target, facts.targets) for target in named}
    status = _status_of_targets(kinds)
    return MxVerdict(status, _notes_on_targets(facts, named, kinds, status))


def _status_of_targets(kinds: set[_Target]) -> MxStatus:
    if _Target.ROUTABLE in kinds:
        return MxStatus.MX
    if _Target.GLOBAL_IP in kinds:
        return MxStatus.MX_IS_IP
    if _Target.UNKNOWN in kinds:
        return MxStatus.TEMPERROR
    # Where some targets are unroutable and the rest lack an address, the status that asks for more observations.
    return MxStatus.UNROUTABLE if kinds == {_Target.UNROUTABLE} else MxStatus.NO_TARGET


def _notes_on_targets(
    facts: DomainFacts, named: list[str], kinds: set[_Target], status: MxStatus
) -> tuple[MxNote, ...]:
    is_mixed = len(named) < len(facts.mx)
    has_alias = any(host.is_alias for target in named if (host := facts.targets.get(target)))
    if len(kinds) == 1 and not is_mixed and not has_alias and status is MxStatus.MX:
        return ()
    wanted = {
        MxNote.MALFORMED_NULL_MX: is_mixed,
        MxNote.MX_CNAME: has_alias,
        MxNote.MX_IS_IP: _Target.GLOBAL_IP in kinds and status is not MxStatus.MX_IS_IP,
        MxNote.SOME_UNROUTABLE: _Target.UNROUTABLE in kinds and status is not MxStatus.UNROUTABLE,
        MxNote.SOME_WITHOUT_ADDRESS: _Target.NO_ADDRESS in kinds and len(kinds) > 1,
        MxNote.SOME_UNKNOWN: _Target.UNKNOWN in kinds,
    }
    return tuple(note for note, is_seen in wanted.items() if is_seen)


def _by_address(facts: DomainFacts) -> MxVerdict:
    """Without MX the domain's own global address stands in, the "implicit MX" (RFC 5321 section 5.1)."""
    if any(map(is_routable, facts.own.addresses)):
        if facts.txt is not None and refuses_by_spf(facts.txt):
            return MxVerdict(MxStatus.SPF_REFUSES)
        return MxVerdict(MxStatus.IMPLICIT_MX, () if facts.txt is not None else (MxNote.SPF_UNKNOWN,))
    if not facts.own.is_complete:
        return MxVerdict(MxStatus.TEMPERROR, (MxNote.ADDRESS_UNKNOWN,))
    return MxVerdict(MxStatus.NO_DATA, (MxNote.ADDRESS_NOT_GLOBAL,) if facts.own.addresses else ())


def _target_kind(target: str, hosts: Mapping[str, Host]) -> _Target:
    literal = ip_literal(target)
    if literal is not None:
        return _Target.GLOBAL_IP if is_routable(literal) else _Target.UNROUTABLE
    if is_nowhere(target):
        return _Target.UNROUTABLE
    host = hosts.get(target, UNKNOWN_HOST)
    if any(map(is_routable, host.addresses)):
        return _Target.ROUTABLE
    if not host.is_complete:
        return _Target.UNKNOWN
    return _Target.UNROUTABLE if host.addresses else _Target.NO_ADDRESS


def needs_address(target: str) -> bool:
    """Whether only an address look-up can tell what an MX target is."""
    return target != "." and ip_literal(target) is None and not is_nowhere(target)


@lru_cache(maxsize=10_000)
def ip_literal(target: str) -> str | None:
    """The IP address that an MX target spells, such as `192.0.2.1.` or `[2001:db8::1].`; None for a name."""
    text = target.removesuffix(".")
    if not (text[-1:].isdigit() or text.endswith("]") or ":" in text):
        return None
    text = text.removeprefix("[").removesuffix("]").removeprefix("ipv6:")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def is_nowhere(target: str) -> bool:
    """Names that never lead to a host of others: `localhost` and `.invalid` (RFC 6761 sections 6.3 and 6.4)."""
    return f".{target.removesuffix('.')}".endswith((".localhost", ".invalid", ".localhost.localdomain"))


_EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::ffff:0:0/96"))
"""IPv6 prefixes whose last 32 bits are an IPv4 address: NAT64 (RFC 6052) and IPv4-mapped (RFC 4291)."""
_ALSO_RESERVED = (ipaddress.ip_network("3fff::/20"), ipaddress.ip_network("2001:db8::/32"))
"""Documentation prefixes (RFC 9637, RFC 3849); Python 3.11 does not know the first."""


@lru_cache(maxsize=100_000)
def is_routable(address: str) -> bool:
    """Whether mail can reach the address from the Internet (IANA special-purpose registries)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(ip in network for network in _EMBEDDING):
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _ALSO_RESERVED)


def refuses_by_spf(txt: tuple[str, ...]) -> bool:
    """Whether the one SPF record is exactly `v=spf1 -all`; several records are an error and say nothing (RFC 7208)."""
    policies = [text.lower().split() for text in txt]
    policies = [words for words in policies if words[:1] == ["v=spf1"]]
    return policies == [["v=spf1", "-all"]]

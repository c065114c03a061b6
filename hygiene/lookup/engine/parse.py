"""Answers that are not plain, read by dnspython: aliases, errors with their extended code, texts; and TCP."""

import dns.asyncquery
import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from hygiene.lookup.engine.wire import RecordType, Reply
from hygiene.validate.mx import Outcome

_RCODES = {
    dns.rcode.NOERROR: Outcome.NOERROR,
    dns.rcode.NXDOMAIN: Outcome.NXDOMAIN,
    dns.rcode.SERVFAIL: Outcome.SERVFAIL,
    dns.rcode.REFUSED: Outcome.REFUSED,
    dns.rcode.FORMERR: Outcome.FORMERR,
    dns.rcode.NOTIMP: Outcome.NOTIMP,
}
_KNOWN = (Outcome.NOERROR, Outcome.NXDOMAIN)
_FORGED = frozenset({4, 15, 16, 17, 18})
"""Extended errors that mean "not what the zone says": forged, blocked, censored, filtered, prohibited (RFC 8914)."""
_DNSSEC = frozenset(range(5, 13))
_STALE_NXDOMAIN = 19


def question(name: str, rdtype: RecordType) -> bytes | None:
    """The question section for a name with escapes; None where the text is no name at all."""
    try:
        encoded = dns.name.from_text(name).canonicalize().to_wire()
    except (dns.exception.DNSException, UnicodeError):
        return None
    return encoded + int(rdtype).to_bytes(2) + int(dns.rdataclass.IN).to_bytes(2) if encoded else None


def read(message: bytes, name: str, rdtype: RecordType) -> Reply | None:
    """The reply that a message holds; None where it is no answer to this question, or garbage."""
    try:
        parsed = dns.message.from_wire(message)
    except dns.exception.DNSException:
        return None
    return reply_of(parsed, name, rdtype)


def reply_of(parsed: dns.message.Message, name: str, rdtype: RecordType) -> Reply | None:
    """The reply in a message that dnspython has read; None where it is no answer to this question."""
    if not isinstance(parsed, dns.message.QueryMessage) or not parsed.flags & dns.flags.QR:
        return None
    outcome, error = _outcome(parsed)
    if not _is_asked(parsed, name, rdtype):
        # A server that did not understand the question may leave it out; it then tells an error, and nothing else.
        return None if parsed.question or outcome in _KNOWN else Reply(outcome, extended_error=error)
    if parsed.flags & dns.flags.TC:
        return Reply(Outcome.TRUNCATED, extended_error=error)
    if outcome not in _KNOWN:
        return Reply(outcome, extended_error=error)
    return _answer(parsed, outcome, rdtype, error)


def _is_asked(parsed: dns.message.Message, name: str, rdtype: RecordType) -> bool:
    if len(parsed.question) != 1:
        return False
    asked = parsed.question[0]
    try:
        is_same = asked.name == dns.name.from_text(name)
    except dns.exception.DNSException:
        return False
    return is_same and asked.rdtype == int(rdtype) and asked.rdclass == dns.rdataclass.IN


def _outcome(parsed: dns.message.Message) -> tuple[Outcome, int | None]:
    codes = [int(option.code) for option in parsed.options if isinstance(option, dns.edns.EDEOption)]
    outcome = _RCODES.get(parsed.rcode(), Outcome.OTHER)
    if forged := _FORGED.intersection(codes):
        return Outcome.FILTERED, min(forged)
    if outcome is Outcome.SERVFAIL and (bogus := _DNSSEC.intersection(codes)):
        return Outcome.BOGUS, min(bogus)
    if outcome is Outcome.NXDOMAIN and _STALE_NXDOMAIN in codes:
        return Outcome.STALE, _STALE_NXDOMAIN
    return outcome, codes[0] if codes else None


def _answer(parsed: dns.message.QueryMessage, outcome: Outcome, rdtype: RecordType, error: int | None) -> Reply:
    try:
        chain = parsed.resolve_chaining()
    except dns.exception.DNSException:
        return Reply(Outcome.OTHER, extended_error=error)
    if chain.answer is None:
        outcome = outcome if _speaks_for_the_zone(parsed, outcome, bool(chain.cnames)) else Outcome.LAME
        return Reply(outcome, is_alias=bool(chain.cnames), extended_error=error)
    ttl = min([chain.answer.ttl, *(alias.ttl for alias in chain.cnames)])
    mx, values = _records(chain.answer, rdtype)
    return Reply(outcome, mx=mx, values=values, ttl=ttl, is_alias=bool(chain.cnames), extended_error=error)


def _speaks_for_the_zone(parsed: dns.message.Message, outcome: Outcome, is_alias: bool) -> bool:
    """Whether "nothing there" comes from an owner of the zone or a recursive resolver, not from a referral.

    RFC 2308 section 2.2; an alias whose end the server did not look at needs one that recurses.
    """
    recurses = bool(parsed.flags & dns.flags.RA)
    kinds = {records.rdtype for records in parsed.authority}
    is_referral = dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds
    if outcome is Outcome.NXDOMAIN:
        return recurses or bool(parsed.flags & dns.flags.AA)
    if is_alias and dns.rdatatype.SOA not in kinds:
        return recurses and not is_referral
    return (recurses or bool(parsed.flags & dns.flags.AA)) and not is_referral


def _records(answer: dns.rrset.RRset, rdtype: RecordType) -> tuple[tuple[tuple[int, str], ...], tuple[str, ...]]:
    if rdtype is RecordType.MX:
        return tuple(sorted({(record.preference, record.exchange.to_text().lower()) for record in answer})), ()
    if rdtype is RecordType.TXT:
        texts = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
        return (), tuple(sorted(set(texts)))
    return (), tuple(sorted({record.address for record in answer}))


async def ask_tcp(where: tuple[str, int], name: str, rdtype: RecordType, timeout: float) -> Reply:
    """The reply over TCP; TRUNCATED where TCP does not work either (RFC 7766)."""
    asked = dns.message.make_query(name, rdtype.name)
    try:
        parsed = await dns.asyncquery.tcp(asked, where[0], timeout, port=where[1])
    except (dns.exception.DNSException, OSError, EOFError):
        return Reply(Outcome.TRUNCATED)
    return reply_of(parsed, name, rdtype) or Reply(Outcome.OTHER)

"""DNS messages as bytes: a question built by hand, and a strict peek at the plain majority of answers (RFC 1035).

dnspython needs 54 us to build a question and 184 us to read an answer; this needs about 1 and 3. The peek says None to
all that is not plain, and dnspython reads that (`engine.parse`); a test holds the two to the same reply.
"""

import struct
import sys
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from hygiene.validate.mx import Outcome


class RecordType(IntEnum):
    """The record types that we ask for (RFC 1035 section 3.2.2, RFC 3596)."""

    A = 1
    MX = 15
    TXT = 16
    AAAA = 28


class Reply(NamedTuple):
    """How one question ended. `mx` for MX questions, `values` for addresses and texts; both sorted, without repeats."""

    outcome: Outcome
    mx: tuple[tuple[int, str], ...] = ()
    values: tuple[str, ...] = ()
    ttl: int | None = None
    is_alias: bool = False
    extended_error: int | None = None


_A, _MX, _AAAA, _SOA, _NS, _OPT, _IN = 1, 15, 28, 6, 2, 41, 1
_QR_OPCODE_TC, _QR, _AA_OR_RA = 0xFA00, 0x8000, 0x0480
_FLAGS = struct.Struct("!HHHHH")
_RECORD = struct.Struct("!HHIH")
_MX_RECORD = struct.Struct("!HHHIHH")
_A_RECORD = struct.Struct("!HHHIH4B")
_OWNER_ASKED_FOR = 0xC00C
"""A pointer to the question (RFC 1035 section 4.1.4)."""
_LONGEST_TTL = 0x7FFF_FFFF
_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
# Recursion desired, one question, one additional record: EDNS with 1232 octets (DNS flag day 2020), no options.
_HEADER = struct.pack("!HHHHH", 0x0100, 1, 0, 0, 1)
_HEADER_WITHOUT_EDNS = struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0)
_LENGTHS = tuple(bytes((length,)) for length in range(64))
_BLANKS = tuple(b"\x80" * length for length in range(64))
"""Neither letters nor lengths nor pointers: a name into which they come is not plain."""
_LONGEST_REMEMBERED = 512
_IN_OCTETS = _IN.to_bytes(2)
_EDNS = b"\0" + struct.pack("!HHIH", _OPT, 1232, 0, 0)


_Names = dict[int, str]
"""Names that were read already, by where they begin."""
_Found = tuple[tuple[tuple[int, str], ...], tuple[str, ...]]
"""MX records, addresses."""
_Kinds = dict[int, tuple[int, int]]
"""How many names and how many more octets the data of each type has."""
_AUTHORITY: _Kinds = {_NS: (1, 0), _SOA: (2, 20)}
_ADDITIONAL: _Kinds = {_A: (0, 4), _AAAA: (0, 16), _OPT: (0, 0)}
_NOERROR = Outcome.NOERROR
_NXDOMAIN, _NO_DATA = Reply(Outcome.NXDOMAIN), Reply(Outcome.NOERROR)


class _NotPlainError(Exception):
    """The message needs dnspython."""


def question(name: str, rdtype: RecordType) -> bytes | None:
    """The question section for a name, in lower case; None where the text is no name (RFC 1035 section 2.3.4)."""
    text = name.lower().removesuffix(".")
    labels = _labels(text) if len(text) < 254 else None
    return None if labels is None else b"".join((labels, b"\0", rdtype.to_bytes(2), _IN_OCTETS))


def _labels(name: str) -> bytes | None:
    """Labels with their lengths; those of parents are remembered, as many names have the same."""
    first, dot, others = name.partition(".")
    parent = _parent(others) if dot else b""
    if parent is None or not 0 < len(first) < 64 or not first.isascii() or "\\" in first:
        return None
    return _LENGTHS[len(first)] + first.encode() + parent


_parent = lru_cache(maxsize=10_000)(_labels)


def query(query_id: bytes, asked: bytes, *, with_edns: bool = True) -> bytes:
    """A whole message that asks one question."""
    return query_id + _HEADER + asked + _EDNS if with_edns else query_id + _HEADER_WITHOUT_EDNS + asked


def peek(message: bytes, asked: bytes) -> Reply | None:
    """The reply, where the message is a plain answer to the question; None where dnspython has to read it.

    Plain is: NOERROR with nothing but records of the type and name asked for in the answer section; or no answer
    records and NOERROR or NXDOMAIN from a server that owns the zone or recurses. Nothing odd elsewhere.
    """
    start = 12 + len(asked)
    if message[12:start] != asked:
        return None
    # In the answers for domains of one provider all is the same but the id and the first label.
    rest = 13 + asked[0]
    alike = b"".join((_BLANKS[2], message[2:13], _BLANKS[asked[0]], message[rest:]))
    known = _remembered(alike, start) if len(message) <= _LONGEST_REMEMBERED else None
    return known or _read(message, start)


def _read(message: bytes, start: int) -> Reply | None:
    try:
        return _peek(message, start)
    except (struct.error, IndexError, _NotPlainError):
        return None


_remembered = lru_cache(maxsize=10_000)(_read)
"""For messages with blanks in place of id and first label; None where one of these is part of a name."""


def _peek(message: bytes, start: int) -> Reply | None:
    flags, questions, answers, authorities, additionals = _FLAGS.unpack_from(message, 2)
    rcode = flags & 0xF
    is_plain = flags & _QR_OPCODE_TC == _QR and questions == 1 and rcode in (0, 3)
    if not is_plain or not (answers or flags & _AA_OR_RA):
        return None
    rdtype = int.from_bytes(message[start - 4 : start - 2])
    if answers and (rcode or rdtype not in (_MX, _A)):
        return None
    names: _Names = {}
    read = _mx_records if rdtype == _MX else _addresses
    offset, ttl, found = read(message, start, answers, names)
    if authorities:
        offset, kinds = _others(message, offset, (authorities, _AUTHORITY), names)
        if not answers and _NS in kinds and _SOA not in kinds:
            return None  # a referral: RFC 2308 section 2.2
    offset, kinds = _others(message, offset, (additionals, _ADDITIONAL), names)
    if offset != len(message) or kinds.count(_OPT) > 1:
        return None
    if not answers:
        return _NXDOMAIN if rcode else _NO_DATA
    return Reply(_NOERROR, *found, ttl)


def _mx_records(message: bytes, offset: int, count: int, names: _Names) -> tuple[int, int, _Found]:
    """Records of the answer section, each of which must be an MX record of the name asked for."""
    least, found = _LONGEST_TTL, []
    for _ in range(count):
        owner, kind, rdclass, ttl, length, preference = _MX_RECORD.unpack_from(message, offset)
        end = offset + 12 + length
        if owner != _OWNER_ASKED_FOR or kind != _MX or rdclass != _IN or ttl > _LONGEST_TTL or end > len(message):
            raise _NotPlainError
        name, offset = _name(message, offset + 14, end, names)
        if offset != end:
            raise _NotPlainError
        found.append((preference, sys.intern(name)))  # providers' names come by the thousand
        least = min(least, ttl)
    return offset, least, (tuple(sorted(set(found)) if count > 1 else found), ())


def _addresses(message: bytes, offset: int, count: int, __: _Names) -> tuple[int, int, _Found]:
    """The same for A records."""
    least, found = _LONGEST_TTL, []
    for _ in range(count):
        owner, kind, rdclass, ttl, length, a, b, c, d = _A_RECORD.unpack_from(message, offset)
        offset += 16
        if owner != _OWNER_ASKED_FOR or kind != _A or rdclass != _IN or ttl > _LONGEST_TTL or length != 4:
            raise _NotPlainError
        found.append(f"{a}.{b}.{c}.{d}")
        least = min(least, ttl)
    return offset, least, ((), tuple(sorted(set(found)) if count > 1 else found))


def _others(message: bytes, offset: int, wanted: tuple[int, _Kinds], names: _Names) -> tuple[int, list[int]]:
    """Passes over records of another section; each must be of a type whose data can be checked in full."""
    count, allowed = wanted
    size, kinds = len(message), []
    for _ in range(count):
        if message[offset] == 0:
            owner, offset = ".", offset + 1  # the owner of an OPT record
        elif message[offset] == 0xC0 and message[offset + 1] in names:
            owner, offset = "", offset + 2  # the usual case, and a name that was found plain
        else:
            owner, offset = _name(message, offset, size, names)
        kind, rdclass, ttl, length = _RECORD.unpack_from(message, offset)
        start, offset = offset + 10, offset + 10 + length
        if kind not in allowed or offset > size:
            raise _NotPlainError
        # An OPT record has its size and flags in class and TTL; a high rcode or an option needs dnspython.
        if rdclass != _IN if kind != _OPT else owner != "." or length or ttl >> 16:
            raise _NotPlainError
        for _ in range(allowed[kind][0]):
            _, start = _name(message, start, offset, names)
        if offset - start != allowed[kind][1]:
            raise _NotPlainError
        kinds.append(kind)
    return offset, kinds


def _name(message: bytes, offset: int, end: int, names: _Names) -> tuple[str, int]:
    """A name as absolute text in lower case, and where it ends (RFC 1035 section 4.1.4).

    A pointer must go back, and what it points to must lie before all that was read; `names` are those read before.
    """
    labels: list[bytes] = []
    begin, first, after, rest = offset, offset, 0, ""
    while offset < end and (length := message[offset]):
        if length < 64:
            labels.append(message[offset + 1 : (offset := offset + 1 + length)])
            continue
        after = after or offset + 2
        pointed = ((length & 0x3F) << 8) | message[offset + 1]
        if length < 0xC0 or offset + 2 > end or pointed >= begin:
            raise _NotPlainError
        if rest := names.get(pointed, ""):
            break
        begin, end, offset = pointed, begin, pointed
    if offset >= end:
        raise _NotPlainError
    names[first] = name = _text(labels, rest)
    return name, after or offset + 1


def _text(labels: list[bytes], rest: str) -> str:
    """Labels before a name that was read already, as one absolute name."""
    if not labels:
        return rest or "."
    head = _head(b".".join(labels), len(labels))
    if len(head) + len(rest) > 253:
        raise _NotPlainError
    return f"{head}.{rest}" if rest != "." else f"{head}."


@lru_cache(maxsize=10_000)
def _head(head: bytes, labels: int) -> str:
    """Labels as text in lower case; those of providers come by the thousand."""
    # A dot inside a label, an escape or a blank: dnspython knows how to write them.
    if len(head.translate(None, _PLAIN)) != labels - 1:
        raise _NotPlainError
    return head.decode("ascii").lower()

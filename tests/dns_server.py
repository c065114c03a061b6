"""A real DNS server on loopback for tests: UDP and TCP, from zones written as dicts, with faults on demand."""

import random
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Mapping[str, list[str] | str]]
"""Name -> record type -> texts of its records; a CNAME is followed. Under `fault` a name has one of `FAULTS`."""
FAULTS = {
    "servfail",
    "refused",
    "notimp",
    "bogus",
    "filtered",
    "stale",
    "timeout",
    "truncated",
    "truncated_without_tcp",
    "lame",
    "referral",
    "garbage",
    "wrong_id",
    "wrong_source",
    "wrong_question",
    "no_edns",
    "half",
    "flood",
    "twice",
}
CANARY: Zone = {
    "canary.zone": {"MX": ["10 mx.canary.zone."]},
    "mx.canary.zone": {"A": ["9.9.9.9"]},
}
_RCODES = {
    "servfail": dns.rcode.SERVFAIL,
    "refused": dns.rcode.REFUSED,
    "notimp": dns.rcode.NOTIMP,
    "bogus": dns.rcode.SERVFAIL,
    "filtered": dns.rcode.NXDOMAIN,
    "stale": dns.rcode.NXDOMAIN,
}
_EXTENDED = {"bogus": 6, "filtered": 15, "stale": 19}


@dataclass
class DnsServer:
    """What the server knows and how it misbehaves; everything may be changed while it runs."""

    zone: Zone
    port: int = 0
    loss: float = 0.0
    """Share of UDP questions that are never answered."""
    dies_after: int | None = None
    """UDP questions after which it falls silent."""
    fault: str | None = None
    """A fault of every name but the canary."""
    wildcard: str | None = None
    """An address for every name that does not exist, as a captive portal gives."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def address(self) -> str:
        """As the job file names it."""
        return f"127.0.0.1:{self.port}"

    def is_silent(self) -> bool:
        """Whether this UDP question gets no answer."""
        is_dead = self.dies_after is not None and len(self.asked) > self.dies_after
        return is_dead or self._random.random() < self.loss

    def fault_of(self, name: str) -> str | None:
        """The fault of a name, or of the server."""
        own = self.zone.get(name, {}).get("fault")
        return str(own) if own else None if name.endswith("canary.zone") else self.fault

    def answer(self, asked: dns.message.Message, fault: str | None) -> dns.message.Message:
        """The answer to a question, with the fault in it."""
        reply = dns.message.make_response(asked, recursion_available=fault != "lame")
        if fault in _RCODES:
            reply.set_rcode(_RCODES[fault])
            if fault in _EXTENDED:
                reply.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode(_EXTENDED[fault]))])
        elif fault == "no_edns" and asked.edns >= 0:
            reply = dns.message.make_response(dns.message.from_wire(asked.to_wire()))
            reply.use_edns(False)
            reply.question.clear()
            reply.set_rcode(dns.rcode.FORMERR)
        elif fault == "referral":
            reply.authority.append(dns.rrset.from_text("zone.", 60, "IN", "NS", "ns.elsewhere.zone."))
        elif fault != "lame":
            self._fill(reply)
        return reply

    def _fill(self, reply: dns.message.Message) -> None:
        question = reply.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        while (alias := self.zone.get(name, {}).get("CNAME")) and kind != "CNAME":
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".").lower()
        if records := self.zone.get(name, {}).get(kind):
            reply.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", kind, *records))
        elif self.wildcard and kind == "A" and name not in self.zone:
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "A", self.wildcard))
        else:
            soa = "ns.zone. admin.zone. 1 60 60 60 60"
            reply.authority.append(dns.rrset.from_text("zone.", 60, "IN", "SOA", soa))
            if not any(known == name or known.endswith(f".{name}") for known in self.zone):
                reply.set_rcode(dns.rcode.NXDOMAIN)


class _Udp(socketserver.DatagramRequestHandler):
    server: "_UdpServer"

    def handle(self) -> None:
        pass

    def finish(self) -> None:
        state, raw = self.server.state, self.packet
        asked = dns.message.from_wire(raw)
        name = asked.question[0].name.to_text(omit_final_dot=True).lower()
        state.asked.append((name, dns.rdatatype.to_text(asked.question[0].rdtype)))
        fault = state.fault_of(name)
        if state.is_silent() or fault == "timeout":
            return
        for message in _datagrams(state, asked, name, fault):
            self.socket.sendto(message, self.client_address)
        if fault == "wrong_source":
            forged = state.answer(asked, "filtered")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", 0))
                other.sendto(forged.to_wire(), self.client_address)


def _datagrams(state: DnsServer, asked: dns.message.Message, name: str, fault: str | None) -> list[bytes]:
    """What goes back over UDP; a forger sends only messages that must not be believed."""
    if fault == "garbage":
        return [asked.to_wire()[:2] + b"\xff" * 40, b"", b"\0"]
    if fault == "wrong_source":
        return []
    if fault in ("truncated", "truncated_without_tcp"):
        cut = dns.message.make_response(asked, recursion_available=True)
        cut.flags |= dns.flags.TC
        return [cut.to_wire()]
    reply = state.answer(asked, fault)
    if fault == "wrong_id":
        reply.id ^= 0x5555
    if fault == "wrong_question":
        other = dns.message.make_query(f"x{name}", asked.question[0].rdtype)
        reply = dns.message.make_response(other, recursion_available=True)
        reply.set_rcode(dns.rcode.NXDOMAIN)
        reply.id = asked.id
    wire = reply.to_wire()
    if fault == "flood":
        return [*_forgeries(asked, 100), wire, *_forgeries(asked, 100)]
    return [wire[: len(wire) // 2] if fault == "half" else wire] * (2 if fault == "twice" else 1)


def _forgeries(asked: dns.message.Message, count: int) -> list[bytes]:
    """Guesses of the id, each saying that the name does not exist."""
    forged = dns.message.make_response(asked, recursion_available=True)
    forged.set_rcode(dns.rcode.NXDOMAIN)
    wire = forged.to_wire()
    return [((asked.id + number + 1) % 65536).to_bytes(2) + wire[2:] for number in range(count)]


class _Tcp(socketserver.StreamRequestHandler):
    server: "_TcpServer"

    def handle(self) -> None:
        length = int.from_bytes(self.rfile.read(2))
        asked = dns.message.from_wire(self.rfile.read(length))
        name = asked.question[0].name.to_text(omit_final_dot=True).lower()
        if self.server.state.fault_of(name) != "truncated_without_tcp":
            wire = self.server.state.answer(asked, None).to_wire()
            self.wfile.write(len(wire).to_bytes(2) + wire)


class _UdpServer(socketserver.UDPServer):
    max_packet_size = 4096

    def __init__(self, state: DnsServer) -> None:
        self.state = state
        super().__init__(("127.0.0.1", 0), _Udp)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, state: DnsServer, port: int) -> None:
        self.state = state
        super().__init__(("127.0.0.1", port), _Tcp)


@contextmanager
def serving(zone: Zone, **faults: object) -> Iterator[DnsServer]:
    """A server that answers from the zone and the canary's, on a port of its own, until the block ends."""
    state = DnsServer({**CANARY, **zone})
    for name, value in faults.items():
        setattr(state, name, value)
    udp, tcp = _bound(state)
    with udp, tcp:
        threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in (udp, tcp)]
        for thread in threads:
            thread.start()
        try:
            yield state
        finally:
            for server, thread in zip((udp, tcp), threads, strict=True):
                server.shutdown()
                thread.join()


def _bound(state: DnsServer) -> tuple[_UdpServer, _TcpServer]:
    """Both at one port; one that is free for UDP may be taken for TCP."""
    for _ in range(50):
        udp = _UdpServer(state)
        state.port = int(udp.server_address[1])
        try:
            return udp, _TcpServer(state, state.port)
        except OSError:
            udp.server_close()
    raise OSError("no port is free for UDP and TCP alike")

"""Every case of a domain, asked of a real authoritative server and of a real recursive one in front of it."""

import csv
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hygiene.config import DnsSettings
from hygiene.lookup import collector
from hygiene.lookup.engine import parse
from hygiene.lookup.engine.wire import RecordType, peek, query, question
from hygiene.lookup.live import observe
from hygiene.lookup.resolvers import endpoints
from hygiene.validate.mx import DomainFacts, mx_verdict
from tests.conftest import ROOT
from tests.lookup.daemons import REQUIRED, knot, program, unbound

ZONES = Path(__file__).parent / "zones"
CASES = list(csv.DictReader((ROOT / "tests/cases/dns_domains.csv").read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def authoritative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    zones = {path.stem: path.read_text("ascii") for path in ZONES.glob("*.zone")}
    named = {("." if name == "root" else "bogus.zone" if name == "bogus" else name): zones[name] for name in zones}
    with knot(tmp_path_factory.mktemp("knot"), {**named, "unloaded.zone": "no zone file at all\n"}) as port:
        yield port


@pytest.fixture(scope="module")
def recursive(authoritative: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with unbound(tmp_path_factory.mktemp("unbound"), authoritative) as port:
        yield port


def settings() -> DnsSettings:
    """Impolite: the servers are ours."""
    return DnsSettings(canary="canary.zone", timeout_seconds=3, questions_per_second=100_000)


def asked(domains: list[str], port: int) -> dict[str, tuple[str, str]]:
    """Status and note of each domain, by one server."""
    found: dict[str, DomainFacts] = {}
    observed = observe(domains, endpoints([f"127.0.0.1:{port}"]), settings(), found.update)
    assert observed.distrust is None
    verdicts = {domain: mx_verdict(facts) for domain, facts in found.items()}
    return {domain: (verdict.status.value, verdict.note or "") for domain, verdict in verdicts.items()}


def wrong(port: int, server: str) -> dict[str, tuple[str, str]]:
    """Cases that came out otherwise than the table says; a note may be one of several."""
    found = asked([case["domain"] for case in CASES], port)
    return {
        case["domain"]: found[case["domain"]]
        for case in CASES
        if found[case["domain"]][0] != case[server] or found[case["domain"]][1] not in case[f"{server}_note"].split("|")
    }


def test_every_case_by_a_server_that_owns_the_zones(authoritative: int) -> None:
    assert wrong(authoritative, "authoritative") == {}


def test_every_case_by_a_server_that_recurses_and_validates(recursive: int) -> None:
    assert wrong(recursive, "recursive") == {}


def test_no_case_is_judged_before_it_is_looked_up_whole(authoritative: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "HANDED_OVER_AT_ONCE", 1)
    assert wrong(authoritative, "authoritative") == {}


def test_a_server_that_refuses_all_but_its_own_zone_is_not_believed(tmp_path: Path) -> None:
    mine = "@ 60 SOA ns hostmaster 1 60 60 60 60\n@ 60 NS ns\n@ 60 MX 10 mx\nmx 60 A 9.9.9.9\n"
    with knot(tmp_path, {"canary.zone": mine}) as port:
        found: dict[str, DomainFacts] = {}
        observed = observe(["elsewhere.org"], endpoints([f"127.0.0.1:{port}"]), settings(), found.update)
    assert found == {}
    assert "REFUSED" in str(observed.distrust)


def test_a_zone_that_a_server_refuses_is_unknown(tmp_path: Path) -> None:
    mine = "@ 60 SOA ns hostmaster 1 60 60 60 60\n@ 60 NS ns\ncanary 60 MX 10 mx\nmx 60 A 9.9.9.9\n"
    with knot(tmp_path, {"zone": mine}) as port:
        assert asked(["elsewhere.org"], port) == {"elsewhere.org": ("temperror", "refused+ede_20")}


def recorded(port: int, rdtype: RecordType) -> Iterator[tuple[str, bytes, bytes]]:
    """Each case's domain, the question for it, and what the server sends back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.connect(("127.0.0.1", port))
        channel.settimeout(5)
        for case in CASES:
            asked = question(case["domain"], rdtype)
            assert asked is not None
            if case["domain"] != "dead-server.zone":
                channel.send(query(b"\0\7", asked))
                yield case["domain"], asked, channel.recv(4096)


def damaged(wire: bytes, chance: random.Random) -> Iterator[bytes]:
    """The message, and some of it with an octet changed, dropped or doubled, or its end cut off."""
    yield wire
    for _ in range(60):
        octets, place = bytearray(wire), chance.randrange(2, len(wire))
        octets[place : place + 1] = chance.choice(([chance.randrange(256)], [], [octets[place]] * 2, [0xC0], [0]))
        yield bytes(octets[: chance.choice((None, None, None, place))])


@pytest.mark.parametrize("rdtype", RecordType)
@pytest.mark.parametrize("server", ["authoritative", "recursive"])
def test_the_peek_reads_what_real_servers_send_as_dnspython_does(
    server: str, rdtype: RecordType, request: pytest.FixtureRequest
) -> None:
    chance, peeked = random.Random(7), 0
    for domain, asked, wire in recorded(request.getfixturevalue(server), rdtype):
        for message in damaged(wire, chance):
            found = peek(message, asked)
            assert found in (None, parse.read(message, domain, rdtype)), message.hex()
            peeked += found is not None
    assert peeked > 200


def test_a_daemon_that_is_not_installed_skips_the_test_and_fails_it_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install knot unbound"):
        program("no-such-daemon")
    monkeypatch.setenv(REQUIRED, "required")
    with pytest.raises(pytest.fail.Exception, match="not installed"):
        program("no-such-daemon")

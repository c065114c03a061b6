"""Live look-ups against a real server on loopback: each status, each fault, and networks that go wrong midway."""

import asyncio
import datetime as dt
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hygiene.config import DnsSettings
from hygiene.lookup import canary
from hygiene.lookup.engine.upstream import Question, Upstream
from hygiene.lookup.live import Stop, observe
from hygiene.lookup.resolve import Lookup, LookupInterrupted, look_up
from hygiene.lookup.resolvers import endpoints
from hygiene.model.tables import DNS_ANSWERS
from hygiene.policy.policy import Policy
from hygiene.validate.mx import DomainFacts, mx_verdict
from tests.dns_server import FAULTS, DnsServer, Zone, serving

AT = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
NO = {"nxdomain", "no_data", "no_target", "null_mx", "unroutable", "spf_refuses"}
EVERY_STATUS: Zone = {
    "mx.zone": {"MX": ["10 mx.canary.zone."]},
    "null.zone": {"MX": ["0 ."]},
    "bare.zone": {"A": ["9.9.9.9"]},
    "bare6.zone": {"AAAA": ["2620:fe::fe"]},
    "spf.zone": {"A": ["9.9.9.9"], "TXT": ['"v=spf1" " -all"', '"other"']},
    "empty.zone": {"NS": ["ns.zone."]},
    "dead-end.zone": {"MX": ["10 no-such.zone.", "20 empty.zone."]},
    "inside.zone": {"MX": ["10 private.zone.", "20 localhost."]},
    "private.zone": {"A": ["10.0.0.1"], "AAAA": ["fd00::1"]},
    "literal.zone": {"MX": ["10 9.9.9.9."]},
    "six.zone": {"MX": ["10 host6.zone."]},
    "host6.zone": {"AAAA": ["2620:fe::fe"]},
    "alias.zone": {"CNAME": ["mx.zone."]},
    "alias-of-nothing.zone": {"CNAME": ["gone.zone."]},
    "to-alias.zone": {"MX": ["10 host-alias.zone."]},
    "host-alias.zone": {"CNAME": ["mx.canary.zone."]},
    "half.zone": {"MX": ["10 silent.zone.", "20 empty.zone."]},
    "silent.zone": {"fault": "servfail"},
}
EXPECTED = {
    "mx.zone": ("mx", None),
    "null.zone": ("null_mx", None),
    "bare.zone": ("implicit_mx", None),
    "bare6.zone": ("implicit_mx", None),
    "spf.zone": ("spf_refuses", None),
    "empty.zone": ("no_data", None),
    "gone.zone": ("nxdomain", None),
    "dead-end.zone": ("no_target", None),
    "inside.zone": ("unroutable", None),
    "literal.zone": ("mx_is_ip", None),
    "six.zone": ("mx", None),
    "alias.zone": ("mx", "cname"),
    "alias-of-nothing.zone": ("nxdomain", "cname"),
    "to-alias.zone": ("mx", "mx_cname"),
    "half.zone": ("temperror", "some_targets_without_address+some_targets_unknown"),
}
AFTER_FAULT = {
    "servfail": ("temperror", "servfail"),
    "refused": ("temperror", "refused"),
    "notimp": ("temperror", "notimp"),
    "bogus": ("temperror", "bogus+ede_6"),
    "filtered": ("temperror", "filtered+ede_15"),
    "stale": ("temperror", "stale+ede_19"),
    "timeout": ("temperror", "timeout"),
    "truncated": ("mx", None),
    "truncated_without_tcp": ("temperror", "truncated"),
    "lame": ("temperror", "lame"),
    "referral": ("temperror", "lame"),
    "garbage": ("temperror", "timeout"),
    "wrong_id": ("temperror", "timeout"),
    "wrong_source": ("temperror", "timeout"),
    "wrong_question": ("temperror", "timeout"),
    "no_edns": ("mx", None),
    "half": ("temperror", "timeout"),
    "flood": ("mx", None),
    "twice": ("mx", None),
}


def settings(*servers: DnsServer, **changes: Any) -> DnsSettings:
    """Quick and impolite: the servers are ours."""
    usual = {"canary": "canary.zone", "timeout_seconds": 0.6, "questions_per_second": 100_000}
    return DnsSettings.model_validate({**usual, "resolvers": [server.address for server in servers], **changes})


def asked(domains: list[str], *servers: DnsServer, **changes: Any) -> Lookup:
    """A first night."""
    memory, here = DNS_ANSWERS.empty(), Path()
    return look_up(pl.Series(domains, dtype=pl.String), settings(*servers, **changes), here, memory, Policy(), AT)


def statuses(lookup: Lookup) -> dict[str, tuple[str, str | None]]:
    """Status and note by domain."""
    rows = lookup.answers.select("domain", "mx_status", "note").rows()
    return {domain: (status, note) for domain, status, note in rows}


def many(count: int) -> Zone:
    """Domains that take mail at five providers."""
    domains: Zone = {f"d{number}.zone": {"MX": [f"10 mx{number % 5}.zone."]} for number in range(count)}
    return {**domains, **{f"mx{number}.zone": {"A": ["9.9.9.9"]} for number in range(5)}}


def names(count: int) -> list[str]:
    """The domains of `many`."""
    return [f"d{number}.zone" for number in range(count)]


def test_every_status_is_told_by_a_real_server() -> None:
    with serving(EVERY_STATUS) as server:
        assert statuses(asked(list(EXPECTED), server)) == EXPECTED


def test_no_fault_of_a_server_is_a_no() -> None:
    zone: Zone = {f"{fault}.zone": {"fault": fault, "MX": ["10 mx.canary.zone."]} for fault in FAULTS}
    with serving(zone) as server:
        found = statuses(asked(list(zone), server))
    assert found == {f"{fault}.zone": outcome for fault, outcome in AFTER_FAULT.items()}
    assert set(AFTER_FAULT) == FAULTS


def test_a_target_is_looked_up_once_however_many_domains_name_it() -> None:
    with serving(many(60)) as server:
        assert asked(names(60), server).asked == 60
    hosts = [name for name, kind in server.asked if kind == "A" and name.startswith("mx")]
    assert sorted(hosts) == [f"mx{number}.zone" for number in range(5)]


TROUBLES: dict[str, dict[str, object]] = {
    "a third of the questions is lost": {"loss": 0.3},
    "it dies midway": {"dies_after": 60},
    "it fails for everything": {"fault": "servfail"},
    "it refuses everything": {"fault": "refused"},
    "it answers everything by garbage": {"fault": "garbage"},
    "it invents every name": {"wildcard": "10.0.0.1"},
    "it says of everything that it is blocked": {"fault": "filtered"},
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_trouble_of_the_only_resolver_is_a_no_and_the_look_up_ends_in_time(trouble: str) -> None:
    began = time.monotonic()
    with serving(many(150), **TROUBLES[trouble]) as server:
        lookup = asked(names(150), server, deadline_minutes=8 / 60)
    assert {status for status, _ in statuses(lookup).values()} <= {"mx", "temperror"}
    assert lookup.asked + lookup.left == 150
    assert time.monotonic() - began < 8 + 7, "the deadline, and what a busy machine needs to start and stop"


def test_questions_are_asked_again_where_a_third_of_them_is_lost() -> None:
    with serving(many(150), loss=0.3) as server:
        found: dict[str, DomainFacts] = {}
        observed = observe(names(150), endpoints([server.address]), settings(server, timeout_seconds=2), found.update)
    known = [domain for domain, facts in found.items() if mx_verdict(facts).status == "mx"]
    # Four tries each: one or two questions come to nothing, and one for a host that 30 domains share may be among them.
    assert len(known) > 60 or observed.distrust
    assert {mx_verdict(facts).status.value for facts in found.values()} <= {"mx", "temperror"}


def test_the_other_resolver_takes_over_where_one_dies() -> None:
    with serving(many(300), dies_after=100) as dying, serving(many(300)) as sound:
        lookup = asked(names(300), dying, sound)
    assert (lookup.failed, lookup.left, lookup.dropped) == (0, 0, None)
    assert {status for status, _ in statuses(lookup).values()} == {"mx"}


def test_the_other_resolver_takes_over_where_one_begins_to_fail_for_everything() -> None:
    def fail(_count: int) -> None:
        failing.fault = "servfail"

    with serving(many(200)) as failing, serving(many(200)) as sound:
        here, memory = Path(), DNS_ANSWERS.empty()
        lookup = look_up(pl.Series(names(200)), settings(failing, sound), here, memory, Policy(), AT, fail)
    assert (lookup.failed, lookup.left, lookup.dropped) == (0, 0, None)
    assert {status for status, _ in statuses(lookup).values()} == {"mx"}


def test_what_was_learned_before_the_only_resolver_died_is_kept() -> None:
    with serving(many(300), dies_after=100) as dying:
        lookup = asked(names(300), dying, timeout_seconds=0.3)
    assert {status for status, _ in statuses(lookup).values()} <= {"mx", "temperror"}
    assert lookup.asked + lookup.left == 300
    assert lookup.left > 0


def test_a_resolver_that_fails_for_every_domain_leaves_no_evidence() -> None:
    with serving(many(40), fault="servfail") as server:
        server.zone = {**server.zone, "zone": {"NS": ["ns.zone."]}}
        lookup = asked(names(40), server, canary="canary.zone")
    assert lookup.answers.is_empty()
    assert lookup.memory.is_empty()
    assert "SERVFAIL" in str(lookup.dropped)


def test_too_many_failures_leave_no_evidence() -> None:
    failing: Zone = {f"f{number}.zone": {"fault": "refused"} for number in range(4)}
    with serving({**many(40), **failing}) as server:
        lookup = asked([*names(40), *failing], server)
    assert lookup.dropped == "4 of 44 DNS look-ups failed (the policy's dns_failures_share allows 5%)"
    assert (lookup.asked, lookup.failed, lookup.answers.height) == (44, 4, 0)


def test_a_resolver_that_invents_names_is_not_believed() -> None:
    with serving(many(3), wildcard="10.0.0.1") as server:
        lookup = asked(names(3), server)
    assert lookup.dropped == f"the DNS resolver {server.address} answers for names that do not exist"


def test_a_resolver_that_does_not_know_the_canary_is_not_believed() -> None:
    with serving(many(3)) as server:
        lookup = asked(names(3), server, canary="empty-network.zone")
    assert lookup.dropped == f"the DNS resolver {server.address} knows no mail exchanger of empty-network.zone"


def test_a_liar_among_the_resolvers_is_left_out() -> None:
    with serving(many(30), wildcard="10.0.0.1") as liar, serving(many(30)) as honest:
        lookup = asked([*names(30), "gone.zone"], liar, honest)
    assert lookup.dropped is None
    assert set(lookup.answers["resolver"]) == {honest.address}


def test_a_resolver_that_begins_to_lie_midway_spoils_the_run() -> None:
    with serving(many(30)) as server:

        def lie(_count: int) -> None:
            server.wildcard = "10.0.0.1"

        memory = DNS_ANSWERS.empty()
        lookup = look_up(pl.Series(names(30)), settings(server), Path(), memory, Policy(), AT, lie)
    assert "names that do not exist" in str(lookup.dropped)
    assert lookup.memory.is_empty()


def test_a_resolver_that_lies_for_a_while_in_the_middle_spoils_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "CANARY_EVERY_SECONDS", 0.05)
    told: list[int] = []
    with serving(many(200)) as server:

        def lie(_count: int) -> None:
            told.append(1)
            server.wildcard = "10.0.0.1" if 40 < len(told) < 160 else None

        slow = settings(server, questions_per_second=150)
        lookup = look_up(pl.Series(names(200)), slow, Path(), DNS_ANSWERS.empty(), Policy(), AT, lie)
    assert "names that do not exist" in str(lookup.dropped)
    assert len(told) < 160
    assert lookup.memory.is_empty()


@pytest.mark.parametrize("resolver", ["127.0.0.1:9", "[::1]:9"])
def test_a_run_without_a_resolver_goes_on_without_evidence(resolver: str) -> None:
    lookup = asked(["a.zone"], resolvers=[resolver], timeout_seconds=0.2)
    assert lookup.dropped == f"the DNS resolver {resolver} does not answer"
    assert (lookup.answers.height, lookup.left) == (0, 1)


def test_the_deadline_ends_the_look_up_and_keeps_what_is_known() -> None:
    with serving(many(400)) as server:
        lookup = asked(names(400), server, deadline_minutes=0.5 / 60, questions_per_second=100)
    assert lookup.dropped is None
    assert 0 < lookup.asked < 400
    assert lookup.asked + lookup.left == 400
    assert {status for status, _ in statuses(lookup).values()} == {"mx"}


def test_stopping_by_hand_hands_over_what_was_learned() -> None:
    def stop(_count: int) -> None:
        if len(heard) == 200:
            signal.raise_signal(signal.SIGINT)
        heard.append(1)

    heard: list[int] = []
    with serving(many(400)) as server, pytest.raises(LookupInterrupted) as stopped:
        look_up(pl.Series(names(400)), settings(server), Path(), DNS_ANSWERS.empty(), Policy(), AT, stop)
    lookup = stopped.value.lookup
    assert 100 < lookup.memory.height < 400
    assert set(lookup.memory["mx_status"]) == {"mx"}


def test_a_look_up_works_inside_a_running_event_loop() -> None:
    async def notebook(server: DnsServer) -> Lookup:
        return asked(names(3), server)

    with serving(many(3)) as server:
        assert asyncio.run(notebook(server)).asked == 3


def test_progress_is_told_of_every_domain_and_resolvers_of_their_work() -> None:
    told: list[int] = []
    with serving(many(25)) as server:
        observed = observe(names(25), endpoints([server.address]), settings(server), lambda _: None, told.append)
    assert sum(told) == 25
    report = observed.resolvers[0]
    assert (report.resolver, report.errors, report.timeouts) == (server.address, 0, 0)
    assert report.answers >= 33


def test_an_answer_that_has_arrived_is_no_timeout_however_late_it_is_read() -> None:
    def busy(_count: int) -> None:
        """As where others hold the processor: longer than a try may take."""
        heard.append(1)
        if len(heard) % 20 == 0:
            time.sleep(0.3)

    heard: list[int] = []
    with serving(many(200)) as server:
        ours = settings(server, timeout_seconds=2)
        observed = observe(names(200), endpoints([server.address]), ours, lambda _: None, busy)
    assert len(heard) == 200
    assert [report.timeouts for report in observed.resolvers] == [0]


def test_the_time_of_a_question_begins_when_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long taking in the answers before it took."""

    def busy(_count: int) -> None:
        heard.append(1)
        if len(heard) == 20:
            time.sleep(1)

    def noted(upstream: Upstream, question: Question, now: float) -> None:
        late.append(time.monotonic() - now)
        send(upstream, question, now)

    send, heard, late = Upstream.send, list[int](), list[float]()
    monkeypatch.setattr(Upstream, "send", noted)
    with serving(many(100)) as server:
        observe(names(100), endpoints([server.address]), settings(server, timeout_seconds=2), lambda _: None, busy)
    assert len(late) > 100
    assert max(late) < 0.8


def test_a_look_up_is_ended_from_another_thread_and_hands_over_what_it_learned() -> None:
    stop: Stop = Future()
    with serving(many(400)) as server, ThreadPoolExecutor(1) as thread:
        slow = settings(server, questions_per_second=100)
        here, memory = Path(), DNS_ANSWERS.empty()
        begun = thread.submit(look_up, pl.Series(names(400)), slow, here, memory, Policy(), AT, None, stop)
        while len(server.asked) < 60:
            time.sleep(0.01)
        stop.set_result(None)
        stopped = begun.exception(10)
    assert isinstance(stopped, LookupInterrupted)
    assert 30 < stopped.lookup.memory.height < 400


def test_a_look_up_that_is_ended_before_it_begins_brings_nothing() -> None:
    stop: Stop = Future()
    stop.set_result(None)
    with serving(many(3)) as server, pytest.raises(LookupInterrupted) as stopped:
        look_up(pl.Series(names(3)), settings(server), Path(), DNS_ANSWERS.empty(), Policy(), AT, None, stop)
    assert stopped.value.lookup.memory.is_empty()


def test_no_thread_or_socket_is_left_behind() -> None:
    before = threading.active_count()
    with serving(many(3)) as server:
        asked(names(3), server)
    assert threading.active_count() == before


def test_the_second_night_asks_for_less_than_a_twentieth_of_the_first() -> None:
    with serving({**many(970), "d0.zone": {"fault": "servfail"}}) as server:
        wanted = [*names(970), *(f"gone{number}.zone" for number in range(30))]
        first = asked(wanted, server)
        questions = len(server.asked)
        second = look_up(pl.Series(wanted), settings(server), Path(), first.memory, Policy(), AT + dt.timedelta(days=1))
        again = len(server.asked) - questions
    assert (first.asked, second.asked, second.from_memory) == (1000, 31, 969)
    assert again < 0.05 * questions
    assert second.memory_share == 0.969

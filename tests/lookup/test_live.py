"""Live look-ups against a real server on loopback: each status, each fault, each end."""

import asyncio
import datetime as dt
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from hygiene.lookup.engine.upstream import Question, Upstream
from hygiene.lookup.live import Stop, observe
from hygiene.lookup.resolve import Lookup, LookupInterrupted, look_up
from hygiene.lookup.resolvers import endpoints
from hygiene.model.tables import DNS_ANSWERS
from hygiene.policy.policy import Policy
from tests.dns_server import FAULTS, DnsServer, Zone, serving
from tests.lookup.asking import AT, QUICK, asked, many, names, settings, statuses

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


def test_every_status_is_told_by_a_real_server() -> None:
    with serving(EVERY_STATUS) as server:
        assert statuses(asked(list(EXPECTED), server)) == EXPECTED


def test_no_fault_of_a_server_is_a_no() -> None:
    zone: Zone = {f"{fault}.zone": {"fault": fault, "MX": ["10 mx.canary.zone."]} for fault in FAULTS}
    with serving(zone) as server:
        found = statuses(asked(list(zone), server, timeout_seconds=QUICK))
    assert found == {f"{fault}.zone": outcome for fault, outcome in AFTER_FAULT.items()}
    assert set(AFTER_FAULT) == FAULTS


def test_a_target_is_looked_up_once_however_many_domains_name_it() -> None:
    with serving(many(60)) as server:
        assert asked(names(60), server).asked == 60
    hosts = [name for name, kind in server.asked if kind == "A" and name.startswith("mx")]
    assert sorted(hosts) == [f"mx{number}.zone" for number in range(5)]


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

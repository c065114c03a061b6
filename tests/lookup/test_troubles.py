"""Networks and resolvers that fail, die or lie midway: no trouble of theirs is a no."""

import time
from pathlib import Path

import polars as pl
import pytest

from hygiene.lookup import canary
from hygiene.lookup.live import observe
from hygiene.lookup.resolve import look_up
from hygiene.lookup.resolvers import endpoints
from hygiene.model.tables import DNS_ANSWERS
from hygiene.policy.policy import Policy
from hygiene.validate.mx import DomainFacts, mx_verdict
from tests.dns_server import Zone, serving
from tests.lookup.asking import AT, QUICK, asked, many, names, settings, statuses

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
        lookup = asked(names(150), server, deadline_minutes=8 / 60, timeout_seconds=QUICK)
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
        lookup = asked(names(300), dying, sound, timeout_seconds=QUICK)
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

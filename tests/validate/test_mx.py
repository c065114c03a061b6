"""The truth table of MX verdicts, and what must hold for every set of facts."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hygiene.model.words import MxStatus
from hygiene.validate.mx import TAKES_MAIL, DomainFacts, Host, MxVerdict, Outcome, mx_verdict

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases" / "mx.csv").read_text(encoding="utf-8").splitlines()))


def host(text: str) -> Host:
    """`9.9.9.9 ? cname`: an address, half unknown, an alias."""
    words = text.split()
    addresses = tuple(word for word in words if word not in ("?", "cname"))
    return Host(addresses, is_complete="?" not in words, is_alias="cname" in words)


def facts(case: dict[str, str]) -> DomainFacts:
    """The facts that a line of the table spells."""
    outcome, *more = case["outcome"].split()
    pairs = [record.split(" ") for record in case["mx"].split("|") if record]
    targets = dict(target.split("=") for target in case["targets"].split("|") if target)
    error = next((int(word[4:]) for word in more if word.startswith("ede=")), None)
    return DomainFacts(
        Outcome(outcome),
        mx=tuple((int(preference), target) for preference, target in pairs),
        targets={name: host(text) for name, text in targets.items()},
        own=host(case["own"]),
        txt=None if case["txt"] == "?" else tuple(filter(None, case["txt"].split("|"))),
        is_alias="cname" in more,
        extended_error=error,
    )


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_verdict_is_the_table_s(case: dict[str, str]) -> None:
    verdict = mx_verdict(facts(case))
    assert (verdict.status.value, verdict.note or "") == (case["status"], case["notes"])


def test_the_table_knows_every_status_and_every_outcome() -> None:
    assert {case["status"] for case in CASES} == {status.value for status in MxStatus}
    assert {case["outcome"].split()[0] for case in CASES} == set(Outcome)


def test_a_verdict_without_oddities_has_no_note() -> None:
    assert MxVerdict(MxStatus.MX).note is None


NAMES = st.sampled_from([".", "mx.a.test.", "my.a.test.", "localhost.", "9.9.9.9.", "10.0.0.1."])
HOSTS = st.builds(
    Host,
    st.lists(st.sampled_from(["9.9.9.9", "10.0.0.1", "::1", "2620:fe::fe"]), max_size=2).map(tuple),
    is_complete=st.booleans(),
)
FACTS = st.builds(
    DomainFacts,
    st.just(Outcome.NOERROR),
    mx=st.lists(st.tuples(st.integers(0, 20), NAMES), max_size=3).map(tuple),
    targets=st.dictionaries(NAMES, HOSTS),
    own=HOSTS,
    txt=st.none() | st.just(("v=spf1 -all",)),
)


@given(FACTS)
def test_what_is_not_known_is_never_a_no_that_more_knowledge_would_undo(known: DomainFacts) -> None:
    best = Host(("9.9.9.9",))
    better = {name: got if got.is_complete else best for name, got in known.targets.items()}
    missing = {target: best for _, target in known.mx if target not in better}
    own = known.own if known.own.is_complete else best
    luckiest = DomainFacts(Outcome.NOERROR, known.mx, {**better, **missing}, own, known.txt or ())
    if mx_verdict(luckiest).status in TAKES_MAIL:
        assert mx_verdict(known).status in {*TAKES_MAIL, MxStatus.TEMPERROR, MxStatus.SPF_REFUSES}


@given(FACTS)
def test_an_mx_record_closes_the_way_back_to_the_address_record(known: DomainFacts) -> None:
    if known.mx:
        assert mx_verdict(known).status not in {MxStatus.IMPLICIT_MX, MxStatus.NO_DATA, MxStatus.SPF_REFUSES}

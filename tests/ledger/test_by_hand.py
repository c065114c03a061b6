"""A person says who and why; lifts what is in force, and never an erasure."""

import pytest

from hygiene.ledger.by_hand import lift_entries, suppress_entries
from hygiene.model.errors import InputError
from tests.builders import AS_OF
from tests.ledger.entries import in_force, people

WHO = ("dpo", "she wrote to us")


def test_a_complaint_is_lifted_by_a_person() -> None:
    lifted = lift_entries(people("ann@a.org"), in_force(("ann@a.org", "CMP101")), "CMP101", WHO, AS_OF)
    assert lifted.select("action", "scope", "key", "rule", "actor").rows() == [
        ("lift", "mailbox", "ann@a.org", "CMP101", "dpo")
    ]


def test_a_star_lifts_the_address_and_its_mailbox() -> None:
    state = in_force(("ann+x@a.org", "BNC201"), ("ann@a.org", "UNS111"))
    lifted = lift_entries(people("ann+x@a.org", mailbox_key="ann@a.org"), state, "*", WHO, AS_OF)
    assert lifted.select("scope", "key", "rule", "mailbox_key").rows() == [
        ("address", "ann+x@a.org", "*", "ann@a.org"),
        ("mailbox", "ann@a.org", "*", "ann@a.org"),
    ]


def test_another_rule_stays_in_force() -> None:
    assert lift_entries(people("ann@a.org"), in_force(("ann@a.org", "CMP101")), "UNS111", WHO, AS_OF).is_empty()


def test_nothing_is_lifted_from_somebody_else() -> None:
    assert lift_entries(people("ann@a.org"), in_force(("bob@a.org", "UNS111")), "*", WHO, AS_OF).is_empty()


@pytest.mark.parametrize("rule", ["*", "MAN001", "BNC201"])
def test_an_erasure_is_never_lifted(rule: str) -> None:
    with pytest.raises(InputError, match="erasure"):
        lift_entries(people("ann@a.org"), in_force(("ann@a.org", "MAN001")), rule, WHO, AS_OF)


def test_an_unknown_rule_is_told() -> None:
    with pytest.raises(InputError, match="BNC999"):
        lift_entries(people("ann@a.org"), in_force(), "BNC999", WHO, AS_OF)


@pytest.mark.parametrize("who", [("", "because"), ("dpo", ""), ("dpo", "  ")])
def test_who_and_why_are_needed(who: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="who acts"):
        lift_entries(people("ann@a.org"), in_force(), "*", who, AS_OF)
    with pytest.raises(InputError, match="who acts"):
        suppress_entries(people("ann@a.org"), in_force(), *who, AS_OF)


def test_a_person_suppresses_a_mailbox_once() -> None:
    twins = people("ann+x@a.org", "ann+y@a.org", mailbox_key="ann@a.org")
    made = suppress_entries(twins, in_force(), *WHO, AS_OF)
    assert made.select("scope", "key", "rule", "address").rows() == [("mailbox", "ann@a.org", "MAN002", "ann+x@a.org")]
    assert suppress_entries(twins, in_force(("ann@a.org", "MAN002")), *WHO, AS_OF).is_empty()


def test_a_bounce_in_force_does_not_stand_in_for_a_persons_word() -> None:
    assert suppress_entries(people("ann@a.org"), in_force(("ann@a.org", "BNC201")), *WHO, AS_OF).height == 1


def test_an_erased_mailbox_is_not_entered_again() -> None:
    assert suppress_entries(people("ann@a.org"), in_force(("ann@a.org", "MAN001")), *WHO, AS_OF).is_empty()

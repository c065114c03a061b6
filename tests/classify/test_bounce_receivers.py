"""How many replies of many receivers are understood.

The replies of `bounce_receivers.csv` were written, with their labels, from knowledge of receivers' documentation and of
mail servers; none was collected. The rules were mended after their mistakes, and some labels were corrected, so these
floors guard what was reached; they do not tell how the rules do on replies nobody has seen.
"""

from functools import cache
from typing import Any

from tests.classify.replies import meanings, table

ONLY_SUPPRESS = {"suppress"}


@cache
def judged() -> list[tuple[dict[str, Any], set[str], set[str]]]:
    """What each reply means, with the reasons and the actions that count as right."""
    cases = table("bounce_receivers.csv")
    found = meanings(*(case["reply"] for case in cases))
    right = ((set(case["reason"].split("|")), set(case["action"].split("|"))) for case in cases)
    return [(one, *sets) for one, sets in zip(found, right, strict=True)]


def test_the_category_is_right_for_most() -> None:
    right = [found["reason"] in reasons for found, reasons, _ in judged()]
    assert len(right) > 1000
    assert sum(right) >= 0.97 * len(right)


def test_the_action_is_right_for_nearly_all() -> None:
    right = [found["action"] in actions for found, _, actions in judged()]
    assert sum(right) >= 0.99 * len(right)


def test_nobody_is_suppressed_for_anothers_fault() -> None:
    wrong = [
        found["diagnostic"]
        for found, _, actions in judged()
        if found["action"] == "suppress" and "suppress" not in actions
    ]
    assert wrong == []


def test_few_dead_addresses_are_missed() -> None:
    dead = [found["action"] for found, _, actions in judged() if actions == ONLY_SUPPRESS]
    assert len(dead) > 300
    assert dead.count("suppress") >= 0.98 * len(dead)

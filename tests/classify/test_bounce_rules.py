"""Each rule is held to its own examples, and is needed for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl
import pytest
from polars import col

from hygiene.classify.bounce_explain import told
from hygiene.classify.bounce_rules import BounceRule, Example, bounce_rules, equivalents, known_pages, read_rules
from hygiene.classify.bounce_text import folded, with_codes, wording
from hygiene.model.errors import ConfigError
from hygiene.model.words import BounceReason
from tests.classify.replies import as_replies, meanings, table

RULES = bounce_rules()
BY_ID = {rule.id: rule for rule in RULES}
RULE = """
[[rule]]
id = "one"
reason = "invalid_mailbox"
confidence = 0.9
says = "Nobody."
advice = "Suppress."
source = "RFC 3463"
pattern = ['nobody']
matches = ["550 nobody"]
not = ["550 somebody"]
"""


@cache
def in_examples() -> list[tuple[Example, dict[str, Any]]]:
    """All examples of all rules, judged at once."""
    examples = [example for rule in RULES for example in (*rule.matches, *rule.misses)]
    return list(zip(examples, meanings(*examples), strict=True))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_decides_its_examples_and_no_other(rule: BounceRule) -> None:
    decided_by = {(id(example)): found["bounce_rule"] for example, found in in_examples()}
    assert {decided_by[id(example)] for example in rule.matches} == {rule.id}
    assert rule.id not in {decided_by[id(example)] for example in rule.misses}


@dataclass(frozen=True, kw_only=True)
class Blind(BounceRule):
    """A rule that does not know one reply."""

    unknown: Mapping[str, str | None]
    """What rules see of that reply."""

    def applies(self) -> pl.Expr:
        is_unknown = pl.all_horizontal(col(name).eq_missing(pl.lit(cell)) for name, cell in self.unknown.items())
        return super().applies() & ~is_unknown


@cache
def without_their_rules() -> dict[str, dict[str, Any]]:
    """What the first example of each rule means when that rule does not know it; all are judged at once."""
    examples = [rule.matches[0] for rule in RULES]
    read = with_codes(as_replies(*examples).with_columns(text=folded(col("diagnostic")))).select(
        "code",
        "enhanced",
        "mailbox_provider",
        wording=wording(col("text"), known_pages()),
        esp=col("esp_type").str.to_lowercase(),
    )
    assert read.n_unique() == len(RULES)  # so that no rule is blind to the example of another one
    blind = [Blind(**vars(rule), unknown=cells) for rule, cells in zip(RULES, read.to_dicts(), strict=True)]
    return dict(zip(BY_ID, meanings(*examples, rules=tuple(blind)), strict=True))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_without_a_rule_its_examples_are_told_differently(rule: BounceRule) -> None:
    found = without_their_rules()[rule.id]
    other = BY_ID.get(found["bounce_rule"])
    assert (found["reason"], told(other)) != (rule.reason, told(rule))


def test_each_reply_of_the_table_is_decided_by_its_rule() -> None:
    # The table stands apart from the rules, so that a rule cannot go, or lose its words, without being missed.
    cases = table("bounce_rules.csv")
    replies = [{**case, "diagnostic": case["reply"]} for case in cases]
    fields = ("diagnostic", "reply_code", "esp_type")
    found = meanings(*({name: reply[name] or None for name in fields} for reply in replies))
    assert [one["bounce_rule"] for one in found] == [case["rule"] for case in cases]
    assert {case["rule"] for case in cases} == set(BY_ID)


def test_every_rule_says_where_it_comes_from() -> None:
    assert [
        rule.id for rule in RULES if not (rule.says.endswith(".") and rule.advice.endswith(".") and rule.source)
    ] == []
    assert [rule.id for rule in RULES if not 0 < rule.confidence < 1] == []


def test_a_code_that_only_hints_never_suppresses() -> None:
    hints = [rule for rule in RULES if rule.step in ("codes", "refused")]
    assert {rule.reason for rule in hints}.isdisjoint({BounceReason.INVALID_MAILBOX, BounceReason.INVALID_DOMAIN})
    assert [found["action"] for found in meanings("550 cannot go on", "554 cannot go on", "550 5.1.0 x")] == [
        "none"
    ] * 3


def test_signatures_come_before_words_and_words_before_codes() -> None:
    steps = list(dict.fromkeys(rule.step for rule in RULES))
    order = ["esp", "apple", "listed", "reputation", "capacity", "sender", "inactive", "mailbox", "status", "codes"]
    assert [step for step in steps if step in order] == order


def test_a_well_formed_rule_is_read() -> None:
    (rule,) = read_rules({"10-own.toml": RULE})
    assert (rule.id, rule.reason, rule.step) == ("one", BounceReason.INVALID_MAILBOX, "own")


@pytest.mark.parametrize(
    ("before", "after", "mistake"),
    [
        ("invalid_mailbox", "dead", "'dead' is not a reason"),
        ("['nobody']", "['(nobody']", "pattern is not a regular expression"),
        ("['nobody']", "['a(?!b)']", "pattern is not a regular expression"),
        ("['nobody']", "['{nobody} here']", "pattern is not a regular expression"),
        ('matches = ["550 nobody"]\n', "", "one has no matches"),
        ('not = ["550 somebody"]\n', "", "one has no not"),
        ("pattern = ['nobody']\n", "", "neither pattern"),
        ("advice", "advise", "unknown key 'advise'"),
        ("['nobody']", "'nobody'", "pattern is not a list"),
    ],
)
def test_a_mistake_in_a_rule_is_told(before: str, after: str, mistake: str) -> None:
    with pytest.raises(ConfigError, match="bounce rules") as told_error:
        read_rules({"10-own.toml": RULE.replace(before, after)})
    assert mistake in str(told_error.value)


def test_an_id_is_used_once() -> None:
    with pytest.raises(ConfigError, match="is used 2 times"):
        read_rules({"10-own.toml": RULE + RULE})


@pytest.mark.parametrize("reason", BounceReason)
def test_every_reason_has_its_names_elsewhere(reason: BounceReason) -> None:
    assert equivalents(reason)
    assert all(equivalents(reason).values())

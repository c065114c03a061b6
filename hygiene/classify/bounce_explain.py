"""Why a reply means what it means: the rule, its words, what to do and whom to ask."""

from typing import Any

import polars as pl

from hygiene.classify.bounce_rules import BounceRule, bounce_rules, equivalents
from hygiene.classify.bounces import ACCESS_DENIED, REPLY, bounce_action, classify
from hygiene.classify.domains import provider_of
from hygiene.model.words import BounceAction, BounceReason
from hygiene.policy.policy import Policy

_COUNTS = {
    BounceAction.SUPPRESS: "counted as a hard bounce: the address is suppressed",
    BounceAction.SOFT: "counted as a soft failure: one strike a day, cleared by a delivery",
    BounceAction.NONE: "not held against the address",
}
_IF_OTHERS_GOT_MAIL = "counted as a hard bounce where the domain accepted mail for others at that time, else not at all"
_UNKNOWN = "No rule knows this reply; not knowing never suppresses."


def explained(reply: str, domain: str | None, policy: Policy, **fields: str | None) -> dict[str, Any]:
    """What `hygiene bounces explain` tells of one reply; `fields` are other columns of REPLY that the ESP gave."""
    cells = {**dict.fromkeys(REPLY), **fields, "diagnostic": reply}
    replies = pl.DataFrame([cells], schema=dict.fromkeys(REPLY, pl.String))
    known = replies.with_columns(mailbox_provider=provider_of(pl.lit(domain, pl.String)))
    meaning = classify(known).with_columns(action=bounce_action(policy)).row(0, named=True)
    rule = next((rule for rule in bounce_rules() if rule.id == meaning["bounce_rule"]), None)
    elsewhere = "; ".join(f"{system} {name}" for system, name in equivalents(BounceReason(meaning["reason"])).items())
    return {**meaning, **told(rule), "counts": _counts(meaning), "elsewhere": elsewhere}


def _counts(meaning: dict[str, Any]) -> str:
    action = BounceAction(meaning["action"])
    is_denial = meaning["bounce_rule"] == ACCESS_DENIED and action is BounceAction.SUPPRESS
    return _IF_OTHERS_GOT_MAIL if is_denial else _COUNTS[action]


def told(rule: BounceRule | None) -> dict[str, str]:
    """What a rule says to a person: meaning, advice, contact and source."""
    if rule is None:
        return {"says": _UNKNOWN, "advice": "Read the reply; if it is common, add a rule.", "contact": "", "source": ""}
    return {"says": rule.says, "advice": rule.advice, "contact": rule.contact, "source": rule.source}

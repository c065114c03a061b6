"""Which family of reasons a rule belongs to, and which family outranks which."""

from hygiene.model.words import ReasonFamily
from hygiene.policy.rules import RULES

BY_PREFIX = {
    "CMP": ReasonFamily.COMPLAINT, "UNS": ReasonFamily.UNSUBSCRIBE, "BNC": ReasonFamily.HARD_BOUNCE,
    "SFT": ReasonFamily.SOFT_BOUNCE, "DOM": ReasonFamily.DEAD_DOMAIN, "SYN": ReasonFamily.INVALID,
    "ROL": ReasonFamily.ROLE, "ENG": ReasonFamily.UNENGAGED,
}  # fmt: skip
ERASED = "MAN001"
COMPLAINT = "CMP101"
NEVER_REMOVED = (COMPLAINT, ERASED)
"""No file and no call tells another system to mail a complainer or an erased person again."""
BY_STRENGTH = (
    ReasonFamily.COMPLAINT, ReasonFamily.ERASURE, ReasonFamily.MANUAL, ReasonFamily.UNSUBSCRIBE,
    ReasonFamily.HARD_BOUNCE, ReasonFamily.DEAD_DOMAIN, ReasonFamily.INVALID, ReasonFamily.SOFT_BOUNCE,
    ReasonFamily.ROLE, ReasonFamily.UNENGAGED, ReasonFamily.UNKNOWN,
)  # fmt: skip
"""From the strongest: complaint, manual or legal, unsubscription, hard bounce, soft bounce, sunset."""


def family(rule: str) -> ReasonFamily:
    """The family that a rule belongs to; a rule that is no longer known counts as a person's word."""
    if rule == ERASED:
        return ReasonFamily.ERASURE
    return BY_PREFIX.get(rule[:3], ReasonFamily.MANUAL)


def bits_of(families: list[ReasonFamily] | None) -> int:
    """The rules of these families, bit n for the nth of RULES; all rules where none is named."""
    return sum(1 << rank for rank, rule in enumerate(RULES) if not families or family(rule.code) in families)


def strength(rule: str) -> int:
    """Place of a rule's family in BY_STRENGTH, from 0 for the strongest."""
    return BY_STRENGTH.index(family(rule))

"""Entries that a person makes, with who and why. A complaint is lifted only here; an erasure never."""

import datetime as dt

import polars as pl
from polars import col

from hygiene.model.errors import InputError
from hygiene.model.tables import INSTANT
from hygiene.model.words import LedgerAction, Scope
from hygiene.policy.rules import BY_CODE, RANK

EVERY_RULE = "*"
MANUAL_RULE, ERASED_RULE = "MAN002", "MAN001"
PERSON = ("address", "address_key", "mailbox_key")


def suppress_entries(
    people: pl.DataFrame, in_force: pl.DataFrame, actor: str, reason: str, as_of: dt.datetime
) -> pl.DataFrame:
    """MAN002 for those of the people (see PERSON) who do not have it yet; raises InputError."""
    told(actor, reason)
    standing = _standing(people, in_force).filter(col("in_force") & _bits(MANUAL_RULE, ERASED_RULE) != 0)
    fresh = people.join(standing, on="mailbox_key", how="anti").unique("mailbox_key", keep="first", maintain_order=True)
    named = fresh.with_columns(scope=pl.lit(Scope.MAILBOX.value), key=col("mailbox_key"), rule=pl.lit(MANUAL_RULE))
    return _entries(named, LedgerAction.SUPPRESS, actor, reason, as_of)


def lift_entries(
    people: pl.DataFrame, in_force: pl.DataFrame, rule: str, told_by: tuple[str, str], as_of: dt.datetime
) -> pl.DataFrame:
    """Lifts of one rule, or of all (`*`), for those of the people (see PERSON) on whom it is in force.

    `told_by` is who and why. Raises InputError for an unknown rule, and where somebody was erased.
    """
    actor, reason = told_by
    told(actor, reason)
    if rule != EVERY_RULE and rule not in BY_CODE:
        raise InputError(f"there is no rule {rule}.", fix="`hygiene rules` lists them; * lifts all.")
    standing = _standing(people, in_force)
    if rule == ERASED_RULE or not standing.filter(col("in_force") & _bits(ERASED_RULE) != 0).is_empty():
        raise InputError("an erasure cannot be lifted.", fix="The person may subscribe with another address.")
    mask = col("in_force") != 0 if rule == EVERY_RULE else col("in_force") & _bits(rule) != 0
    return _entries(standing.filter(mask).with_columns(rule=pl.lit(rule)), LedgerAction.LIFT, actor, reason, as_of)


def lifting(suppressions: pl.DataFrame, told_by: tuple[str, str], as_of: dt.datetime) -> pl.DataFrame:
    """Lifts of just these suppressions (LEDGER), one each; `told_by` is who and why."""
    told(*told_by)
    return _entries(suppressions, LedgerAction.LIFT, *told_by, as_of)


def told(actor: str, reason: str) -> None:
    """Raises InputError where it is not said who acts, or why."""
    if not actor.strip() or not reason.strip():
        raise InputError("who acts, and why, must be said.", fix="Give an actor and a reason.")


def _standing(people: pl.DataFrame, in_force: pl.DataFrame) -> pl.DataFrame:
    """People with `scope`, `key` and `in_force`, one row per suppressed key."""
    keyed = [
        people.select(*PERSON, scope=pl.lit(scope.value), key=col(key)).unique("key", keep="first", maintain_order=True)
        for scope, key in ((Scope.ADDRESS, "address_key"), (Scope.MAILBOX, "mailbox_key"))
    ]
    return pl.concat(keyed).join(
        in_force.select("scope", "key", "in_force"), on=["scope", "key"], maintain_order="left"
    )


def _bits(*rules: str) -> int:
    return sum(1 << RANK[rule] for rule in rules)


def _entries(named: pl.DataFrame, action: LedgerAction, actor: str, reason: str, as_of: dt.datetime) -> pl.DataFrame:
    return named.select(
        entered_at=pl.lit(as_of).cast(INSTANT),
        action=pl.lit(action.value),
        scope="scope",
        key="key",
        mailbox_key="mailbox_key",
        address="address",
        rule="rule",
        reason=pl.lit(reason),
        actor=pl.lit(actor),
    )

"""Who stands suppressed, address by address, and what another system must learn that knew an earlier state."""

import datetime as dt
from collections.abc import Mapping

import polars as pl
from polars import col

from hygiene.decide.in_force import in_force, rule_bits
from hygiene.decide.verdict import CODES, bit
from hygiene.model.exchange import STANDING
from hygiene.model.tables import LEDGER
from hygiene.model.words import LedgerAction, ReasonFamily, Scope
from hygiene.policy.families import BY_STRENGTH, NEVER_REMOVED, bits_of

NEVER = sum(bit(rule) for rule in NEVER_REMOVED)
IS_ADDRESS = r"^[^\x00-\x1f]+@[^\x00-\x1f@]+$"


def standing(named: pl.LazyFrame, entries: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """STANDING at `as_of`; `named` has the addresses of the LEDGER `entries` with their keys, one row an address_key.

    An address is suppressed by what is entered on it and by what is entered on its mailbox.
    """
    keys = [
        named.select("address_key", scope=pl.lit(scope.value), key=col(key))
        for scope, key in ((Scope.ADDRESS, "address_key"), (Scope.MAILBOX, "mailbox_key"))
    ]
    both = pl.concat(keys).join(_state(entries, as_of), on=["scope", "key"]).group_by("address_key")
    found = both.agg(col("in_force").bitwise_or(), col("ever").bitwise_or(), col("suppressed_at").max())
    joined = named.join(found, on="address_key", how="left")
    return STANDING.conform(joined.with_columns(col("in_force", "ever").fill_null(0)))


def additions(now: pl.LazyFrame, then: pl.LazyFrame, wanted: int, words: Mapping[ReasonFamily, str]) -> pl.LazyFrame:
    """STANDING with rule, word and at: whom the system does not know yet under the word it has for the reason.

    `wanted` are the bits of the rules asked for. The strongest reasons come first. What is no address is left out.
    """
    told = _under(then, wanted, words).select("address_key", "word")
    news = _under(now.filter(is_address()), wanted, words).join(told, on=["address_key", "word"], how="anti")
    return _ordered(news.with_columns(at="suppressed_at"))


def removals(
    now: pl.LazyFrame, then: pl.LazyFrame, wanted: int, words: Mapping[ReasonFamily, str], as_of: dt.datetime
) -> pl.LazyFrame:
    """STANDING with rule, word and at: whom the system knew and nothing suppresses any more; never a complaint.

    Whoever ever complained or was erased stays, and so does whom any rule suppresses, also one not asked for.
    """
    known = _freed(now.filter(col("ever") & NEVER == 0), then, wanted)
    asked = col("in_force") & wanted
    return _ordered(
        _told(known, pl.when(asked != 0).then(asked).otherwise("in_force"), words).with_columns(
            at=pl.lit(as_of).cast(STANDING.schema["suppressed_at"])
        )
    )


def staying(now: pl.LazyFrame, then: pl.LazyFrame, wanted: int) -> pl.LazyFrame:
    """STANDING of those whom nothing suppresses any more, and whom no removal may name."""
    return _freed(now.filter(col("ever") & NEVER != 0), then, wanted)


def _freed(now: pl.LazyFrame, then: pl.LazyFrame, wanted: int) -> pl.LazyFrame:
    """Whom the system knew for a reason asked for, where nothing suppresses them any more."""
    free = now.filter(col("in_force") == 0).select("address_key")
    return then.filter((col("in_force") != 0) & (col("ever") & wanted != 0)).join(free, on="address_key", how="semi")


def is_address() -> pl.Expr:
    """Whether another system can be told of it; what SYN401 alone suppresses is no address at all."""
    other_rules = col("in_force") & ~pl.lit(bit("SYN401"), pl.UInt64)
    return (other_rules != 0) & col("address").str.contains(IS_ADDRESS)


def family_of(bits: pl.Expr) -> pl.Expr:
    """The strongest family of reasons among the rules; null where there is none."""
    return _by_strength(bits, {family: family.value for family in ReasonFamily})


def _under(standing: pl.LazyFrame, wanted: int, words: Mapping[ReasonFamily, str]) -> pl.LazyFrame:
    asked = standing.filter(col("in_force") & wanted != 0)
    return _told(asked, col("in_force") & wanted, words)


def _told(standing: pl.LazyFrame, bits: pl.Expr, words: Mapping[ReasonFamily, str]) -> pl.LazyFrame:
    """Adds the strongest rule, the system's word for it, and its place among the strong."""
    return standing.with_columns(
        rule=_strongest(bits),
        word=_by_strength(bits, words),
        strength=_by_strength(bits, {family: place for place, family in enumerate(BY_STRENGTH)}),
    )


def _ordered(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.sort("strength", "address_key").drop("strength")


def _strongest(bits: pl.Expr) -> pl.Expr:
    """The first rule of the strongest family."""
    of_family = [bits & bits_of([family]) for family in BY_STRENGTH if bits_of([family])]
    first = pl.coalesce(pl.when(found != 0).then(found) for found in of_family)
    return first.bitwise_trailing_zeros().cast(pl.UInt8).cat.to(CODES).cast(pl.String)


def _by_strength(bits: pl.Expr, values: Mapping[ReasonFamily, str | int]) -> pl.Expr:
    masks = {family: bits_of([family]) for family in BY_STRENGTH}
    return pl.coalesce(pl.when(bits & mask != 0).then(pl.lit(values[family])) for family, mask in masks.items() if mask)


def _state(entries: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """scope, key, in_force, ever and suppressed_at of every key that was ever suppressed."""
    suppressing = entries.filter(col("action") == LedgerAction.SUPPRESS).join(rule_bits(), on="rule", how="left")
    ever = suppressing.group_by("scope", "key").agg(ever=col("bit").fill_null(bit("MAN002")).bitwise_or())
    now = in_force(entries, LEDGER.empty().lazy(), as_of).select("scope", "key", "in_force", "suppressed_at")
    return ever.join(now, on=["scope", "key"], how="left")

"""Keys as numbers: 64 bits that are the same in every process and version, for joins and groupings of many rows.

XXH3 (github.com/Cyan4973/xxHash) of the key. Of 20 million keys, two share a number by a chance of 1 in 90,000; where
that happens among the rows of a list, `decide` treats what hangs on the number as not known.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import polars as pl
import polars_hash  # noqa: F401 - registers `nchash`
from polars import col

from hygiene.normalize.keys import mailbox_rules, with_keys

NAME = "[a-z0-9._]+"
"""A local part that no rule of `keys` changes, unless its domain folds every address."""
SIMPLE = rf"^{NAME}@[a-z0-9.\-]*[a-z0-9]$"
"""An address that no rule of `keys` changes, unless its domain folds every address."""

PIECE_PEOPLE = 1_000_000

NUMBERS = pl.Schema({"mailbox": pl.Int64, "address": pl.Int64})


def number(key: str | pl.Expr) -> pl.Expr:
    """The number of a column of keys; signed, as state tables know no other."""
    hashed: pl.Expr = cast(Any, col(key) if isinstance(key, str) else key).nchash.xxh3_64()
    return hashed.reinterpret(signed=True)


def key_numbers(addresses: pl.Series, is_own: pl.Series) -> pl.DataFrame:
    """`mailbox` and `address`: the numbers of `mailbox_key` and `address_key`; `address` is null where they are one.

    `is_own` is what `is_own_key` says of the addresses.
    """
    rows = addresses.alias("address_key").to_frame()
    odd = (~is_own).fill_null(True).arg_true()
    keyed = _odd_numbers(rows[odd])
    own = rows.select(number("address_key")).to_series()
    alias = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(rows))
    mailbox, address = own.scatter(odd, keyed["mailbox"]), alias.scatter(odd, keyed["address"])
    return pl.DataFrame({"mailbox": mailbox, "address": address}, schema=NUMBERS)


def _odd_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """NUMBERS of addresses (`address_key`) that may not be their own keys; most have dots that a provider ignores."""
    marked = rows.with_columns(mailbox_key=_undotted(col("address_key")))
    rest = marked["mailbox_key"].is_null().arg_true()
    numbers = marked.select(mailbox=number("mailbox_key"), address=number("address_key"))
    keyed = with_keys(rows[rest], "address_key").select(mailbox=number("mailbox_key"), address=number("address_key"))
    filled = [numbers[name].scatter(rest, keyed[name]) for name in NUMBERS]
    is_alias = col("address") != col("mailbox")
    return pl.DataFrame(filled).with_columns(address=pl.when(is_alias).then("address"))


def _undotted(address: pl.Expr) -> pl.Expr:
    """`mailbox_key` of an address like SIMPLE whose provider ignores dots; null for any other."""
    rules = [rule for rule in mailbox_rules() if rule.fold.ignores_dots and rule.fold.one_domain]
    names = [address.str.extract(rf"^({NAME})@(?:{_either(rule.domains)})$", 1) for rule in rules]
    folded = [name.str.replace_all(".", "", literal=True) for name in names]
    return pl.coalesce(name + f"@{rule.fold.one_domain}" for name, rule in zip(folded, rules, strict=True))


def shard_of(shards: int) -> pl.Expr:
    """Which of some shards `mailbox` belongs to: ranges of numbers of one size, in order."""
    upper_half = col("mailbox") // (1 << 32) + (1 << 31)
    return (upper_half * shards // (1 << 32)).cast(pl.UInt16)


def in_shard(shard: int, shards: int) -> pl.Expr:
    """Whether `mailbox` lies in the range of a shard; as bounds, so that sorted files are read in part."""
    first, next_first = (-(-(place << 32) // shards << 32) - (1 << 63) for place in (shard, shard + 1))
    return col("mailbox").is_between(first, next_first - 1)


def pieces(people: int) -> list[pl.Expr]:
    """Conditions that part `mailbox` into pieces of few people each: to count people takes memory by people."""
    count = people // PIECE_PEOPLE + 1
    return [in_shard(piece, count) for piece in range(count)]


def is_own_key(address: pl.Expr) -> pl.Expr:
    """Whether an address as written is surely its own `address_key` and `mailbox_key`."""
    return address.str.contains(SIMPLE) & ~address.str.contains(_folding())


@cache
def _folding() -> str:
    """Addresses that a rule of their domain may fold, whether or not they have a tag."""
    dotted = [name for rule in mailbox_rules() if rule.fold.ignores_dots for name in rule.domains]
    other = [
        name
        for rule in mailbox_rules()
        for name in rule.domains
        if rule.fold.one_domain and name != rule.fold.one_domain
    ]
    return rf"\..*@(?:{_either(dotted)})$|@(?:{_either(other)})$"


def _either(names: Sequence[str]) -> str:
    return "|".join(name.replace(".", r"\.") for name in names)

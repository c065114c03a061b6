"""Keys as numbers: 64 bits that are the same in every process and version, for joins and groupings of many rows.

XXH3 (github.com/Cyan4973/xxHash) of the key. Of 20 million keys, two share a number by a chance of 1 in 90,000; where
that happens among the rows of a list, `decide` treats what hangs on the number as not known.
"""

from functools import cache
from typing import Any, cast

import polars as pl
import polars_hash  # noqa: F401 - registers `nchash`
from polars import col

from hygiene.normalize.keys import mailbox_rules, with_keys

SIMPLE = r"^[a-z0-9._]+@[a-z0-9.\-]*[a-z0-9]$"
"""An address that no rule of `keys` changes, unless its domain folds every address."""

NUMBERS = pl.Schema({"mailbox": pl.Int64, "address": pl.Int64})


def number(key: str | pl.Expr) -> pl.Expr:
    """The number of a column of keys; signed, as state tables know no other."""
    hashed: pl.Expr = cast(Any, col(key) if isinstance(key, str) else key).nchash.xxh3_64()
    return hashed.reinterpret(signed=True)


def key_numbers(addresses: pl.Series) -> pl.DataFrame:
    """`mailbox` and `address`: the numbers of `mailbox_key` and `address_key`; `address` is null where they are one."""
    rows = addresses.alias("address_key").to_frame()
    marked = rows.select(
        number("address_key").alias("mailbox"), is_odd=~is_own_key(col("address_key")).fill_null(False)
    )
    odd = marked["is_odd"].arg_true()
    keyed = with_keys(rows[odd], "address_key").select(number("mailbox_key"), address=number("address_key"))
    differs = keyed.select(pl.when(col("address") != col("mailbox_key")).then("address")).to_series()
    mailbox = marked["mailbox"].scatter(odd, keyed["mailbox_key"])
    alias = pl.Series("address", [None], pl.Int64).new_from_index(0, len(rows)).scatter(odd, differs)
    return pl.DataFrame([mailbox, alias])


def shard_of(shards: int) -> pl.Expr:
    """Which of some shards `mailbox` belongs to: ranges of numbers of one size, in order."""
    upper_half = col("mailbox") // (1 << 32) + (1 << 31)
    return (upper_half * shards // (1 << 32)).cast(pl.UInt16)


def in_shard(shard: int, shards: int) -> pl.Expr:
    """Whether `mailbox` lies in the range of a shard; as bounds, so that sorted files are read in part."""
    first, next_first = (-(-(place << 32) // shards << 32) - (1 << 63) for place in (shard, shard + 1))
    return col("mailbox").is_between(first, next_first - 1)


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


def _either(names: list[str]) -> str:
    return "|".join(name.replace(".", r"\.") for name in names)

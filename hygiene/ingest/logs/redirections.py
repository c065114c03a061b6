"""Whose evidence is a delivery that the mail server redirected? That of the address that was mailed."""

import polars as pl
from polars import col


def with_address(recipients: pl.DataFrame) -> pl.DataFrame:
    """Adds `address` to lines with `to`, `orig_to` and `message`; null for a user of the machine itself.

    An alias that leads to one mailbox fails with it. One that leads to several is not dead because one of them is:
    there each mailbox answers for itself.
    """
    is_only = col("to").n_unique().over("message", "orig_to") == 1
    original = pl.when(col("orig_to").str.contains("@", literal=True)).then("orig_to")
    final = pl.when(col("to").str.contains(r"^[^/|:][^ ]*@|^\".*@")).then("to")
    chosen = pl.when(is_only | final.is_null()).then(pl.coalesce(original, final)).otherwise(final)
    return recipients.with_columns(address=chosen)

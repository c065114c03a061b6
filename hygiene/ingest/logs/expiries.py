"""A queue that gives a message up names no recipient: they are those whose last try was put off."""

from collections.abc import Mapping

import polars as pl
from polars import col


def expired(recipients: pl.DataFrame, given_up: pl.DataFrame, of: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """A record like that of the last try of every recipient who still waited, with line and fields of the giving up.

    `recipients` and `given_up` have `line` and `message`; `of` says which value of a field means waiting.
    """
    own = [name for name in given_up.columns if name in recipients.columns and name != "message"]
    renamed = given_up.select("message", col(own).name.suffix(":end"))
    tried = recipients.join(renamed, on="message").filter(col("line") < col("line:end")).sort("line")
    last = tried.group_by("message", "to", "line:end", maintain_order=True).last()
    still = last.filter(pl.all_horizontal(col(name).is_in(values) for name, values in of.items()))
    ended = still.with_columns(pl.coalesce(f"{name}:end", name).alias(name) for name in own)
    return ended.select(recipients.columns)

"""Failures that are the sender's own, each with who refused and by which sign (policy/incidents.toml)."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
from polars import col

from hygiene.classify.bounce_text import folded
from hygiene.classify.domains import provider_of, provider_of_mx
from hygiene.model.words import EventKind
from hygiene.normalize.numbers import number
from hygiene.policy.policy import Policy

OTHERS = "other"
"""All providers that no table knows, where the sign is that of a list which many of them use."""
_PLAIN = r"^[0-9.]+$"
"""A reply code or a status: no provider's own sign."""
_ADDRESS = r"""[^\s<>()\[\]{}"',;:]+@[^\s<>()\[\]{}"',;:]+"""


FAILED = (EventKind.BOUNCED, EventKind.DEFERRED)
KEY = ("mailbox_provider", "token")
"""What two refusals share to be of one incident, beside their time."""
NAMES = ("reason", "bounce_rule", "sending_ip", "stream")
"""Texts of few different values, kept as categories."""


def is_watched(policy: Policy, as_of: dt.datetime, since: dt.datetime | None = None) -> pl.Expr:
    """Failures (EVENTS) between `since` (`incident_window_days` before, where not given) and `as_of`."""
    start = since or as_of - dt.timedelta(days=policy.incident_window_days)
    is_recent = (col("occurred_at") > start) & (col("occurred_at") <= as_of)
    return col("kind").is_in(FAILED) & is_recent


def refusals(failures: pl.LazyFrame, answers: pl.DataFrame) -> pl.LazyFrame:
    """Of failures (EVENTS with MEANING) those that are told as incidents, as narrow rows.

    Columns: KEY, NAMES, occurred_at; as numbers recipient and mailbox (their keys), message, line_id (source and line)
    and sense (the reply without what differs from one to the next); and `reply`, with its addresses blanked.
    `answers` is DNS_ANSWERS: a domain that no table names belongs to who takes its mail.
    """
    named = failures.with_columns(token=_token(), domain=domain_of("address_key"))
    ours = named.filter(_is_told())
    providers = providers_of(ours.select("domain").unique().collect(), answers)
    place = pl.when(col("token").str.contains(_PLAIN)).then("domain").otherwise(pl.lit(OTHERS))
    return ours.join(providers.lazy(), on="domain", how="left").select(
        pl.coalesce("mailbox_provider", place).alias("mailbox_provider"),
        "token",
        "occurred_at",
        *(col(name).cast(pl.Categorical) for name in NAMES),
        recipient=number("address_key"),
        mailbox=number("mailbox_key"),
        message=message(),
        line_id=line_id("source", "line"),
        sense=folded(col("diagnostic")).hash(),
        reply=blanked(col("diagnostic")),
    )


def line_id(source: str, line: str) -> pl.Expr:
    """One number for a file and a line in it; compared within one process only."""
    return pl.struct(col(source).alias("source"), col(line).alias("line")).hash()


def collected(refused: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Refusals without their replies, and one `reply` for each KEY and `sense`."""
    samples = refused.group_by(*KEY, "sense").agg(col("reply").min())
    rows, replies = pl.collect_all([refused.drop("reply"), samples])
    return rows, replies


def providers_of(domains: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """`domain` and `mailbox_provider`: by its name, else by its mail exchangers (`targets` of answers), else null."""
    looked_up = domains.join(answers.select("domain", "targets"), on="domain", how="left")
    by_name, by_mx = provider_of(col("domain")), provider_of_mx(col("targets"))
    return looked_up.select("domain", mailbox_provider=pl.coalesce(by_name, by_mx))


def is_named(provider: str) -> pl.Expr:
    """Whether a row of `providers_of` belongs to what an incident calls its provider."""
    return (col("mailbox_provider").fill_null(OTHERS) == provider) | (col("domain") == provider)


def domain_of(key: str | pl.Expr) -> pl.Expr:
    """The part behind the last @."""
    return (col(key) if isinstance(key, str) else key).str.extract(r"@([^@]*)$")


def message() -> pl.Expr:
    """What tells two messages to one recipient apart: the mailing, else the day. Tries of one message are one."""
    day = col("occurred_at").dt.strftime("%Y-%m-%d")
    return pl.struct("address_key", pl.coalesce("campaign", day).alias("mailing")).hash()


def blanked(reply: pl.Expr) -> pl.Expr:
    """A reply with every address in it replaced; hosts and IP addresses stay, as they are the evidence."""
    return reply.str.replace_all(_ADDRESS, "<address>").str.replace_all("<<address>>", "<address>", literal=True)


def _is_told() -> pl.Expr:
    reasons, with_sign = _table()["reasons"], _table()["reasons_with_sign"]
    has_sign = ~col("token").str.contains(_PLAIN)
    return (col("reason").is_in(reasons) | (col("reason").is_in(with_sign) & has_sign)) & col("token").is_not_null()


def _token() -> pl.Expr:
    """The classifier's token under the name that a postmaster knows."""
    reply = col("diagnostic").str.to_lowercase()
    named = [_named(row, reply) for row in _table()["token"]]
    return pl.coalesce(*named, "token").str.to_uppercase()


def _named(row: Mapping[str, Any], reply: pl.Expr) -> pl.Expr:
    applies = col("token").str.contains(row.get("when", ""))
    found = reply.str.extract(row["reply"]) if "reply" in row else col("token").str.extract(row["when"])
    return pl.when(applies).then(found)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("hygiene.policy").joinpath("incidents.toml").read_text("utf-8"))

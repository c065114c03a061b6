"""A first night that asks servers of ours."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from hygiene.config import DnsSettings
from hygiene.lookup.resolve import Lookup, look_up
from hygiene.model.tables import DNS_ANSWERS
from hygiene.policy.policy import Policy
from tests.dns_server import DnsServer, Zone

AT = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def settings(*servers: DnsServer, **changes: Any) -> DnsSettings:
    """Impolite, as the servers are ours; patient, as they may be slow on a busy machine."""
    usual = {"canary": "canary.zone", "timeout_seconds": 3, "questions_per_second": 100_000}
    return DnsSettings.model_validate({**usual, "resolvers": [server.address for server in servers], **changes})


QUICK = 0.6
"""Seconds to wait for servers that do not answer."""


def asked(domains: list[str], *servers: DnsServer, **changes: Any) -> Lookup:
    """A first night."""
    memory, here = DNS_ANSWERS.empty(), Path()
    return look_up(pl.Series(domains, dtype=pl.String), settings(*servers, **changes), here, memory, Policy(), AT)


def statuses(lookup: Lookup) -> dict[str, tuple[str, str | None]]:
    """Status and note by domain."""
    rows = lookup.answers.select("domain", "mx_status", "note").rows()
    return {domain: (status, note) for domain, status, note in rows}


def many(count: int) -> Zone:
    """Domains that take mail at five providers."""
    domains: Zone = {f"d{number}.zone": {"MX": [f"10 mx{number % 5}.zone."]} for number in range(count)}
    return {**domains, **{f"mx{number}.zone": {"A": ["9.9.9.9"]} for number in range(5)}}


def names(count: int) -> list[str]:
    """The domains of `many`."""
    return [f"d{number}.zone" for number in range(count)]

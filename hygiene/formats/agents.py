"""User agents and address ranges that tell software from people (machine_agents.toml)."""

import tomllib
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Network
from typing import Any

import polars as pl
from polars import col
from pydantic import BaseModel, ConfigDict

from hygiene.formats.format import MACHINE_AGENTS
from hygiene.model.words import EventKind

IPV4 = r"^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$"


class _Sign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[EventKind, ...]
    is_machine: bool
    confidence: str
    why: str
    source: str


class Agent(_Sign):
    """One sort of user agent."""

    pattern: str


class Range(_Sign):
    """Addresses of one operator."""

    networks: tuple[IPv4Network, ...]


@cache
def agents() -> tuple[Agent, ...]:
    """All of them, in order: the first that matches counts."""
    return tuple(Agent.model_validate(row) for row in _table()["agent"])


@cache
def ranges() -> tuple[Range, ...]:
    """All of them; they count before the user agent."""
    return tuple(Range.model_validate(row) for row in _table()["range"])


def _table() -> dict[str, Any]:
    return tomllib.loads(files("hygiene.formats").joinpath(MACHINE_AGENTS).read_text("utf-8"))


def is_machine(user_agent: pl.Expr, reader_ip: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """Whether software opened or clicked; false for an agent that matches nothing, null where nothing is known."""
    by_range = [
        pl.when(_is_of(kind, one) & _is_within(reader_ip, one)).then(pl.lit(one.is_machine)) for one in ranges()
    ]
    named = pl.struct(user_agent.alias("agent"), kind.alias("kind"))
    by_agent = named.map_batches(_judged, return_dtype=pl.Boolean, is_elementwise=True)
    tracked = kind.is_in([EventKind.OPENED.value, EventKind.CLICKED.value])
    return pl.when(tracked).then(pl.coalesce(*by_range, by_agent))


def _judged(named: pl.Series) -> pl.Series:
    """Whether a user agent (`agent, kind`) is software; what comes again is judged once."""
    rows = named.struct.unnest()
    judged = rows.unique().with_columns(is_machine=_is_software(col("agent"), col("kind")))
    told = rows.join(judged, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")
    return told["is_machine"]


def _is_software(user_agent: pl.Expr, kind: pl.Expr) -> pl.Expr:
    signs = [
        pl.when(_is_of(kind, one) & user_agent.str.contains(one.pattern)).then(pl.lit(one.is_machine))
        for one in agents()
    ]
    return pl.coalesce(*signs, pl.when(user_agent.is_not_null()).then(pl.lit(False)))


def _is_of(kind: pl.Expr, sign: _Sign) -> pl.Expr:
    return kind.is_in([one.value for one in sign.kinds])


def _is_within(address: pl.Expr, one: Range) -> pl.Expr:
    """Whether an IPv4 address as text lies in one of the networks; false for all else."""
    # Most addresses begin otherwise, and to read one as a number is slow.
    near = pl.any_horizontal(address.str.starts_with(_beginning(net)) for net in one.networks)
    octets = pl.when(near).then(address).str.extract_groups(IPV4)
    number = pl.sum_horizontal(
        octets.struct.field(str(place)).cast(pl.Int64, strict=False) * 256 ** (4 - place) for place in range(1, 5)
    )
    inside = [number.is_between(int(net.network_address), int(net.broadcast_address)) for net in one.networks]
    return pl.any_horizontal(*inside)


def _beginning(network: IPv4Network) -> str:
    """The octets that all addresses of a network share."""
    octets = str(network.network_address).split(".")
    return "".join(f"{octet}." for octet in octets[: network.prefixlen // 8])

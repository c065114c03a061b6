"""User agents that tell software from people (machine_agents.toml)."""

import tomllib
from functools import cache
from importlib.resources import files

import polars as pl
from pydantic import BaseModel, ConfigDict

from hygiene.formats.format import MACHINE_AGENTS
from hygiene.model.words import EventKind


class Agent(BaseModel):
    """One sort of user agent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    kinds: tuple[EventKind, ...]
    is_machine: bool
    confidence: str
    why: str
    source: str


@cache
def agents() -> tuple[Agent, ...]:
    """All of them, in order: the first that matches counts."""
    text = files("hygiene.formats").joinpath(MACHINE_AGENTS).read_text("utf-8")
    return tuple(Agent.model_validate(row) for row in tomllib.loads(text)["agent"])


def is_machine(user_agent: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """Whether software opened or clicked; false for an agent that matches nothing, null without an agent."""
    known = [
        pl.when(kind.is_in([each.value for each in agent.kinds]) & user_agent.str.contains(agent.pattern)).then(
            pl.lit(agent.is_machine)
        )
        for agent in agents()
    ]
    tracked = kind.is_in([EventKind.OPENED.value, EventKind.CLICKED.value]) & user_agent.is_not_null()
    return pl.when(tracked).then(pl.coalesce(*known, pl.lit(False)))

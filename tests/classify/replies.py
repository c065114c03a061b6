"""Replies as frames, and their meanings as rows."""

import csv
from pathlib import Path
from typing import Any

import polars as pl

from hygiene.classify.bounce_rules import BounceRule
from hygiene.classify.bounces import REPLY, bounce_action, classify
from hygiene.policy.policy import Policy

CASES = Path(__file__).parents[1] / "cases"


def table(name: str) -> list[dict[str, str]]:
    """The lines of a truth table."""
    return list(csv.DictReader((CASES / name).read_text("utf-8").splitlines()))


def as_replies(*replies: Any) -> pl.DataFrame:
    """What `classify` reads; a text alone is a diagnostic."""
    cells = [{"diagnostic": reply} if isinstance(reply, str) else reply for reply in replies]
    return pl.DataFrame([{**dict.fromkeys(REPLY), **row} for row in cells], schema=dict.fromkeys(REPLY, pl.String))


def meanings(*replies: Any, rules: tuple[BounceRule, ...] | None = None) -> list[dict[str, Any]]:
    """What each reply means, with the default policy's action; a text alone is its diagnostic."""
    return classify(as_replies(*replies), rules).with_columns(action=bounce_action(Policy())).to_dicts()


def meaning(diagnostic: str | None = None, **fields: str) -> dict[str, Any]:
    """What one reply means."""
    return meanings({"diagnostic": diagnostic, **fields})[0]

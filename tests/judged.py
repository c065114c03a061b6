"""Replies judged once: whoever asks again is told what was found, as long as the tests of a process run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import polars as pl

from hygiene.classify import bounces
from hygiene.classify.bounce_rules import BounceRule, bounce_rules

_judge = bounces._meanings
_known: dict[tuple[Any, ...], tuple[Any, ...]] = {}


@contextmanager
def judged_once() -> Iterator[None]:
    """For tests of what follows from meanings. All rules are asked, but to read them anew would take most of the time.

    A reply means the same alone and among others; tests/classify/test_bounces.py holds that.
    """
    with patch("hygiene.classify.bounces._meanings", _meanings):
        yield


def _meanings(distinct: pl.DataFrame, rules: tuple[BounceRule, ...]) -> pl.DataFrame:
    assert rules is bounce_rules()
    if new := [row for row in distinct.rows() if row not in _known]:
        judged = _judge(pl.DataFrame(new, distinct.schema, orient="row"), rules)
        _known.update((row[: distinct.width], row) for row in judged.rows())
    schema = {**distinct.schema, **bounces.MEANING}
    return pl.DataFrame([_known[row] for row in distinct.rows()], schema, orient="row")

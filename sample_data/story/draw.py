"""Chance without a random generator: each draw is a hash of what it is about, so no draw depends on another."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
SEED = "hygiene-sample-1"


def share(*about: object) -> float:
    """A number in [0, 1) that belongs to these words."""
    text = "\x1f".join((SEED, *map(str, about)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def between(low: int, high: int, *about: object) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(share(*about) * (high - low + 1))


def one_of(choices: Sequence[T], *about: object) -> T:
    """One of the choices, all equally likely."""
    return choices[int(share(*about) * len(choices))]


def weighted(choices: dict[T, float], *about: object) -> T:
    """One of the keys, as likely as its weight says."""
    left = share(*about) * sum(choices.values())
    for choice, weight in choices.items():
        left -= weight
        if left < 0:
            return choice
    return next(reversed(choices))

"""Addresses at the edges of the grammar, and mutations of them: the same ones for the same seed."""

import random
from collections.abc import Iterator

ATOM = "abcXYZ019!#$%&'*+-/=?^_`{|}~"
HOST = "abcXYZ019"
FOREIGN = "éßñΣςя例ａ．。\u0301\u200b\u00ad\u212a\u017f\u0660"
BAD = ' "()<>[]:;,\\@\t\n\r\x00\x1c\x7f..--' + FOREIGN
TOP = [
    "com",
    "org",
    "de",
    "c",
    "x1y",
    "co-m",
    "a-",
    "-a",
    "9z",
    "z9",
    "123",
    "COM",
    "Test",
    "xn--p1ai",
    "com.",
    "com\n",
]
SPECIAL = [
    "test",
    "local",
    "localhost",
    "invalid",
    "onion",
    "arpa",
    "LOCAL",
    "x.Test",
    "example",
    "example.com",
    "atest",
]
KNOWN = ["postmaster", "Info", "ABUSE", "www", "ann.lee", "o'brien", "a+b", "_", "-"]


def addresses(count: int, seed: int = 1) -> list[str]:
    """So many distinct addresses."""
    draw = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        address = f"{_local_part(draw)}@{_domain(draw)}"
        found[address] = None
        if draw.random() < 0.4:
            found[_mutated(draw, address)] = None
    return list(found)[:count]


def _local_part(draw: random.Random) -> str:
    if draw.random() < 0.15:
        return draw.choice(KNOWN)
    atoms = [_run(draw, ATOM, 6) for _ in range(draw.choice([1, 1, 2, 3]))]
    return ".".join(atoms) + ("x" * draw.randrange(40, 260) if draw.random() < 0.04 else "")


def _domain(draw: random.Random) -> str:
    if draw.random() < 0.1:
        return ".".join([*_labels(draw, draw.randrange(2)), draw.choice(SPECIAL)])
    return ".".join([*_labels(draw, draw.choice([0, 1, 1, 2, 3])), draw.choice(TOP) if draw.random() < 0.5 else "com"])


def _labels(draw: random.Random, count: int) -> list[str]:
    return [_label(draw) for _ in range(count)]


def _label(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.06:
        return draw.choice(HOST) * draw.randrange(55, 70)
    if kind < 0.14:
        return _run(draw, HOST, 4) + "--" + _run(draw, HOST, 3)
    if kind < 0.18:
        return draw.choice(["xn--mnchen-3ya", "xn--a", "XN--abc", "münchen", "-a", "a-", "a_b"])
    return _run(draw, HOST, 5) + ("-" + _run(draw, HOST, 3) if draw.random() < 0.2 else "")


def _run(draw: random.Random, alphabet: str, most: int) -> str:
    return "".join(draw.choices(alphabet, k=draw.randrange(1, most + 1)))


def _mutated(draw: random.Random, address: str) -> str:
    """With one to three characters put in, taken out or doubled."""
    for _ in range(draw.choice([1, 1, 2, 3])):
        at = draw.randrange(len(address) + 1)
        address = draw.choice(
            [
                address[:at] + draw.choice(BAD) + address[at:],
                address[:at] + address[at + 1 :],
                address[:at] + address[at : at + 1] * 2 + address[at + 1 :],
                address[:at] + draw.choice([".", "-", "@", '"', "\n"]) + address[at + 1 :],
            ]
        )
    return address


def one_by_one(address: str) -> Iterator[str]:
    """The address with every character of BAD at every place."""
    return (address[:at] + mark + address[at:] for at in range(len(address) + 1) for mark in BAD)

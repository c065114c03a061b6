"""What every system keeps: lists of addresses."""

from dataclasses import dataclass, field
from typing import Any

from tests.push.server import Asked

BAD = "bad"
"""An address that holds it is malformed to every system."""


@dataclass
class Book:
    """A system's lists by name: address → what else it knows."""

    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)

    def of(self, name: str) -> dict[str, Any]:
        return self.lists.setdefault(name, {})

    def take(self, name: str, addresses: list[str]) -> None:
        self.batches.append(len(addresses))
        self.of(name).update({address: {} for address in addresses})

    def drop(self, name: str, address: str) -> bool:
        return self.of(name).pop(address, None) is not None


def part(rows: list[Any], asked: Asked, most: int) -> list[Any]:
    limit, offset = int(asked.params.get("limit", most)), int(asked.params.get("offset", 0))
    return rows[offset : offset + min(limit, most)]

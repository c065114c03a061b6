"""What the nightly run aims at on two cores, by size, and whether a comparison reached it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench.measure import Measured

Found = Mapping[str, Measured]
COPIED, FIRST, SECOND = "polars copy", "hygiene, first night", "hygiene, second night"
DUCKDB, PANDAS = "DuckDB script", "pandas script"


@dataclass(frozen=True)
class Goal:
    """A figure of one comparison, and the limit that it is held against."""

    says: str
    limit: float
    figure: Callable[[Found], float]
    is_least: bool = False
    """The figure must be at least the limit; at most otherwise."""

    def is_met(self, found: Found) -> bool:
        """Whether the comparison reached it."""
        figure = self.figure(found)
        return figure >= self.limit if self.is_least else figure <= self.limit


GOALS: Mapping[str, tuple[Goal, ...]] = {
    "3min": (
        Goal("first night, wall s (idle machine)", 6, lambda f: f[FIRST].wall),
        Goal("first night, MiB", 600, lambda f: f[FIRST].peak_mib),
        Goal("pandas / first night, wall", 12, lambda f: f[PANDAS].wall / f[FIRST].wall, is_least=True),
        Goal("pandas / first night, memory", 4, lambda f: f[PANDAS].peak_mib / f[FIRST].peak_mib, is_least=True),
    ),
    "10m": (
        Goal("first night, CPU s", 60, lambda f: f[FIRST].cpu),
        Goal("first night, MiB", 1024, lambda f: f[FIRST].peak_mib),
        Goal("first night / copy, CPU", 12, lambda f: f[FIRST].cpu / f[COPIED].cpu),
        Goal("second night, CPU s", 25, lambda f: f[SECOND].cpu),
        Goal("DuckDB / first night, CPU", 1.5, lambda f: f[DUCKDB].cpu / f[FIRST].cpu, is_least=True),
        Goal("DuckDB / first night, memory", 4, lambda f: f[DUCKDB].peak_mib / f[FIRST].peak_mib, is_least=True),
    ),
    "50m": (
        Goal("first night, CPU s", 250, lambda f: f[FIRST].cpu),
        Goal("first night, MiB", 1536, lambda f: f[FIRST].peak_mib),
    ),
}


def met(found: Found, size: str) -> Iterator[tuple[str, str, str, bool]]:
    """Goal, limit, figure and whether it is met, for each goal of the size."""
    for goal in GOALS.get(size, ()):
        limit = f"{'>=' if goal.is_least else '<='} {goal.limit:g}"
        yield goal.says, limit, f"{goal.figure(found):.1f}", goal.is_met(found)

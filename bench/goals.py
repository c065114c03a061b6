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


AGAINST_DUCKDB = (
    Goal("CPU of the DuckDB script / of the first night", 1.5, lambda f: f[DUCKDB].cpu / f[FIRST].cpu, True),
    Goal(
        "memory of the DuckDB script / of the first night", 4.0, lambda f: f[DUCKDB].peak_mib / f[FIRST].peak_mib, True
    ),
)
GOALS: Mapping[str, tuple[Goal, ...]] = {
    "3min": (
        Goal("first night, wall s (idle machine)", 6, lambda f: f[FIRST].wall),
        Goal("first night, MiB", 600, lambda f: f[FIRST].peak_mib),
        Goal("wall of the pandas script / of the first night", 12, lambda f: f[PANDAS].wall / f[FIRST].wall, True),
        Goal("memory of the pandas script / of the first night", 4,
             lambda f: f[PANDAS].peak_mib / f[FIRST].peak_mib, True),
        *AGAINST_DUCKDB,
    ),
    "10m": (
        Goal("first night, CPU s", 60, lambda f: f[FIRST].cpu),
        Goal("first night, MiB", 1024, lambda f: f[FIRST].peak_mib),
        Goal("CPU of the first night / of the copy", 12, lambda f: f[FIRST].cpu / f[COPIED].cpu),
        Goal("second night, CPU s", 25, lambda f: f[SECOND].cpu),
        *AGAINST_DUCKDB,
    ),
    "50m": (
        Goal("first night, CPU s", 250, lambda f: f[FIRST].cpu),
        Goal("first night, MiB", 1536, lambda f: f[FIRST].peak_mib),
    ),
}  # fmt: skip


def met(found: Found, size: str) -> Iterator[tuple[str, str, str, bool]]:
    """Goal, limit, figure and whether it is met, for each goal of the size."""
    for goal in GOALS.get(size, ()):
        yield (
            goal.says,
            f"{'>=' if goal.is_least else '<='} {goal.limit:g}",
            f"{goal.figure(found):.1f}",
            goal.is_met(found),
        )

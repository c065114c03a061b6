"""hygiene's first and second night against a bare copy of the list, one DuckDB script and a pandas script, in turn.

python -m bench compare [SIZE] [--runs=3] [--data=FOLDER] [--keep] [--dry]

Sizes: tiny, small, 3min (a million rows), 10m, 50m. Each round runs every way once (A B C, A B C), so that noise of the
machine hits all of them; the table has medians, and its ratios are of this run alone. pandas runs once; what does not
fit the size (MOST_ROWS) is left out. The data is removed at the end unless it was there before or `--keep` is given;
`--dry` does not write RESULTS.md.
"""

import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.goals import COPIED, DUCKDB, FIRST, PANDAS, SECOND, met
from bench.measure import Measured, measured
from bench.nights import cleared, fresh_state, generated, night_command, stages
from bench.others import COPY, OTHERS, missing, versions
from bench.results import table, write_section
from bench.sizes import DATA, SIZES

MOST_ROWS = {SECOND: 10_000_000, DUCKDB: 10_000_000, PANDAS: 1_000_000}
"""Beyond them there is too little disk, time or memory on an ordinary machine."""
PACKAGES = ("hygiene", "polars", "deltalake", "email-validator")


@dataclass(frozen=True)
class Way:
    """One way to do the job."""

    name: str
    command: list[str]
    prepare: Callable[[], object]
    """What is done before each run and not measured."""
    runs: int


def ways(folder: Path, size: str, runs: int) -> list[Way]:
    """What is compared at this size, in the order of a round."""
    places = [str(folder), str(folder / "out")]
    found = [
        Way(COPIED, [*COPY, *places], lambda: None, runs),
        Way(FIRST, night_command(folder / "first.toml"), lambda: fresh_state(folder), runs),
        Way(SECOND, night_command(folder / "second.toml"), lambda: None, runs),
        Way(DUCKDB, [*OTHERS["duckdb_job"], *places], lambda: cleared(folder), runs),
        Way(PANDAS, [*OTHERS["pandas_script"], *places], lambda: cleared(folder), 1),
    ]
    return [way for way in found if SIZES[size].rows <= MOST_ROWS.get(way.name, SIZES[size].rows)]


def rounds(compared: list[Way]) -> dict[str, list[Measured]]:
    """Every run of every way, in turn."""
    found: dict[str, list[Measured]] = {way.name: [] for way in compared}
    for number in range(max(way.runs for way in compared)):
        for way in compared:
            if number < way.runs:
                way.prepare()
                found[way.name].append(run := measured(way.command))
                print(f"{way.name:22} {run.wall:7.1f} s, {run.cpu:7.1f} CPU s, {run.peak_mib:7,.0f} MiB", flush=True)
    return found


def medians(runs: list[Measured]) -> Measured:
    """The middle of each figure; the output is the last run's."""
    wall, cpu, peak = (
        median(figures) for figures in zip(*((run.wall, run.cpu, run.peak_mib) for run in runs), strict=True)
    )
    return Measured(wall, cpu, peak, runs[-1].output)


def report(found: dict[str, list[Measured]], size: str) -> str:
    """The section: figures, ratios, goals, and the stages of both nights."""
    middle = {name: medians(runs) for name, runs in found.items()}
    copied, first = middle[COPIED], middle[FIRST]
    rows = [
        [
            name, len(found[name]), f"{run.wall:.1f}", f"{run.cpu:.1f}", f"{run.peak_mib:,.0f}",
            f"{run.cpu / copied.cpu:.1f}", f"{run.wall / first.wall:.2f}", f"{run.cpu / first.cpu:.2f}",
            f"{run.peak_mib / first.peak_mib:.2f}",
        ]
        for name, run in middle.items()
    ]  # fmt: skip
    head = ["", "runs", "wall s", "CPU s", "peak MiB", "CPU / copy", "wall / first", "CPU / first", "peak / first"]
    nights = "".join(f"{name}: {_seconds(middle[name])}.\n\n" for name in (FIRST, SECOND) if name in middle)
    return f"{SIZES[size]}; against {versions()}.\n\n{table(head, rows)}\n\n{nights}{goals(middle, size)}"


def goals(middle: dict[str, Measured], size: str) -> str:
    """What was aimed at at this size, and what was reached; empty where nothing was."""
    rows = [[goal, limit, reached, "yes" if is_met else "no"] for goal, limit, reached, is_met in met(middle, size)]
    return table(["goal", "limit", "reached", "met"], rows) if rows else ""


def _seconds(night: Measured) -> str:
    return ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in stages(night).items())


def main(arguments: list[str]) -> None:
    """Generates, measures, prints, writes RESULTS.md and cleans up."""
    asked = _parser().parse_args(arguments)
    if lacking := missing():
        sys.exit(lacking)
    folder = asked.data or DATA / asked.size
    was_there = folder.exists()
    try:
        generated(folder, asked.size)
        text = report(rounds(ways(folder, asked.size, asked.runs)), asked.size)
        print(f"\n{text}")
        if not asked.dry:
            title = f"The same job in several ways: {SIZES[asked.size]}"
            write_section(title, f"make bench SIZE={asked.size}", text, PACKAGES)
    finally:
        cleared(folder)
        if not was_there and not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m bench compare")
    parser.add_argument("size", nargs="?", default="3min", choices=SIZES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--dry", action="store_true")
    return parser

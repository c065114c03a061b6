"""What a night costs by the length of the past: with what was kept of it, and with all of it worked out anew.

python -m bench past [SIZE] [--runs=3] [--dry]

The year of the size is told again for each year before it. Ratios are of one run; `--dry` does not write RESULTS.md.
"""

import datetime as dt
import shutil
from argparse import ArgumentParser
from pathlib import Path

import polars as pl

from bench.compare import medians
from bench.measure import Measured, measured
from bench.nights import cleared, fresh_state, generated, night_command
from bench.results import table, write_section
from bench.sizes import DATA, SIZES
from hygiene.history.store import History

YEARS = (1, 4, 16)
KEPT, ANEW = "kept", "anew"


def lengthened(state: Path, years: int) -> int:
    """Tells the year's activity again for each year before it; how much activity there is then."""
    counted = History(str(state)).counted
    year = counted.scan().sort("mailbox").collect()
    for back in range(1, years):
        counted.append(year.with_columns(pl.col("occurred_at") - dt.timedelta(days=365 * back)))
    return year.height * years


def nights(folder: Path, years: int, runs: int) -> tuple[int, dict[str, list[Measured]]]:
    """How much activity the past has, and every second night after it."""
    fresh_state(folder)
    measured(night_command(folder / "first.toml"))
    events = lengthened(folder / "state", years)
    measured(night_command(folder / "first.toml"))
    (folder / "state").rename(past := folder / "past")
    found: dict[str, list[Measured]] = {KEPT: [], ANEW: []}
    for _ in range(runs):
        for name, measurements in found.items():
            cleared(folder)
            shutil.copytree(past, folder / "state")
            if name == ANEW:
                shutil.rmtree(folder / "state/engagement")
            measurements.append(run := measured(night_command(folder / "second.toml")))
            print(
                f"{events:12,} {name:5} {run.wall:6.1f} s, {run.cpu:6.1f} CPU s, {run.peak_mib:6,.0f} MiB", flush=True
            )
    shutil.rmtree(past)
    return events, found


def report(found: list[tuple[int, dict[str, list[Measured]]]]) -> str:
    """A row for each length of the past."""
    rows = []
    for events, runs in found:
        kept, anew = medians(runs[KEPT]), medians(runs[ANEW])
        figures = (kept.cpu, anew.cpu, anew.cpu / kept.cpu)
        rows.append(
            [f"{events:,}", *(f"{one:.1f}" for one in figures), f"{kept.peak_mib:,.0f}", f"{anew.peak_mib:,.0f}"]
        )
    return table(["events of the past", "CPU s, kept", "CPU s, anew", "anew / kept", "MiB, kept", "MiB, anew"], rows)


def main(arguments: list[str]) -> None:
    """Generates, measures, prints, writes RESULTS.md and cleans up."""
    parser = ArgumentParser(prog="python -m bench past")
    parser.add_argument("size", nargs="?", default="small", choices=SIZES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dry", action="store_true")
    asked = parser.parse_args(arguments)
    generated(folder := DATA / asked.size, asked.size)
    try:
        text = report([nights(folder, years, asked.runs) for years in YEARS])
    finally:
        cleared(folder)
        shutil.rmtree(folder / "past", ignore_errors=True)
    print(f"\n{text}")
    if not asked.dry:
        title = f"A second night by the length of the past: {SIZES[asked.size].rows:,} rows"
        write_section(title, f"python -m bench past {asked.size}", text, ("hygiene", "polars", "deltalake"))

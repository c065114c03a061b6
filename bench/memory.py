"""The first night under a limit of memory: whether it ends, and whether it publishes the same.

python -m bench memory [SIZE] [--limit=MIB] [--with=LINE]

The kernel holds the limit where systemd-run can start a scope; elsewhere the run is killed as soon as its resident
memory is above it, which is stricter, as pages of mapped files count too. `--with` adds a line to the top of the
limited run's job file, such as a setting of its memory.
"""

import hashlib
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from bench.measure import Measured, measured
from bench.nights import cleared, fresh_state, generated, night_command
from bench.results import write_section
from bench.sizes import DATA, SIZES

OUTPUTS = ("list.csv", "suppressed.csv", "held.csv", "review.csv", "audit.parquet")
"""What must be the same; the others tell of the run itself."""


def scope(limit_mib: int) -> list[str]:
    """The beginning of a command that the kernel limits; empty where there is no way."""
    for manager in ("--system", "--user"):
        found = ["systemd-run", manager, "--scope", "--quiet", "-p", f"MemoryMax={limit_mib}M", "-p", "MemorySwapMax=0"]
        try:
            subprocess.run([*found, "true"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            continue
        return found
    return []


def limited(command: Sequence[str], limit_mib: int) -> Measured:
    """Runs the command within the limit; raises CalledProcessError where it was killed, or failed otherwise."""
    prefix = scope(limit_mib)
    return measured([*prefix, *command], limit_mib=None if prefix else limit_mib)


def contents(out: Path) -> dict[str, object]:
    """What stands for each published output: its digest, or that of its rows where it is Parquet."""
    return {name: _digest(out / "latest" / name) for name in OUTPUTS}


def _digest(file: Path) -> object:
    if file.suffix != ".parquet":
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    # The run's name is another where the job file is.
    rows = pl.scan_parquet(file).drop("run_id").with_row_index()
    return rows.select(pl.struct(pl.all()).hash().sum(), rows=pl.len()).collect().row(0)


def unlike(folder: Path, limit_mib: int, line: str = "") -> tuple[Measured, Measured, list[str]]:
    """The free and the limited run, and the outputs in which they differ."""
    fresh_state(folder)
    free = measured(night_command(folder / "first.toml"))
    wanted = contents(folder / "out")
    fresh_state(folder)
    job = folder / "limited.toml"
    job.write_text(f"{line}\n{(folder / 'first.toml').read_text('utf-8')}", "utf-8")
    bound = limited(night_command(job), limit_mib)
    found = contents(folder / "out")
    cleared(folder)
    return free, bound, [name for name in OUTPUTS if found[name] != wanted[name]]


def main(arguments: list[str]) -> None:
    """Runs both and tells; fails where they differ or the limited one was killed."""
    parser = ArgumentParser(prog="python -m bench memory")
    parser.add_argument("size", nargs="?", default="3min", choices=SIZES)
    parser.add_argument("--limit", type=int, default=1024)
    parser.add_argument("--with", dest="line", default="")
    asked = parser.parse_args(arguments)
    generated(folder := DATA / asked.size, asked.size)
    try:
        free, bound, different = unlike(folder, asked.limit, asked.line)
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: the run ended with {error.returncode} (247: killed at the limit of {asked.limit} MiB).")
    how = "the kernel" if scope(asked.limit) else "watching the resident memory"
    same = f"differ: {', '.join(different)}" if different else "are equal"
    text = (
        f"{_figures(free)} without a limit; {_figures(bound)} under {asked.limit} MiB, held by {how}. Outputs {same}."
    )
    print(text)
    command = f"python -m bench memory {asked.size} --limit={asked.limit}"
    write_section(f"Under a limit of memory: {SIZES[asked.size]}", command, text, ("hygiene", "polars"))
    if different:
        sys.exit(1)


def _figures(run: Measured) -> str:
    return f"{run.wall:.1f} s, {run.cpu:.1f} CPU s, {run.peak_mib:,.0f} MiB"

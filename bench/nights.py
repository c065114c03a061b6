"""First and second night of a generated job, as whole processes, with the seconds of each stage.

python -m bench nights [SIZE]

The data stays in build/bench (`make clean` removes it) and is found again by the next run.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from bench.measure import Measured, measured
from bench.sizes import DATA, refuse_without_space, size_named


def generated(folder: Path, size: str) -> None:
    """Writes the data of the size where it is not there, in a process of its own; ends where the disk lacks space."""
    refuse_without_space(folder, size_named(size))
    told = measured([sys.executable, "-m", "bench", "generate", size, str(folder)])
    print(f"{told.output.strip().splitlines()[-1]}, {told.peak_mib:,.0f} MiB of memory at most", flush=True)


def fresh_state(folder: Path) -> None:
    """As before the first night: nothing is known but what the DNS said."""
    cleared(folder)
    shutil.copytree(folder / "memory", folder / "state")


def cleared(folder: Path) -> None:
    """Removes what a run left."""
    for name in ("state", "out"):
        shutil.rmtree(folder / name, ignore_errors=True)


def night_command(job: Path) -> list[str]:
    """One whole run of the product."""
    return [sys.executable, "-m", "hygiene", "run", str(job), "--json", "-q"]


def stages(run: Measured) -> dict[str, Any]:
    """Seconds of each stage of a night."""
    return {stage["name"]: round(stage["seconds"], 2) for stage in json.loads(run.output)["process"]["stages"]}


def main(arguments: list[str]) -> None:
    """Prints one line a night."""
    size = arguments[0] if arguments else "3min"
    generated(folder := DATA / size, size)
    fresh_state(folder)
    for name in ("first", "second"):
        run = measured(night_command(folder / f"{name}.toml"))
        figures = {"wall_s": round(run.wall, 1), "cpu_s": round(run.cpu, 1), "peak_mib": round(run.peak_mib)}
        print(f"{name:7}", json.dumps(figures | stages(run)), flush=True)
    cleared(folder)

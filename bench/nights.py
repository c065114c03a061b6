"""First and second night of a generated job, as whole processes, with the seconds of each stage.

python -m bench nights [small|3min|10m]
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.generate import generate
from bench.measure import measured

SIZES = {"small": (100_000, 1_000_000), "3min": (1_000_000, 10_000_000), "10m": (10_000_000, 100_000_000)}


def night(job: Path) -> dict[str, Any]:
    """One run of the job: wall and CPU seconds, peak memory, and the seconds of each stage."""
    run = measured([sys.executable, "-m", "hygiene", "run", str(job), "--json", "-q"])
    stages = {stage["name"]: round(stage["seconds"], 2) for stage in json.loads(run.output)["process"]["stages"]}
    return {"wall_s": round(run.wall, 1), "cpu_s": round(run.cpu, 1), "peak_mib": round(run.peak_mib), **stages}


def main(arguments: list[str]) -> None:
    """Generates the job in a temporary folder and prints one line a night."""
    rows, events = SIZES[arguments[0] if arguments else "3min"]
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        job = generate(Path(folder), rows, events)
        print(f"{rows:,} rows, {events:,} events")
        print("first night ", json.dumps(night(job)))
        print("second night", json.dumps(night(job)))

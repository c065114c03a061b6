"""`python -m bench [SIZE]`: first night and second night of a generated job, as whole processes."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.generate import generate

SIZES = {"small": (100_000, 1_000_000), "3min": (1_000_000, 10_000_000), "10m": (10_000_000, 100_000_000)}


def measured(job: Path) -> dict[str, float]:
    """Wall and CPU seconds and peak memory of one whole run."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "hygiene", "run", str(job), "--json", "-q"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    told = json.loads(process.communicate()[0])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    stages = {stage["name"]: round(stage["seconds"], 2) for stage in told["process"]["stages"]}
    peak = max(stage["peak_mib"] for stage in told["process"]["stages"])
    return {"wall_s": round(time.perf_counter() - began, 1), "cpu_s": round(cpu, 1), "peak_mib": round(peak), **stages}


def main(size: str = "3min") -> None:
    """Generates the job in a temporary folder and prints one line a night."""
    rows, events = SIZES[size]
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        job = generate(Path(folder), rows, events)
        print(f"{rows:,} rows, {events:,} events")
        print("first night ", json.dumps(measured(job)))
        print("second night", json.dumps(measured(job)))


if __name__ == "__main__":
    main(*sys.argv[1:2])

"""One whole process, measured from outside: wall and CPU seconds and the most memory it held.

Run as a script, this file is the small process in between: a child inherits the peak memory of whoever starts it (the
kernel carries it over `exec`), so the process that starts the measured one must be small itself, and needs no polars.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """What one run of a command took."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of all its threads and children, user and system."""
    peak_mib: float
    """Most resident memory of the process, or of the largest of its children where one is larger."""
    output: str
    """What it wrote to standard output."""


def measured(command: Sequence[str], folder: Path | None = None) -> Measured:
    """Runs the command to its end in `folder`; raises CalledProcessError where it fails."""
    with tempfile.NamedTemporaryFile("r") as report:
        between = [sys.executable, "-I", "-S", __file__, report.name, *command]
        done = subprocess.run(between, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
        return Measured(**json.load(report), output=done.stdout)


def _between(report: str, *command: str) -> int:
    """Runs the command, writes what it took as JSON, and gives its exit code."""
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(child, 0)
    wall, cpu, peak = time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    Path(report).write_text(json.dumps({"wall": wall, "cpu": cpu, "peak_mib": peak}))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_between(*sys.argv[1:]))

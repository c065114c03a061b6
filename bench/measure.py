"""One whole process, measured from outside: wall and CPU seconds and the most memory it held.

Run as a script, this file is the small process in between: a child inherits the peak memory of whoever starts it (the
kernel carries it over `exec`), so the process that starts the measured one must be small itself, and needs no polars.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.01


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


def measured(command: Sequence[str], limit_mib: int | None = None) -> Measured:
    """Runs the command to its end; raises CalledProcessError where it fails.

    With a limit it is killed (-9) when its own resident memory is seen above it.
    """
    with tempfile.NamedTemporaryFile("r") as report:
        between = [sys.executable, "-I", "-S", __file__, report.name, str(limit_mib or 0), *command]
        done = subprocess.run(between, stdout=subprocess.PIPE, text=True, check=True)
        return Measured(**json.load(report), output=done.stdout)


def _between(report: str, limit_mib: str, *command: str) -> int:
    """Runs the command, writes what it took as JSON, and gives its exit code."""
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    if limit := int(limit_mib):
        _watch(child, limit)
    _, status, used = os.wait4(child, 0)
    wall, cpu, peak = time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    Path(report).write_text(json.dumps({"wall": wall, "cpu": cpu, "peak_mib": peak}))
    return os.waitstatus_to_exitcode(status)


def _watch(child: int, limit_mib: int) -> None:
    """Waits for the end of the child, which comes early where it takes too much; leaves it to be reaped."""
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        found = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{child}/status").read_text())
        if found and int(found[1]) > limit_mib * 1024:
            os.kill(child, signal.SIGKILL)
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(_between(*sys.argv[1:]))

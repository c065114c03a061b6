"""What the benchmarks say of a process is true of it, and results are kept section by section."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import measured
from bench.results import table, write_section


def test_the_peak_is_that_of_the_measured_process_and_not_of_the_one_that_measures() -> None:
    ballast = bytearray(200 * 2**20)
    small = measured([sys.executable, "-S", "-c", "pass"])
    large = measured([sys.executable, "-S", "-c", f"bytearray({len(ballast)})"])
    assert small.peak_mib < 60
    assert 190 < large.peak_mib - small.peak_mib < 230


def test_cpu_seconds_count_children_and_waiting_counts_as_wall_alone() -> None:
    busy = "import time; e = time.process_time() + 0.3\nwhile time.process_time() < e: pass"
    run = measured([sys.executable, "-c", f"import subprocess, sys, time; time.sleep(0.3); "
                    f"subprocess.run([sys.executable, '-c', {busy!r}])"])  # fmt: skip
    assert 0.3 <= run.cpu < run.wall
    assert run.wall >= 0.6


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measured([sys.executable, "-S", "-c", "raise SystemExit(3)"])


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    for title, text in (("B", "old\n\n- 1"), ("A", table(["what", "s"], [["x", 1]])), ("B", "new")):
        write_section(title, "python -m bench b", text, ["polars"], file)
    written = file.read_text()
    assert "old" not in written
    assert written.index("## A") < written.index("| x | 1 |") < written.index("## B") < written.index("new")
    assert "polars 2" in written


def test_a_process_that_takes_more_than_its_limit_is_killed_and_another_is_not() -> None:
    hungry = [sys.executable, "-S", "-c", f"import time; b = bytearray({200 * 2**20}); time.sleep(0.2)"]
    assert measured(hungry, limit_mib=400).peak_mib > 200
    with pytest.raises(subprocess.CalledProcessError) as killed:
        measured(hungry, limit_mib=100)
    assert killed.value.returncode in (-9, 247)

"""A run under a limit of memory publishes what a free one publishes."""

from pathlib import Path

from bench.generate import generate
from bench.measure import measured
from bench.memory import OUTPUTS, contents, unlike
from bench.nights import fresh_state, night_command
from bench.sizes import Size

LIMIT_MIB = 600


def test_a_limited_run_publishes_the_same(tmp_path: Path) -> None:
    job = generate(tmp_path, Size(5_000, 50_000))
    _, bound, different = unlike(job.parent, LIMIT_MIB)
    assert different == []
    assert bound.peak_mib < LIMIT_MIB


def test_a_difference_of_one_row_is_seen(tmp_path: Path) -> None:
    job = generate(tmp_path, Size(1_000, 10_000))
    fresh_state(job.parent)
    measured(night_command(job))
    before = contents(job.parent / "out")
    file = job.parent / "out" / "latest" / "list.csv"
    file.write_bytes(file.read_bytes().replace(b"\n", b" \n", 1))
    after = contents(job.parent / "out")
    assert [name for name in OUTPUTS if before[name] != after[name]] == ["list.csv"]

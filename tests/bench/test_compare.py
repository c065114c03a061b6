"""Ways are measured in turn, goals are held against one comparison alone, and nothing is left behind."""

import sys
from pathlib import Path

import pytest

from bench import compare, sizes
from bench.compare import Way, medians, rounds
from bench.goals import COPIED, DUCKDB, FIRST, PANDAS, SECOND, met
from bench.measure import Measured
from bench.nights import fresh_state
from bench.others import missing
from bench.sizes import SIZES, refuse_without_space


def took(wall: float, cpu: float, peak: float) -> Measured:
    """A run with these figures."""
    return Measured(wall, cpu, peak, "")


def test_ways_take_turns_and_a_slow_one_runs_less_often(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    note = "import sys; open(sys.argv[1], 'a').write(sys.argv[2])"
    ways = [
        Way(
            name=name,
            command=[sys.executable, "-S", "-c", note, str(log), name],
            prepare=lambda: log.write_text(f"{log.read_text()}."),
            runs=runs,
        )
        for name, runs in (("a", 2), ("b", 2), ("c", 1))
    ]
    found = rounds(ways)
    assert log.read_text() == ".a.b.c.a.b"
    assert [len(runs) for runs in found.values()] == [2, 2, 1]


def test_the_median_is_taken_of_each_figure_by_itself() -> None:
    assert medians([took(1, 9, 5), took(2, 8, 4), took(9, 1, 6)]) == took(2, 8, 5)


@pytest.mark.parametrize(("cpu", "reached"), [(60.0, "60.0"), (60.4, "60.4")])
def test_a_goal_is_met_at_its_limit_and_not_beyond_it(cpu: float, reached: str) -> None:
    found = {COPIED: took(1, 6, 400), FIRST: took(1, cpu, 900), SECOND: took(1, 20, 900), DUCKDB: took(1, 95, 3_000)}
    told = {says: (figure, is_met) for says, _, figure, is_met in met(found, "10m")}
    assert told["first night, CPU s"] == (reached, cpu <= 60)
    assert told["DuckDB / first night, memory"] == ("3.3", False)


def test_too_small_a_disk_is_told_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "BYTES_AN_EVENT", 10**12)
    with pytest.raises(SystemExit, match="lacks space"):
        refuse_without_space(tmp_path / "data", SIZES["3min"])
    assert "1,000,000 rows" in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(missing() is not None, reason="`make bench` installs the other ways")
def test_all_ways_run_and_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare.main(["tiny", "--runs=1", "--dry", f"--data={tmp_path / 'data'}"])
    told = capsys.readouterr().out
    assert [name for name in (COPIED, FIRST, SECOND, DUCKDB, PANDAS) if f"| {name} | 1 |" not in told] == []


@pytest.mark.parametrize("kept", [["--keep"], []])
def test_an_interrupted_comparison_keeps_data_only_where_it_is_wanted(
    kept: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"

    def interrupted(_ways: list[Way]) -> dict[str, list[Measured]]:
        fresh_state(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "rounds", interrupted)
    monkeypatch.setattr(compare, "missing", lambda: None)
    with pytest.raises(KeyboardInterrupt):
        compare.main(["tiny", "--dry", f"--data={folder}", *kept])
    left = sorted(file.name for file in folder.iterdir()) if folder.exists() else []
    assert ("list.csv" in left) is bool(kept)
    assert not {"state", "out"} & set(left)

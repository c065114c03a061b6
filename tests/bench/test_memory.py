"""A run under a limit of memory publishes what a free one publishes."""

from pathlib import Path

import polars as pl

from bench.generate import generate
from bench.memory import OUTPUTS, contents, unlike
from bench.sizes import Size

LIMIT_MIB = 600


def test_a_limited_run_publishes_the_same(tmp_path: Path) -> None:
    job = generate(tmp_path, Size(1_000, 10_000))
    _, bound, different = unlike(job.parent, LIMIT_MIB)
    assert different == []
    assert bound.peak_mib < LIMIT_MIB


def published(out: Path, rows: list[str], run_id: str) -> dict[str, object]:
    """What is compared of a run that published these rows in each file."""
    (out / "latest").mkdir(parents=True)
    for name in OUTPUTS:
        (out / "latest" / name).write_text("\n".join(rows))
    pl.DataFrame({"address": rows, "run_id": run_id}).write_parquet(out / "latest" / "audit.parquet")
    return contents(out)


def test_a_row_or_its_place_makes_a_difference_and_the_name_of_the_run_makes_none(tmp_path: Path) -> None:
    wanted = published(tmp_path / "wanted", ["a", "b"], "1")
    assert published(tmp_path / "same", ["a", "b"], "2") == wanted
    for number, rows in enumerate((["b", "a"], ["a"], ["a", "b", "b"], ["a", "c"])):
        found = published(tmp_path / str(number), rows, "1")
        assert [name for name in OUTPUTS if found[name] != wanted[name]] == list(OUTPUTS)

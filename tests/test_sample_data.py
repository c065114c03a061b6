"""Is the sample what its generator makes, small, and complete?"""

import csv
import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene.model.words import Verdict
from hygiene.policy.rules import BY_CODE

SAMPLE = Path(__file__).parents[1] / "sample_data"
LIMIT = 4_000_000
LIMIT_OF_FORMATS = 200_000
NOT_IN_A_FIRST_RUN = {"MAN001", "SYN405"}
"""Erasure needs a key, which no repository holds; quoted local parts are suppressed by another policy only."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    subprocess.run([sys.executable, "-B", SAMPLE / "make.py", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def cases() -> list[dict[str, str]]:
    with (SAMPLE / "cases.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _content(path: Path) -> bytes:
    """What the file says; builds of zlib differ in how they pack the same text."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _committed() -> set[str]:
    """Without the samples of formats, which are made by hand."""
    ours = {name for name in _files(SAMPLE) if not name.endswith((".py", ".pyc"))}
    return {name for name in ours if not name.startswith("formats/")} - {"README.md"}


def test_the_generator_makes_the_files_that_are_here(made: Path) -> None:
    assert _files(made) == _committed()


def test_the_generator_makes_the_same_content_every_time(made: Path) -> None:
    changed = [
        name
        for name in _committed()
        if not name.endswith(".parquet") and _content(made / name) != _content(SAMPLE / name)
    ]
    assert changed == []


def test_the_generator_makes_the_same_customers_every_time(made: Path) -> None:
    """As a table: the bytes of Parquet are the writer's affair."""
    assert_frame_equal(pl.read_parquet(made / "customers.parquet"), pl.read_parquet(SAMPLE / "customers.parquet"))


def test_no_gzip_file_tells_when_it_was_written() -> None:
    assert {path.read_bytes()[4:8] for path in SAMPLE.rglob("*.gz")} == {b"\0\0\0\0"}


def test_the_sample_stays_small() -> None:
    sizes = {path: path.stat().st_size for path in SAMPLE.rglob("*") if path.suffix != ".pyc" and path.is_file()}
    of_formats = sum(size for path, size in sizes.items() if path.is_relative_to(SAMPLE / "formats"))
    assert of_formats <= LIMIT_OF_FORMATS
    assert sum(sizes.values()) - of_formats <= LIMIT


def test_every_case_stands_in_its_list(cases: list[dict[str, str]]) -> None:
    with (SAMPLE / "newsletter.csv").open(encoding="utf-8", errors="replace", newline="") as lines:
        newsletter = Counter(row[1] for row in csv.reader(lines) if len(row) > 1)
    customers = Counter(pl.read_parquet(SAMPLE / "customers.parquet")["customer_email"].to_list())
    counts = {"newsletter": newsletter, "customers": customers}
    assert [case for case in cases if counts[case["list"]][case["address"]] != 1] == []


def test_every_case_names_a_verdict_and_the_rule_that_gives_it(cases: list[dict[str, str]]) -> None:
    plain = {Verdict.KEEP, Verdict.REJECT}
    wrong = [
        case
        for case in cases
        if (
            Verdict(case["verdict"]) not in plain
            if not case["rule"]
            else BY_CODE[case["rule"]].verdict != case["verdict"]
        )
    ]
    assert wrong == []


def test_every_rule_has_a_case(cases: list[dict[str, str]]) -> None:
    assert set(BY_CODE) - NOT_IN_A_FIRST_RUN == {case["rule"] for case in cases} - {""}


def test_no_case_is_named_twice(cases: list[dict[str, str]]) -> None:
    assert len({(case["list"], case["address"]) for case in cases}) == len(cases)


def test_every_case_says_why_in_a_sentence(cases: list[dict[str, str]]) -> None:
    assert [case["why"] for case in cases if not case["why"].endswith(".")] == []

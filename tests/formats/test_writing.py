"""What each system imports, to the letter, and that what was written is read back as the same set."""

import csv
import datetime as dt
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.config import SuppressionSource
from hygiene.formats.format import formats
from hygiene.formats.writing import Writing
from hygiene.ingest.suppressions import read_suppressions
from hygiene.model.errors import InputError
from hygiene.model.words import ReasonFamily
from hygiene.publish.exports import Written, _parts, write_additions, write_removals
from tests.conftest import ROOT

WRITERS = sorted(name for name, one in formats().items() if one.write)
READ_BACK = [name for name in WRITERS if name != "hashed"]
GOLDEN = list(csv.DictReader((ROOT / "tests/cases/export_lines.csv").read_text("utf-8").splitlines()))
INSTANT = pl.Datetime("us", "UTC")


def people() -> pl.DataFrame:
    """The five of tests/cases/export_rows.csv, with ids for the one system that needs them."""
    rows = pl.read_csv(ROOT / "tests/cases/export_rows.csv").with_columns(pl.col("at").str.to_datetime(time_zone="UTC"))
    return rows.with_columns(at=pl.col("at").cast(INSTANT), external_id=pl.format("c-{}", pl.int_range(pl.len())))


def many(count: int, rule: str = "BNC201") -> pl.LazyFrame:
    number = pl.int_range(count, eager=True)
    at = pl.lit(dt.datetime(2026, 3, 2, tzinfo=dt.UTC)).cast(INSTANT)
    named = pl.DataFrame({"n": number}).select(address=pl.format("reader{}@example.org", "n"), rule=pl.lit(rule), at=at)
    return named.lazy()


def texts(written: list[Written]) -> dict[str, list[str]]:
    return {one.path.name: one.path.read_text("utf-8").splitlines() for one in written}


def test_every_system_of_the_golden_table_is_there() -> None:
    assert {case["format"] for case in GOLDEN} == set(WRITERS)


@pytest.mark.parametrize("name", WRITERS)
def test_the_files_are_to_the_letter_what_the_system_imports(name: str, tmp_path: Path) -> None:
    rows = people()
    free = rows.filter(pl.col("rule") != "CMP101")
    made = write_additions(rows.lazy(), name, tmp_path) + write_removals(free.lazy(), name, tmp_path)
    expected: dict[str, list[str]] = {}
    for case in GOLDEN:
        if case["format"] == name:
            expected.setdefault(case["file"], []).append(case["line"])
    assert texts(made) == expected


@pytest.mark.parametrize("name", READ_BACK)
def test_what_was_written_is_read_back_as_the_same_set(name: str, tmp_path: Path) -> None:
    found: set[str] = set()
    for one in write_additions(people().lazy(), name, tmp_path):
        source = SuppressionSource(path=str(one.path), format=name, name="back")
        found |= set(read_suppressions(source, tmp_path)["address"])
    assert found == set(people()["address"])


@pytest.mark.parametrize("name", READ_BACK)
def test_the_reason_comes_back_as_strong_as_the_system_can_say(name: str, tmp_path: Path) -> None:
    """A complaint never comes back as anything else where the system has a word for it."""
    form = formats()[name]
    assert form.write is not None
    assert form.suppressions is not None
    read = form.suppressions.reasons
    word = form.write.words[ReasonFamily.COMPLAINT].lower()
    if word in read and form.suppressions.columns.get("reason"):
        one = next(
            each for each in write_additions(people().lazy(), name, tmp_path) if "angry" in each.path.read_text()
        )
        listed = read_suppressions(SuppressionSource(path=str(one.path), format=name, name="back"), tmp_path)
        families = dict(listed.select("address", "family").rows())
        assert families["angry@example.net"] in (read[word], "unknown")


def test_hashed_files_hold_digests_of_the_lower_case_address_and_no_address(tmp_path: Path) -> None:
    rows = people().with_columns(address=pl.format(" {}", pl.col("address").str.to_uppercase()))
    (made,) = write_additions(rows.lazy(), "hashed", tmp_path)
    lines = made.path.read_text().splitlines()[1:]
    plain = [address.strip().lower().encode() for address in rows["address"]]
    digests = [(hashlib.sha256(one), hashlib.md5(one, usedforsecurity=False)) for one in plain]
    assert lines == [f"{sha.hexdigest()},{md5.hexdigest()}" for sha, md5 in digests]
    assert "@" not in made.path.read_text()


@pytest.mark.parametrize(
    ("count", "rows"), [(0, [0]), (1, [1]), (100_000, [100_000]), (250_001, [100_000, 100_000, 50_001])]
)
def test_additions_for_ses_hold_at_most_100000_a_file(count: int, rows: list[int], tmp_path: Path) -> None:
    made = write_additions(many(count), "ses", tmp_path)
    assert [one.rows for one in made] == rows
    assert [len(lines) for lines in texts(made).values()] == rows
    assert len({line for lines in texts(made).values() for line in lines}) == count


def test_removals_for_ses_hold_at_most_10000_a_file(tmp_path: Path) -> None:
    assert [one.rows for one in write_removals(many(20_001), "ses", tmp_path)] == [10_000, 10_000, 1]


@pytest.mark.parametrize(("name", "limit"), [("mailgun", 25_000_000), ("sparkpost", 20_000_000), ("brevo", 8_000_000)])
def test_no_file_is_larger_than_the_system_takes(name: str, limit: int, tmp_path: Path) -> None:
    made = [one for one in write_additions(many(420_000), name, tmp_path) if one.rows]
    assert len(made) > 1
    sizes = [one.path.stat().st_size for one in made]
    assert all(size <= limit for size in sizes)
    assert all(size > limit - 200 for size in sizes[:-1])
    assert sum(one.rows for one in made) == 420_000


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 900), max_size=60),
    rows=st.integers(1, 20) | st.none(),
    size=st.integers(1024, 4000) | st.none(),
)
def test_parts_hold_every_row_once_and_keep_both_limits(lengths: list[int], rows: int | None, size: int | None) -> None:
    with TemporaryDirectory() as folder:
        spool = Path(folder) / "lines.parquet"
        pl.DataFrame({"line": ["x" * one for one in lengths]}, schema={"line": pl.String}).write_parquet(spool)
        parts = list(_parts(spool, 10, rows, size))
    assert sum(count for _, count in parts) == len(lengths)
    assert [first for first, _ in parts] == [sum(count for _, count in parts[:n]) for n in range(len(parts))]
    for first, count in parts:
        assert rows is None or count <= rows
        assert size is None or 10 + sum(length + 1 for length in lengths[first : first + count]) <= size


@pytest.mark.parametrize("rule", ["CMP101", "MAN001"])
@pytest.mark.parametrize("name", WRITERS)
def test_no_file_asks_to_mail_a_complainer_or_an_erased_person_again(name: str, rule: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never removed"):
        write_removals(many(1, rule), name, tmp_path)


@pytest.mark.parametrize("rule", ["*", "OLD999"])
def test_a_rule_that_is_no_longer_known_counts_as_a_persons_word(rule: str, tmp_path: Path) -> None:
    (made,) = write_additions(many(1, rule), "csv", tmp_path)
    assert ",manual," in made.path.read_text()


def test_braze_is_told_that_it_needs_ids(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--ids"):
        write_additions(many(1), "braze", tmp_path)


@pytest.mark.parametrize("name", WRITERS)
def test_every_family_of_reasons_has_a_word_in_every_system(name: str) -> None:
    writing = formats()[name].write
    assert isinstance(writing, Writing)
    assert set(writing.words) == set(ReasonFamily)


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    made = write_additions(people().lazy(), "mailgun", tmp_path)
    assert {oct(one.path.stat().st_mode & 0o777) for one in made} == {"0o600"}
    assert {file.name for file in tmp_path.iterdir()} == {one.path.name for one in made}

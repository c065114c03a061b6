"""Wrapping goes, letters stay, and each repair has its name."""

import csv
from pathlib import Path

import polars as pl
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.normalize.repair import REPAIRS, repaired

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases" / "repairs.csv").read_text("utf-8").splitlines()))
INNER = ["{}", "<{}>", "Ann <{}>", '"Lee, Ann" <{}>', "Ann Lee [mailto:{}]"]
OUTER = [" {} ", '"{}"', "mailto:{}", "{},", ".{}.", "\ufeff{}", "({})", "{};", "“{}”", "'{}'"]


def repair(*cells: str | None) -> pl.DataFrame:
    frame = pl.DataFrame({"cell": cells}, schema={"cell": pl.String})
    return frame.select(repaired("cell").alias("found")).unnest("found")


def is_valid(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


@pytest.mark.parametrize("case", CASES, ids=[case["why"] + ": " + case["raw"] for case in CASES])
def test_the_truth_table_of_repairs_holds(case: dict[str, str]) -> None:
    raw, address = (case[name].encode().decode("unicode_escape") for name in ("raw", "address"))
    assert repair(raw).row(0) == (address, case["repair"] or None)


@pytest.mark.parametrize("case", CASES, ids=[case["raw"] for case in CASES])
def test_what_was_repaired_needs_no_repair(case: dict[str, str]) -> None:
    address = case["address"].encode().decode("unicode_escape")
    assert repair(address).row(0) == (address, None)


def test_every_repair_has_a_row_in_the_truth_table() -> None:
    assert {name for case in CASES for name in case["repair"].split("+") if name} == set(REPAIRS)


def test_a_null_cell_stays_null() -> None:
    assert repair(None, "ann@x.org ", None).rows() == [(None, None), ("ann@x.org", "spaces"), (None, None)]


def test_a_column_without_an_odd_cell_is_returned_as_it_is() -> None:
    assert repair("ann@x.org", "bob@y.org").rows() == [("ann@x.org", None), ("bob@y.org", None)]


@settings(max_examples=60, deadline=None)
@given(st.emails(), st.sampled_from(INNER), st.lists(st.sampled_from(OUTER), max_size=3, unique=True))
def test_any_wrapping_of_a_valid_address_comes_off(address: str, inner: str, outer: list[str]) -> None:
    # These mean something of their own at the edge of an address or after `mailto:`.
    address = address.translate(str.maketrans("'`%?|", "abcde"))
    cell = inner.format(address)
    for wrapping in outer:
        cell = wrapping.format(cell)
    assert repair(cell)["address"][0] == address


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.emails(), st.text(), st.text("a%@.'\"<> 2B740,;:`?|\n\u200d\uff20", max_size=14)), max_size=9)
)
def test_no_repair_makes_a_valid_address_invalid(cells: list[str]) -> None:
    found = repair(*cells)["address"]
    assert [cell for cell, address in zip(cells, found, strict=True) if is_valid(cell) and not is_valid(address)] == []


@settings(max_examples=100, deadline=None)
@given(st.text("abcXYZ019!#$&'*+-/=?^_`{|}~.", min_size=1), st.sampled_from(["x.org", "a-b.co.uk", "X.Org"]))
def test_a_valid_ascii_address_is_left_alone(local_part: str, domain: str) -> None:
    address = f"{local_part}@{domain}"
    assert not is_valid(address) or repair(address).row(0) == (address, None)


def test_a_lazy_frame_of_many_batches_is_repaired_in_place() -> None:
    cells = pl.DataFrame({"row": range(3000), "cell": [f" ann{row % 50}@x.org" for row in range(3000)]})
    lazy = pl.concat([cells[:10], cells[10:2000], cells[2000:]]).lazy().with_columns(repaired("cell").alias("found"))
    found = lazy.unnest("found").sort("row").collect()
    assert found["address"].to_list() == [f"ann{row % 50}@x.org" for row in range(3000)]
    assert found["repair"].unique().to_list() == ["spaces"]

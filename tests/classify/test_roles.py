"""Which local parts name a job, and of which kind."""

import csv
from pathlib import Path

import polars as pl
import pytest

from hygiene.classify.roles import role_tier
from hygiene.policy.references import reference

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases" / "roles.csv").read_text("utf-8").splitlines()))
TECHNICAL = set(reference("roles_technical").entries)
BUSINESS = set(reference("roles_business").entries)


def tiers(*local_parts: str | None) -> list[str | None]:
    frame = pl.DataFrame({"local_part": local_parts}, schema={"local_part": pl.String})
    return frame.select(role_tier(pl.col("local_part"))).to_series().to_list()


@pytest.mark.parametrize("case", CASES, ids=[case["local_part"] for case in CASES])
def test_the_truth_table_of_roles_holds(case: dict[str, str]) -> None:
    assert tiers(case["local_part"]) == [case["tier"] or None]


def test_an_address_without_a_local_part_has_no_role() -> None:
    assert tiers(None, "info") == [None, "business"]


def test_no_name_is_in_both_tiers_or_twice_in_one() -> None:
    assert TECHNICAL.isdisjoint(BUSINESS)
    for name in ("roles_technical", "roles_business"):
        entries = reference(name).entries
        assert len(entries) == len(set(entries))


def test_every_entry_is_written_as_a_local_part_is_compared() -> None:
    assert [entry for entry in TECHNICAL | BUSINESS if entry != entry.lower() or "+" in entry or " " in entry] == []


def test_the_names_that_suppress_are_no_given_names() -> None:
    assert tiers("ann", "mark", "rob", "will", "grace", "ola", "sunny", "art") == [None] * 8

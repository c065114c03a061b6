"""The hash of an entry covers all that it says, and a digest stands for what may have to be forgotten."""

import datetime as dt
import hashlib
from typing import Any

import polars as pl
import pytest

from hygiene.ledger.chain import CHAINED, GENESIS, PERSONAL, SALTED, Head, chained, first_break, personal_digests
from hygiene.ledger.store import complete
from hygiene.model.tables import INSTANT, LEDGER
from tests.ledger.entries import entries, entry


def one(**cells: Any) -> pl.DataFrame:
    return chained(complete(entries(entry("ann@example.org", **cells))), Head())


def test_the_hash_is_the_one_that_the_documentation_says() -> None:
    written = one(entered_at=dt.datetime(2026, 7, 1, tzinfo=dt.UTC)).row(0, named=True)
    personal = f'32:{written["salt"]},15:ann@example.org,15:ann@example.org,15:ann@example.org,11:{{"line": 3}},-'
    digest = hashlib.sha256(personal.encode()).hexdigest()
    said = f"1:1,16:1782864000000000,8:suppress,7:mailbox,6:BNC201,3:run,---64:{digest},"
    assert written["personal_digest"] == digest
    assert written["hash"] == hashlib.sha256((GENESIS + said).encode()).hexdigest()


@pytest.mark.parametrize("name", [name for name in (*CHAINED, *SALTED) if name != "seq"])
def test_every_field_is_covered(name: str) -> None:
    other = (
        pl.lit(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), INSTANT) if LEDGER.schema[name] == INSTANT else pl.lit("other")
    )
    changed = one().with_columns(other.alias(name))
    assert first_break(one(), Head(), set()) is None
    assert first_break(changed, Head(), set()) is not None


def test_every_column_of_the_table_is_chained_or_part_of_the_chain() -> None:
    assert {*CHAINED, *SALTED, "prev_hash", "hash"} == set(LEDGER.columns)


def test_text_that_moves_from_one_field_to_the_next_is_another_text() -> None:
    shifted = pl.DataFrame({name: [None] for name in SALTED}, schema=dict.fromkeys(SALTED, pl.String))
    left, right = (shifted.with_columns(address=pl.lit(a), evidence=pl.lit(b)) for a, b in (("ab", "c"), ("a", "bc")))
    assert personal_digests(left).item() != personal_digests(right).item()


def test_null_and_an_empty_text_differ() -> None:
    nothing = pl.DataFrame({name: [None] for name in SALTED}, schema=dict.fromkeys(SALTED, pl.String))
    empty = nothing.with_columns(reason=pl.lit(""))
    assert personal_digests(nothing).item() != personal_digests(empty).item()


def test_the_same_person_twice_has_two_digests() -> None:
    assert one()["personal_digest"].item() != one()["personal_digest"].item()


def test_a_blank_entry_fits_only_where_an_erasure_names_it() -> None:
    blank = one().with_columns(pl.lit(None, pl.String).alias(name) for name in SALTED)
    assert first_break(blank, Head(), {1}) is None
    assert first_break(blank, Head(), {2}) is not None


@pytest.mark.parametrize("name", PERSONAL)
def test_an_entry_that_is_blank_in_part_never_fits(name: str) -> None:
    partly = one().with_columns(pl.lit(None, pl.String).alias(other) for other in SALTED if other != name)
    changed = partly.with_columns(pl.lit("other").alias(name))
    assert first_break(changed, Head(), {1}) is not None

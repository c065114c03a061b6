"""The brake counts what is new tonight, by list, by provider and against the usual."""

import polars as pl

from hygiene.decide.brake import brake_reasons
from hygiene.decide.verdict import bit
from hygiene.policy.policy import Policy

GONE = bit("BNC201")


def night(new: int, rows: int, provider: str | None = "apple", in_force: int = 0, imported: int = 0) -> pl.LazyFrame:
    """A list of which so many rows are suppressed."""
    columns = {"list": pl.lit("letter"), "mailbox_provider": pl.lit(provider, pl.String)}
    bits = {"in_force": pl.lit(in_force, pl.UInt64), "imported": pl.lit(imported, pl.UInt64)}
    fired = pl.Series("fired", [GONE] * new + [0] * (rows - new), dtype=pl.UInt64)
    return fired.to_frame().lazy().with_columns(**columns, **bits)


def reasons(decided: pl.LazyFrame, usual: float | None = None, is_first: bool = False) -> list[str]:
    return [reason.split(":")[0] for reason in brake_reasons(decided, usual, is_first, Policy())]


def test_five_in_a_hundred_pass_and_six_do_not() -> None:
    assert reasons(night(50, 1000)) == []
    assert reasons(night(51, 1000)) == ["list letter"]


def test_a_provider_is_looked_at_apart_from_a_hundred_rows_on() -> None:
    others = night(0, 9000, None)
    assert reasons(pl.concat([night(11, 100), others])) == ["provider apple"]
    assert reasons(pl.concat([night(99, 99), others])) == []


def test_the_first_run_may_bury_the_old_dead() -> None:
    assert reasons(night(300, 1000), is_first=True) == []
    assert reasons(night(301, 1000), is_first=True) == ["list letter", "provider apple"]


def test_what_was_suppressed_before_is_not_new() -> None:
    assert reasons(night(1000, 1000, in_force=GONE)) == []


def test_what_came_with_tonights_imports_is_new() -> None:
    assert reasons(night(1000, 1000, in_force=GONE, imported=GONE)) == ["list letter", "provider apple"]


def test_more_than_three_times_the_usual_is_held() -> None:
    decided = night(301, 100_000)
    assert reasons(decided, usual=101) == []
    assert reasons(decided, usual=100) == ["301 rows would be newly suppressed, more than 3 times the usual 100"]

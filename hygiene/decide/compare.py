"""The ledger beside another system's own list: what each lacks, and whose reason counts where they differ."""

from collections.abc import Mapping
from enum import StrEnum

import polars as pl
from polars import col

from hygiene.decide.standing import NEVER, family_of
from hygiene.model.words import ReasonFamily
from hygiene.policy.families import BY_STRENGTH

PLACE = {family.value: place for place, family in enumerate(BY_STRENGTH)}
UNSAID = ReasonFamily.UNKNOWN.value


class Finding(StrEnum):
    """What is to be said of an address that the other system lists."""

    AGREES = "agrees"
    THEIRS_STRONGER = "theirs is stronger"
    """Both suppress it; their reason counts, and the ledger learns it."""
    OURS_STRONGER = "ours is stronger"
    """Both suppress it; our reason counts, and the system has a word for it."""
    UNSAYABLE = "ours is stronger, and the system has no word for it"
    MISSING_HERE = "missing here"
    LIFTED_HERE = "lifted here"
    """The ledger let go what the system still has: it is removed there."""
    LEFT_ALONE = "left alone"
    """Neither is told: our own rules judge it, or it complained once and may not be removed."""


def found(theirs: pl.DataFrame, entering: pl.DataFrame, shown: Mapping[ReasonFamily, ReasonFamily]) -> pl.DataFrame:
    """Adds `ours` (a ReasonFamily) and `finding` to a list.

    `theirs` has one row an address_key, with family, in_force and ever; `entering` are the mailbox keys that an import
    would enter; `shown` is what the system's list says after it was told our reason.
    """
    told = {family.value: said.value for family, said in shown.items()}
    named = theirs.with_columns(ours=family_of(col("in_force"))).with_columns(
        family=col("family").fill_null(UNSAID),
        shown=col("ours").replace_strict(told, return_dtype=pl.String),
        enters=col("mailbox_key").is_in(entering["mailbox_key"].implode()),
    )
    return named.with_columns(finding=pl.when(col("in_force") == 0).then(_missing()).otherwise(_both()))


def _missing() -> pl.Expr:
    may_be_removed = (col("ever") != 0) & (col("ever") & NEVER == 0) & (col("family") != ReasonFamily.COMPLAINT.value)
    return (
        pl.when("enters").then(pl.lit(Finding.MISSING_HERE.value))
        .when(may_be_removed).then(pl.lit(Finding.LIFTED_HERE.value))
        .otherwise(pl.lit(Finding.LEFT_ALONE.value))
    )  # fmt: skip


def _both() -> pl.Expr:
    theirs, ours, said = (
        col(name).replace_strict(PLACE, return_dtype=pl.Int64) for name in ("family", "ours", "shown")
    )
    agrees = (col("family") == UNSAID) | (col("family") == col("ours")) | (col("family") == col("shown"))
    return (
        pl.when(agrees).then(pl.lit(Finding.AGREES.value))
        .when(theirs < ours).then(pl.lit(Finding.THEIRS_STRONGER.value))
        .when(said < theirs).then(pl.lit(Finding.OURS_STRONGER.value))
        .otherwise(pl.lit(Finding.UNSAYABLE.value))
    )  # fmt: skip

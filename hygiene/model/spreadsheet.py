"""Cells that a spreadsheet would execute, made harmless in files for people."""

import polars as pl


def defused(name: str) -> pl.Expr:
    """The column with an apostrophe before what a spreadsheet would take for a formula (OWASP, CSV injection)."""
    return (
        pl.when(pl.col(name).str.contains(r"^[=+\-@\t\r\n|]"))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
    )

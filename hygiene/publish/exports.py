"""What an ESP must learn since the last published run, in the form that it takes (formats/*.toml, `[write]`)."""

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars import col

from hygiene.formats.format import format_named
from hygiene.model.errors import InputError
from hygiene.model.words import ReasonFamily

FAMILIES = {
    "CMP": ReasonFamily.COMPLAINT, "UNS": ReasonFamily.UNSUBSCRIBE, "BNC": ReasonFamily.HARD_BOUNCE,
    "SFT": ReasonFamily.SOFT_BOUNCE, "DOM": ReasonFamily.DEAD_DOMAIN, "SYN": ReasonFamily.INVALID,
    "ROL": ReasonFamily.ROLE, "ENG": ReasonFamily.UNENGAGED,
}  # fmt: skip
NEVER_REMOVED = ["CMP101", "MAN001"]
"""No file tells an ESP to mail a complainer or an erased person again."""


def family(rule: str) -> ReasonFamily:
    """The family of reasons that a rule belongs to."""
    if rule == "MAN001":
        return ReasonFamily.ERASURE
    return FAMILIES.get(rule[:3], ReasonFamily.MANUAL)


def write_exports(
    added: pl.DataFrame, removed: pl.DataFrame, names: Sequence[str], folder: Path, as_of: dt.datetime
) -> list[Path]:
    """`<format>-add.csv` and `<format>-remove.csv`, split at the system's limits; empty ones are written too.

    Both frames hold address and rule; one line an address, by the first rule given.
    """
    additions = added.unique("address", keep="first", maintain_order=True)
    gone = removed.filter(~col("rule").is_in(NEVER_REMOVED)).join(additions, on="address", how="anti")
    removals = gone.unique("address", keep="first", maintain_order=True)
    written: list[Path] = []
    for name in names:
        form = format_named(name).write
        if form is None:
            raise InputError(f"format {name} takes no suppression file.", "[publish] exports")
        words = dict(form.words)
        lines = _lines(additions, form.cells, "add", words, as_of)
        written += _split(lines, form.header, form.additions_per_file, folder / f"{name}-add")
        if form.removal_cells:
            lines = _lines(removals, form.removal_cells, "remove", words, as_of)
            written += _split(lines, form.removal_header, form.removals_per_file, folder / f"{name}-remove")
    return written


def _lines(
    rows: pl.DataFrame, cells: Sequence[str], action: str, words: dict[ReasonFamily, str], as_of: dt.datetime
) -> pl.DataFrame:
    rules = rows["rule"].unique().to_list()
    families = pl.DataFrame(
        {"rule": rules, "reason": [family(rule).value for rule in rules],
         "word": [words.get(family(rule)) for rule in rules]},
        schema={"rule": pl.String, "reason": pl.String, "word": pl.String},
    )  # fmt: skip
    told = rows.join(families, on="rule", how="left", maintain_order="left")
    return told.with_columns(action=pl.lit(action), at=pl.lit(as_of.isoformat())).select(cells)


def _split(lines: pl.DataFrame, header: Sequence[str], limit: int | None, stem: Path) -> list[Path]:
    parts = list(lines.iter_slices(limit)) if limit and lines.height else [lines]
    paths = [
        stem.with_name(f"{stem.name}{f'-{number}' if number > 1 else ''}.csv") for number in range(1, len(parts) + 1)
    ]
    for part, path in zip(parts, paths, strict=True):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            if header:
                file.write((",".join(header) + "\n").encode())
            part.write_csv(file, include_header=False)
    return paths

"""Whether hygiene and the other ways to do the job decide alike, row by row, and where they do not.

python -m bench agree [SIZE]
"""

import sys
from pathlib import Path

import polars as pl
from polars import col

from bench.measure import measured
from bench.nights import cleared, fresh_state, generated, night_command
from bench.others import OTHERS, missing
from bench.results import table
from bench.sizes import DATA, size_named

FAMILIES = {
    "CMP": "complaint", "UNS": "unsubscribe", "BNC2": "hard_bounce", "DOM": "dead_domain", "SYN": "invalid",
    "ROL": "role", "SFT": "soft_bounce", "ENG": "unengaged", "DUP": "duplicate",
}  # fmt: skip
"""Beginnings of rule codes, by the other scripts' words; what is held is `hold`, what is reviewed is kept."""
KEPT, HOLD = "kept", "hold"


def by_hygiene(out: Path) -> pl.DataFrame:
    """`row, reason` of the rows that the last published run does not keep."""
    audit = pl.read_parquet(out / "latest" / "audit.parquet")
    families = [pl.when(col("rule").str.starts_with(code)).then(pl.lit(name)) for code, name in FAMILIES.items()]
    # A reader whose bounce was held long enough is tried again; the scripts hold for good.
    is_held = (col("verdict") == HOLD) | (col("rule") == "BNC221")
    held = pl.when(is_held).then(pl.lit(HOLD))
    told = audit.filter(~col("verdict").is_in(["keep", "review"]) | is_held)
    return told.select(col("row").cast(pl.Int64), reason=pl.coalesce(held, *families))


def by_script(out: Path) -> pl.DataFrame:
    """`row, reason` of the rows that the script does not keep."""
    return pl.read_parquet(out / "audit.parquet").select(col("row").cast(pl.Int64), col("reason").cast(pl.String))


def differences(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """How many rows have which two reasons, where these differ: `ours, theirs, rows, first` (a row's number)."""
    both = ours.join(theirs, on="row", how="full", coalesce=True, suffix="_theirs")
    named = both.select("row", ours=col("reason").fill_null(KEPT), theirs=col("reason_theirs").fill_null(KEPT))
    unlike = named.filter(col("ours") != col("theirs"))
    counted = unlike.group_by("ours", "theirs").agg(rows=pl.len(), first=col("row").min())
    return counted.sort("rows", "first", descending=[True, False])


def counts(frames: dict[str, pl.DataFrame], rows: int) -> str:
    """A table of rows by reason."""
    told = [dict(frame["reason"].value_counts().iter_rows()) | {KEPT: rows - frame.height} for frame in frames.values()]
    lines = [[reason, *(f"{one.get(reason, 0):,}" for one in told)] for reason in (KEPT, HOLD, *FAMILIES.values())]
    return table(["reason", *frames], lines)


def decided(folder: Path) -> dict[str, pl.DataFrame]:
    """`row, reason` of the rows that are not kept, by each way to do the job; runs all of them once."""
    fresh_state(folder)
    measured(night_command(folder / "first.toml"))
    frames = {"hygiene": by_hygiene(folder / "out")}
    for name, command in OTHERS.items():
        measured([*command, str(folder), str(folder / "out" / name)])
        frames[name] = by_script(folder / "out" / name)
    cleared(folder)
    return frames


def main(arguments: list[str]) -> None:
    """Prints the counts and the differences."""
    size = arguments[0] if arguments else "small"
    if lacking := missing():
        sys.exit(lacking)
    generated(folder := DATA / size, size)
    frames = decided(folder)
    print(counts(frames, size_named(size).rows))
    for name in OTHERS:
        print(f"\nhygiene and {name} differ in:\n{differences(frames['hygiene'], frames[name])}")

"""The sizes of a generated job, and the disk that each needs."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

DATA = Path("build/bench")
"""Where generated jobs lie and are found again; `make clean` removes them."""
BYTES_A_ROW, BYTES_A_ROW_AND_NIGHT, BYTES_AN_EVENT = 160, 700, 45
"""Both lists; the outputs of a night, its audit trail above all; and event files, history and work files."""


@dataclass(frozen=True)
class Size:
    """How many rows of the list, events of the year, and nights that are compared."""

    rows: int
    events: int
    nights: int = 2

    def __str__(self) -> str:
        return f"{self.rows:,} rows, {self.events:,} events"

    def disk(self) -> int:
        """Bytes that the data and a run of each night need."""
        return self.rows * (BYTES_A_ROW + self.nights * BYTES_A_ROW_AND_NIGHT) + self.events * BYTES_AN_EVENT


SIZES = {
    "tiny": Size(5_000, 50_000),
    "small": Size(100_000, 1_000_000),
    "3min": Size(1_000_000, 10_000_000),
    "10m": Size(10_000_000, 100_000_000),
    "50m": Size(50_000_000, 300_000_000, nights=1),
}


def size_named(name: str) -> Size:
    """The size of that name; ends the program with a sentence where there is none."""
    if name not in SIZES:
        sys.exit(f"bench: there is no size {name}. There are: {', '.join(SIZES)}.")
    return SIZES[name]


def refuse_without_space(folder: Path, size: Size) -> None:
    """Says how much disk the size takes; ends the program with a sentence where there is less."""
    there = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.exists())
    free, needed = shutil.disk_usage(there).free + taken(folder), size.disk()
    print(f"{size}: {needed / 2**30:.1f} GiB of disk at most in {folder}, {free / 2**30:.1f} GiB are free", flush=True)
    if free < needed:
        sys.exit(f"bench: {folder} lacks space. Free some, or name another folder with --data=FOLDER.")


def taken(folder: Path) -> int:
    """Bytes of the files below a folder, which need not be there."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())

"""Reading a few records the way a night does."""

import csv
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from hygiene.config import EventSource
from hygiene.ingest.events import EventRows, read_events
from tests.conftest import ROOT

TABLES = ROOT / "tests/cases/formats"
SAMPLES = ROOT / "sample_data/formats"
Case = dict[str, str]


def how(case: Case) -> dict[str, str]:
    """What a job would have to say to read it."""
    return {"dated": case["dated"]} if case.get("dated") else {}


def cases() -> Iterator[tuple[str, Case]]:
    """Every line of the tables, with the name of its system."""
    csv.field_size_limit(1 << 20)
    for table in sorted(TABLES.glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as lines:
            yield from ((table.stem, case) for case in csv.DictReader(lines))


def samples() -> list[Path]:
    """Every sample file; its name begins with that of its system. Logs and messages have folders (tests/ingest)."""
    return sorted(path for path in SAMPLES.iterdir() if path.is_file() and not path.name.endswith(".md"))


def read(folder: Path, content: str | bytes, name: str = "events.json", **how: str) -> EventRows:
    """The events of one file with this content."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_all(folder, name, **how)[0]


def read_all(folder: Path, path: str, **how: str) -> list[EventRows]:
    """The events of a file, or of every file in an archive."""
    (folder / "work").mkdir(exist_ok=True)
    found = read_events(EventSource.model_validate({"path": path, **how}), folder, folder / "work")
    return [file.read() for file in found]


def case_of(system: str, name: str) -> Case:
    """The line of that name."""
    return next(case for one, case in cases() if (one, case["case"]) == (system, name))


def events_of(folder: Path, system: str, record: str, name: str = "events.json") -> pl.DataFrame:
    """The events of a few records of a system."""
    return read(folder, record, name, format=system).events.collect()

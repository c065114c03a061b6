"""How many events a file is expected to hold: never fewer than there are, and not many times as many."""

import gzip
import random
import zipfile
from pathlib import Path

import polars as pl
import pytest

from hygiene.config import EventSource
from hygiene.ingest.events import read_events
from hygiene.ingest.expected import expected_events

COUNT = 5_000
DRAWN = random.Random(7)
EVENTS = pl.DataFrame(
    {
        "occurred_at": [
            f"2026-05-{DRAWN.randrange(1, 29):02}T10:45:{DRAWN.uniform(10, 59):.6f}Z" for _ in range(COUNT)
        ],
        "address": [f"ute.kaya{DRAWN.randrange(99_999)}@company{DRAWN.randrange(97)}.example" for _ in range(COUNT)],
        "kind": DRAWN.choices(["sent", "delivered", "opened"], k=COUNT),
        "campaign": [f"weekly-{DRAWN.randrange(50)}" for _ in range(COUNT)],
    }
)


def expected(folder: Path, name: str) -> int:
    """Of the one file."""
    (file,) = read_events(EventSource(path=name), folder, folder / "work")
    return expected_events(file)


def written(path: Path) -> None:
    """The events in the form that the name says."""
    inner = path.with_name(path.name.removesuffix(".gz").removesuffix(".zip"))
    match inner.suffix:
        case ".csv":
            EVENTS.write_csv(inner)
        case ".ndjson":
            EVENTS.write_ndjson(inner)
        case _:
            EVENTS.write_parquet(inner)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(inner.read_bytes()))
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inner, inner.name)


@pytest.mark.parametrize("name", ["e.csv", "e.csv.gz", "e.csv.zip", "e.ndjson", "e.ndjson.gz", "e.ndjson.zip"])
def test_the_size_of_a_file_tells_about_how_many_events_it_holds(tmp_path: Path, name: str) -> None:
    written(tmp_path / name)
    assert COUNT <= expected(tmp_path, name) <= 4 * COUNT


def test_a_parquet_file_says_it_itself(tmp_path: Path) -> None:
    written(tmp_path / "e.parquet")
    assert expected(tmp_path, "e.parquet") == COUNT


def test_a_damaged_parquet_file_is_left_to_the_reader_to_tell(tmp_path: Path) -> None:
    written(tmp_path / "e.parquet")
    whole = (tmp_path / "e.parquet").read_bytes()
    (tmp_path / "e.parquet").write_bytes(whole[: len(whole) // 2])
    assert expected(tmp_path, "e.parquet") > 0

"""The suppression lists of other systems, by a table of cases: each address with its reason, or why it is refused."""

import csv
import datetime as dt
import zipfile
from pathlib import Path

import polars as pl
import pytest

from hygiene.config import SuppressionSource
from hygiene.formats.format import formats
from hygiene.ingest.suppressions import read_suppressions
from hygiene.model.errors import InputError
from hygiene.model.words import ReasonFamily
from tests.conftest import ROOT

with (ROOT / "tests/cases/suppression_lists.csv").open(encoding="utf-8", newline="") as table:
    CASES = list(csv.DictReader(table))


def read(folder: Path, system: str, file: str, content: bytes) -> pl.DataFrame:
    (folder / file).write_bytes(content)
    return read_suppressions(SuppressionSource(path=file, format=system, name="them"), folder)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['format']}: {case['case']}" for case in CASES])
def test_a_list_says_what_the_table_says(case: dict[str, str], tmp_path: Path) -> None:
    content = case["content"].encode("utf-16" if "UTF-16" in case["case"] else "utf-8")
    if case["expects"].startswith("refused: "):
        with pytest.raises(InputError, match=case["expects"].removeprefix("refused: ")):
            read(tmp_path, case["format"], case["file"], content)
        return
    found = read(tmp_path, case["format"], case["file"], content).to_dicts()
    wanted = [(*entry.partition("@2")[0].split("="), entry) for entry in case["expects"].split()]
    assert [(row["address"], row["family"]) for row in found] == [(address, family) for address, family, _ in wanted]
    dated = [(row, entry.partition("@2")[2]) for row, (*_, entry) in zip(found, wanted, strict=True) if "@2" in entry]
    for row, at in dated:
        assert row["suppressed_at"] == dt.datetime.fromisoformat(f"2{at}+00:00")


def test_every_word_for_a_reason_leads_to_a_family() -> None:
    words = {word for each in formats().values() if each.suppressions for word in each.suppressions.reasons.values()}
    assert words <= set(ReasonFamily)


@pytest.mark.parametrize("system", [name for name, each in formats().items() if each.suppressions and name != "csv"])
def test_every_list_has_a_case(system: str) -> None:
    assert system in {case["format"] for case in CASES}


def test_all_lists_of_an_archive_are_read_and_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("bounces.csv", "address,code,error,created_at\ngone@example.org,550,x,2026-03-02\n")
        archive.writestr("complaints.csv", "address,created_at\nangry@example.net,2026-03-02\n")
    found = read_suppressions(SuppressionSource(path="export.zip", format="mailgun", name="them"), tmp_path)
    assert found.select("address", "family", "source").rows() == [
        ("gone@example.org", "hard_bounce", "export.zip/bounces.csv"),
        ("angry@example.net", "complaint", "export.zip/complaints.csv"),
    ]


def test_a_list_without_addresses_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column holds addresses"):
        read(tmp_path, "postmark", "x.csv", b"colour\nblue\n")

"""The suppression lists of other systems, by a table of cases: each address with its reason, or why it is refused."""

import csv
import datetime as dt
import zipfile
from pathlib import Path

import polars as pl
import pytest

from hygiene.config import SuppressionSource
from hygiene.formats.format import formats
from hygiene.ingest.list_forms import list_format, list_formats
from hygiene.ingest.suppressions import read_suppressions
from hygiene.ingest.text import open_text
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


@pytest.mark.parametrize("form", ["csv", "sendgrid", "iterable"])
@pytest.mark.parametrize(
    "content",
    [
        "Email Address,ZB Status\ngood@example.org,valid\n",
        "email,status,reason,toxicity\ngood@example.org,deliverable,accepted_email,0\n",
        '{"email":"good@example.org","timestamp":1772442931,"event":"open","sg_event_id":"x"}\n',
        "email,event,timestamp,sg_event_id\ngood@example.org,delivered,1772442931,x\n",
    ],
)
def test_events_and_reports_of_verifiers_are_evidence_and_never_a_list(form: str, content: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read(tmp_path, form, "x", content.encode())


@pytest.mark.parametrize(
    "file", [path for path in (ROOT / "sample_data/formats").iterdir() if path.is_file()], ids=lambda path: path.name
)
def test_no_sample_of_events_is_taken_for_a_list(file: Path) -> None:
    with pytest.raises(InputError):
        read_suppressions(SuppressionSource(path=file.name, format="csv", name="them"), file.parent)


def test_what_is_refused_as_events_says_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="what ZeroBounce") as raised:
        read(tmp_path, "csv", "x.csv", b"Email Address,ZB Status\ngood@example.org,valid\n")
    assert "[[events]]" in raised.value.fix


def told(folder: Path, content: bytes) -> list[str]:
    (folder / "list").write_bytes(content)
    return list_formats(open_text(folder / "list", folder))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['format']}: {case['case']}" for case in CASES])
def test_a_list_is_known_as_its_own_systems_or_as_no_ones(case: dict[str, str], tmp_path: Path) -> None:
    content = case["content"].encode("utf-16" if "UTF-16" in case["case"] else "utf-8")
    own = "ses-json" if case["case"] == "an import file as JSON lines" else case["format"]
    assert told(tmp_path, content) in ([], [own])


@pytest.mark.parametrize(
    "system", [name for name, each in formats().items() if each.suppressions and each.suppressions.marks]
)
def test_a_list_with_marks_is_known_by_them(system: str, tmp_path: Path) -> None:
    cases = [case["content"].encode() for case in CASES if case["format"] == system]
    assert [system] in [told(tmp_path, content) for content in cases]


@pytest.mark.parametrize(
    "content",
    [
        "gone@example.org,BOUNCE\nann@example.org,UNSUBSCRIBE\n",
        "gone@example.org,BOUNCE,2026-03-02\n",
        "BOUNCE,gone@example.org\n",
        "gone@example.org,BOUNCE\nann@example.org\n",
        "gone@example.org\n",
        "email,reason\ngone@example.org,BOUNCE\n",
    ],
)
def test_what_is_only_like_a_list_of_ses_is_not_taken_for_one(content: str, tmp_path: Path) -> None:
    assert told(tmp_path, content.encode()) == []


def test_the_first_list_of_an_archive_tells_whose_they_are(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("bounces.csv", "address,code,error,created_at\ngone@example.org,550,x,2026-03-02\n")
    assert list_format(tmp_path / "export.zip") == "mailgun"


def test_where_nothing_tells_whose_list_it_is_a_person_must(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\ngone@example.org\n")
    with pytest.raises(InputError, match="whose list this is cannot be told"):
        list_format(tmp_path / "list.csv")


def test_a_list_read_as_another_systems_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column holds addresses") as raised:
        read(tmp_path, "csv", "x.csv", b"gone@example.org,BOUNCE\n")
    assert raised.value.fix == "It is a list of ses: name that as its format."

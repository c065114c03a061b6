"""Mistyped domains in a run: proposed where people see it, applied nowhere, and written apart only when asked for."""

import csv
import json
from pathlib import Path

import pytest

from tests.conftest import hygiene

LETTER = """\
email,name
ann@gmial.com,Ann
ANN@gmail.co,Ann again
bob@gmail.con,Bob
bob@gmail.com,Bob himself
cec@hotmial.com,Cec
dan@yahoo.con,Dan
eve@good.org,Eve
"""
GOOD = {"mx": [[10, "mx.good.org"]], "targets": {"mx.good.org": ["9.9.9.9"]}}
PARKED = {"mx": [[10, "mail.h-email.net"]], "targets": {"mail.h-email.net": ["9.9.9.9"]}}
NULL = {"mx": [[0, "."]]}
SNAPSHOT = {
    "good.org": GOOD,
    "gmail.com": GOOD,
    "gmial.com": PARKED,
    "gmail.co": NULL,
    "gmail.con": NULL,
    "hotmial.com": NULL,
    "yahoo.con": {"rcode": "SERVFAIL"},
}
JOB = """\
as_of = 2026-05-01T02:00:00Z
[[lists]]
name = "letter"
path = "letter.csv"
[[suppressions]]
path = "others.csv"
name = "others"
[dns]
mode = "snapshot"
snapshot = "dns.json"
[policy]
brake_first_share = 1.0
"""


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("typos")
    (folder / "letter.csv").write_text(LETTER, encoding="utf-8")
    (folder / "others.csv").write_text("address,reason\ncec@hotmail.com,complaint\n", encoding="utf-8")
    (folder / "dns.json").write_text(json.dumps(SNAPSHOT), encoding="utf-8")
    (folder / "job.toml").write_text(JOB, encoding="utf-8")
    ran = hygiene("run", "job.toml", "-q", "--apply-typos", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return (folder / "out/latest").resolve()


def suggestions(path: Path) -> dict[str, str]:
    rows = csv.DictReader(path.read_text("utf-8").splitlines())
    return {row["address"]: row["suggestion"] for row in rows}


def test_what_was_meant_stands_beside_the_rows_that_people_read(job: Path) -> None:
    assert suggestions(job / "review.csv") == {"ann@gmial.com": "ann@gmail.com"}
    assert suggestions(job / "held.csv") == {"dan@yahoo.con": ""}
    told = suggestions(job / "suppressed.csv")
    assert told == {
        "bob@gmail.con": "bob@gmail.com",
        "ANN@gmail.co": "ANN@gmail.com",
        "cec@hotmial.com": "cec@hotmail.com",
    }


def test_no_address_of_the_cleaned_list_is_changed(job: Path) -> None:
    assert (job / "letter.csv").read_text("utf-8") == (
        "email,name\nann@gmial.com,Ann\nbob@gmail.com,Bob himself\neve@good.org,Eve\n"
    )


def test_the_list_apart_has_each_address_once_and_nobody_who_is_known_under_it(job: Path) -> None:
    assert (job / "proposed/letter.csv").read_text("utf-8") == "email,name\nann@gmail.com,Ann\n"


def test_without_the_option_nothing_is_written_apart(job: Path) -> None:
    folder = job.parent.parent
    assert hygiene("run", "job.toml", "-q", "--as-of", "2026-05-02T02:00:00Z", cwd=folder).returncode == 0
    latest = next(path for path in (folder / "out").iterdir() if path.name.startswith("20260502"))
    assert not (latest / "proposed").exists()

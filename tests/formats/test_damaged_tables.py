"""Odd columns, odd rows and odd quotes in a table of events cost no other record."""

from pathlib import Path

import pytest

from hygiene.ingest import stray_quotes
from tests.formats.reading import read


@pytest.mark.parametrize(
    "odd", ["na\rme", "n" * 200_000, '"' + "n" * 200_000 + '"'], ids=["CR", "long", "long, quoted"]
)
def test_an_odd_name_of_a_column_harms_nothing(odd: str, tmp_path: Path) -> None:
    table = f"type,time,email,{odd}\nbounced,2026-03-02T09:15:31Z,gone@example.org,x\n"
    assert read(tmp_path, table, "events.csv").kinds == {"bounced": 1}


@pytest.mark.parametrize("cells", [1, 2, 9])
def test_a_record_with_more_cells_than_columns_is_told_and_harms_no_other(cells: int, tmp_path: Path) -> None:
    fine = "bounced,2026-03-02T09:15:31Z,gone@example.org\n"
    long = "bounced,2026-03-02T09:15:31Z,odd@example.org" + ",x" * cells + "\n"
    for table in (long + fine, fine + long):
        found = read(tmp_path, "type,time,email\n" + table, "events.csv")
        assert (found.kinds, found.rejects["reason"].to_list()) == ({"bounced": 1}, ["more cells than columns"])


def test_quotes_that_pair_across_lines_cost_no_record(tmp_path: Path) -> None:
    rows = [f"bounced,2026-03-02T09:15:31Z,p{number}@example.org,a pipe of 5 inch\n" for number in range(1, 6)]
    rows[1], rows[3] = rows[1].replace(" inch", '"'), rows[3].replace(" inch", '"')
    found = read(tmp_path, "type,time,email,subject\n" + "".join(rows), "events.csv").events.collect()
    assert found.select("address", "line").rows() == [(f"p{number}@example.org", number + 1) for number in range(1, 6)]


STRAY = {
    "inside a cell": ['"a, b"', '5" pipe', '"c, d"', "z"],
    "at the beginning": ['"a, b"', '"unclosed', '"c, d"', "z"],
    "in pairs": ['"a, b"', '5" pipe', '"c, d"', '7" z'],
    "beside a cell of two lines": ['"a\nb"', '5" pipe', '"c, d"', "z"],
}


@pytest.mark.parametrize("where", STRAY)
def test_a_quote_that_closes_nothing_costs_no_record(where: str, tmp_path: Path) -> None:
    rows = [f"bounced,2026-03-02T09:15:31Z,p{place}@example.org,{cell}" for place, cell in enumerate(STRAY[where])]
    found = read(tmp_path, "\n".join(["type,time,email,subject", *rows]), "events.csv")
    assert found.rejects.is_empty()
    assert found.events.collect()["address"].to_list() == [f"p{place}@example.org" for place in range(4)]
    before = [0, *("\n" in cell for cell in STRAY[where])]
    lines = [2 + place + sum(before[: place + 1]) for place in range(4)]
    assert found.events.collect()["line"].to_list() == lines


def test_where_too_much_is_odd_no_row_is_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stray_quotes, "MOST", 1)
    cells = ['5" pipe', '6" pipe', '7" pipe', '"a, b"']
    rows = [f"bounced,2026-03-02T09:15:31Z,p{place}@example.org,{cell}" for place, cell in enumerate(cells)]
    found = read(tmp_path, "\n".join(["type,time,email,subject", *rows]), "events.csv")
    assert found.events.collect()["address"].to_list() == ["p0@example.org", "p1@example.org", "p2@example.org"]
    assert found.rejects["line"].to_list() == [5]

"""A run's files for people hold nothing that a spreadsheet would execute."""

from pathlib import Path

import polars as pl

from hygiene.policy.rules import RULES
from tests.conftest import hygiene

STARTS = "=+-@|"
"""What makes a cell a formula; tabs and line ends at its start are trimmed from an address."""
LETTER = "email\n" + "".join(f"{start}cmd {start}\n{start}mars@gmail.con\n" for start in STARTS) + "ann@example.org\n"
JOB = """
state = "state"
out = "out"
[policy]
brake_first_share = 1.0
[[lists]]
name = "letter"
path = "letter.csv"
[dns]
mode = "off"
"""


def test_no_cell_of_a_file_for_people_is_a_formula(tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_text(LETTER)
    (tmp_path / "job.toml").write_text(JOB)
    told = hygiene("run", "job.toml", "-q", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    for name in ("audit.csv", "suppressed.csv"):
        cells = pl.read_csv(tmp_path / "out/latest" / name, infer_schema=False)
        assert sum(address.startswith("'") for address in cells["address"]) >= len(STARTS)
        assert not [cell for row in cells.rows() for cell in row if cell and cell[0] in STARTS]


def test_no_word_of_ours_is_a_formula() -> None:
    assert all(text[0].isalpha() for rule in RULES for text in (rule.code, rule.name, rule.says))

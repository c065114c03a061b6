"""Whatever cells a list holds, its cleaned file holds those of the kept rows, in their order."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.config import ListSource
from hygiene.ingest.lists import OpenList, open_lists
from hygiene.policy.policy import Policy
from hygiene.publish.lists import write_lists

NOTHING_MENDED = pl.LazyFrame(schema={"row": pl.UInt32, "address": pl.String})
# Control characters make a file binary; U+FFFF is the reader's own mark of an undecodable byte.
TEXT = st.characters(codec="utf-8", exclude_characters="\uffff", exclude_categories=["Cs", "Cc"])
CELL = st.text(TEXT | st.sampled_from("\n\t\",;|'@ "), max_size=12)
ROWS = st.lists(st.tuples(CELL, CELL, st.booleans()), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"), terminator=st.sampled_from(["\n", "\r\n"]))
def test_kept_rows_come_out_as_they_went_in(rows: list[tuple[str, str, bool]], delimiter: str, terminator: str) -> None:
    given_rows = [[f"reader{number}@example.org", left, right] for number, (left, right, _) in enumerate(rows)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=terminator).writerows(
        [["email", "left", "right"], *given_rows]
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "list.csv").write_bytes(text.getvalue().encode())
        source = ListSource(name="letter", path="list.csv", delimiter=delimiter)
        opened = open_lists([source], folder, folder / "work", Policy(rejected_share=1))[0]
        verdicts = ["keep" if is_kept else "suppress" for *_, is_kept in rows]
        assert opened.rejects.is_empty()
        _write(opened, verdicts, folder)
        kept = (folder / "out/letter.csv").read_bytes().decode()
    found = list(csv.reader(io.StringIO(kept, newline=""), delimiter=delimiter))
    assert found[1:] == [row for row, (*_, is_kept) in zip(given_rows, rows, strict=True) if is_kept]


def _write(opened: OpenList, verdicts: list[str], folder: Path) -> None:
    (folder / "out").mkdir()
    decisions = opened.raw_subscribers().select("row", verdict=pl.lit(pl.Series(verdicts)))
    write_lists(opened, decisions, NOTHING_MENDED, folder / "out", folder / "work")

"""A cleaned list is the input without some rows: columns, order, delimiter, encoding and compression stay."""

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard

from hygiene.config import ListSource
from hygiene.ingest.lists import OpenList, open_lists
from hygiene.model.errors import InputError, UnbalancedError
from hygiene.policy.policy import Policy
from hygiene.publish.lists import write_lists

ROWS = [
    ["email", "name", "zip", "note"],
    ["ann@example.org", "Ann Zoë", "00123", 'says "hello", twice'],
    [" bob@example.org ", "Bob", "", "two\nlines"],
    ["cy@example.org", "Cy", "007", ""],
]
Pack = Callable[[bytes], bytes]
FORMS: dict[str, tuple[str, str, str, str, Pack]] = {
    "comma": ("list.csv", ",", "utf-8", "\n", bytes),
    "semicolon with BOM": ("list.csv", ";", "utf-8-sig", "\r\n", bytes),
    "tab": ("list.tsv", "\t", "utf-8", "\n", bytes),
    "windows-1252": ("list.csv", ";", "cp1252", "\r\n", bytes),
    "utf-16": ("list.csv", "\t", "utf-16", "\r\n", bytes),
    "gzip": ("list.csv.gz", ",", "utf-8", "\n", gzip.compress),
    "zstd": ("list.csv.zst", ",", "utf-8", "\n", zstandard.ZstdCompressor().compress),
}


def opened(folder: Path, name: str, **how: str) -> OpenList:
    source = ListSource.model_validate({"name": "letter", "path": name, **how})
    return open_lists([source], folder, folder / "work", Policy(rejected_share=1))[0]


def written(one: OpenList, folder: Path, dropped: set[int]) -> Path:
    """The cleaned list when these rows are suppressed and outer spaces are mended."""
    raw = one.raw_subscribers().collect()
    clean = pl.col("raw").str.strip_chars()
    decisions = raw.select(
        "row",
        verdict=pl.when(pl.col("row").is_in(list(dropped))).then(pl.lit("suppress")).otherwise(pl.lit("keep")),
        address=clean,
        is_mended=clean != pl.col("raw"),
    ).lazy()
    (folder / "out").mkdir()
    shuffled = decisions.collect().sample(fraction=1, shuffle=True, seed=1).lazy()
    mended = shuffled.filter("is_mended").select("row", "address")
    write_lists(one, shuffled.select("row", "verdict"), mended, folder / "out", folder / "work")
    return next((folder / "out").iterdir())


@pytest.mark.parametrize("form", FORMS)
def test_the_cleaned_file_is_written_as_the_input_was(form: str, tmp_path: Path) -> None:
    name, delimiter, encoding, terminator, pack = FORMS[form]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=terminator).writerows(ROWS)
    (tmp_path / name).write_bytes(pack(text.getvalue().encode(encoding)))
    target = written(opened(tmp_path, name), tmp_path, {2})
    kept = target.read_bytes()
    plain: dict[str, Pack] = {"gzip": gzip.decompress, "zstd": zstandard.ZstdDecompressor().decompressobj().decompress}
    content = plain.get(form, bytes)(kept).decode(encoding)
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))
    assert rows == [ROWS[0], ROWS[1], ["bob@example.org", *ROWS[2][1:]]]
    assert (terminator == "\r\n") == ("\r\n" in content)
    assert kept.startswith(codecs.BOM_UTF8) == (encoding == "utf-8-sig")


def test_json_lines_stay_as_they_are_but_for_a_mended_address(tmp_path: Path) -> None:
    lines = ['{"email": "ann@example.org",  "n": 1.50}', '{"email": " bob@example.org", "n": {"a": [1]}}', "", "broken"]
    (tmp_path / "list.ndjson").write_text("\n".join(lines) + "\n")
    one = opened(tmp_path, "list.ndjson")
    assert one.rejects.select("line", "row", "reason").rows() == [(4, 2, "no JSON object")]
    kept = written(one, tmp_path, set()).read_text().splitlines()
    assert kept[0] == lines[0]
    assert json.loads(kept[1]) == {"email": "bob@example.org", "n": {"a": [1]}}


def test_rows_that_cannot_be_read_are_kept_aside_with_line_and_reason(tmp_path: Path) -> None:
    lines = [
        b"email,name",
        b"ann@example.org,Ann",
        b"short@example.org",
        b"bad@example.org,\xff",
        b",nobody",
        b'open@x.org,"',
    ]
    (tmp_path / "list.csv").write_bytes(b"\n".join([*lines, b"cy@example.org,Cy"]) + b"\n")
    one = opened(tmp_path, "list.csv", encoding="utf-8")
    assert one.rejects.select("line", "row").rows() == [(3, 1), (4, 2), (5, 3), (6, 4)]
    assert (one.records, one.raw_subscribers().collect()["raw"].to_list()) == (6, ["ann@example.org", "cy@example.org"])


@pytest.mark.parametrize(
    "header", ["email", "Email Address", "EMAIL", "subscriber_email", "E-Mail-Adresse", "Adresse e-mail"]
)
def test_the_address_column_is_recognised(header: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"id,{header},note\n1,ann@example.org,x\n")
    assert opened(tmp_path, "list.csv").address_column == header


def test_two_possible_address_columns_are_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email,mail\nann@example.org,ann@example.org\n")
    with pytest.raises(InputError, match="email and mail could both be the address"):
        opened(tmp_path, "list.csv")


def test_decisions_that_are_not_one_per_row_are_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\nann@example.org\nbob@example.org\n")
    one = opened(tmp_path, "list.csv")
    decisions = pl.LazyFrame({"row": [0], "verdict": ["keep"]})
    nothing = pl.LazyFrame(schema={"row": pl.UInt32, "address": pl.String})
    with pytest.raises(UnbalancedError):
        write_lists(one, decisions, nothing, tmp_path, tmp_path)

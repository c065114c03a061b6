import gzip
from pathlib import Path

import pytest
import zstandard

from hygiene.ingest.encoding import MARK
from hygiene.ingest.text import open_text
from hygiene.model.errors import InputError

TEXT = "email,name\nanna@example.org,Łucja\nbob@example.org,Zoë\n"


def written(tmp_path: Path, content: bytes, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def texts(path: Path, work: Path, encoding: str | None = None) -> list[str]:
    return open_text(path, work, encoding).lines().collect()["text"].to_list()


@pytest.mark.parametrize(
    ("encoding", "bom", "named"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-be", b"", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("compression", [None, "gzip", "zstd"])
def test_the_same_text_is_read_however_it_is_encoded_and_packed(
    tmp_path: Path, encoding: str, bom: bytes, named: str, compression: str | None
) -> None:
    content = bom + TEXT.encode(encoding)
    packed = {None: content, "gzip": gzip.compress(content), "zstd": zstandard.compress(content)}[compression]
    text = open_text(written(tmp_path, packed), tmp_path / "work")
    assert (text.encoding, text.has_bom, text.compression) == (named, bool(bom), compression)
    assert text.lines().collect()["text"].to_list() == TEXT.splitlines()


def test_windows_1252_is_told_from_utf_8_by_bytes_that_utf_8_cannot_have(tmp_path: Path) -> None:
    path = written(tmp_path, "email,name\na@example.org,Zoë\nb@example.org,20 €\n".encode("windows-1252"))
    assert open_text(path, tmp_path).encoding == "windows-1252"
    assert texts(path, tmp_path)[1:] == ["a@example.org,Zoë", "b@example.org,20 €"]


def test_one_bad_byte_does_not_make_a_utf_8_file_windows_1252(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.encode() + b"c@example.org,\xff\n")
    text = open_text(path, tmp_path)
    assert (text.encoding, text.undecodable) == ("utf-8", 1)
    assert text.lines().collect()["text"][-1] == f"c@example.org,{MARK}"


def test_plain_utf_8_is_read_in_place(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.encode())
    assert open_text(path, tmp_path / "work").utf8 == path
    assert not (tmp_path / "work").exists()


def test_a_working_copy_is_for_its_owner_only(tmp_path: Path) -> None:
    text = open_text(written(tmp_path, gzip.compress(TEXT.encode())), tmp_path / "work")
    assert [file.stat().st_mode & 0o777 for file in (text.utf8, tmp_path / "work")] == [0o600, 0o700]


def test_an_intermediate_copy_does_not_stay(tmp_path: Path) -> None:
    open_text(written(tmp_path, gzip.compress(TEXT.encode("utf-16"))), tmp_path / "work")
    assert len(list((tmp_path / "work").iterdir())) == 1


def test_packed_parts_put_one_after_the_other_are_one_text(tmp_path: Path) -> None:
    parts = [gzip.compress(line.encode()) for line in TEXT.splitlines(keepends=True)]
    assert texts(written(tmp_path, b"".join(parts) + b"\0" * 512), tmp_path) == TEXT.splitlines()


def test_a_character_cut_by_a_chunk_is_whole(tmp_path: Path) -> None:
    line = "é" * 700_000
    assert texts(written(tmp_path, f"x{line}\n".encode("utf-16")), tmp_path) == [f"x{line}"]


@pytest.mark.parametrize(("text", "terminator"), [("a\r\nb\r\n", "\r\n"), ("a\nb\n", "\n"), ("a\rb\r", "\r")])
def test_the_end_of_a_line_is_known_and_is_no_part_of_it(tmp_path: Path, text: str, terminator: str) -> None:
    opened = open_text(written(tmp_path, text.encode()), tmp_path)
    assert opened.line_terminator == terminator
    assert opened.lines().collect()["text"].to_list() == ["a", "b"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("cut", [1, 8, 20])
def test_packed_data_that_was_cut_off_is_an_error(tmp_path: Path, pack: object, cut: int) -> None:
    assert callable(pack)
    path = written(tmp_path, pack(TEXT.encode())[:-cut])
    with pytest.raises(InputError, match="ends too early"):
        open_text(path, tmp_path)


def test_packed_data_that_was_changed_is_an_error(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(TEXT.encode()))
    content[-6] ^= 0xFF
    with pytest.raises(InputError, match="damaged"):
        open_text(written(tmp_path, bytes(content)), tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"PK\x03\x04 and more", "zip archive or an Excel workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9, "binary data"),
        (bytes(range(256)) * 40, "binary data"),
        (b"BZh91AY&SY", "bzip2"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        open_text(written(tmp_path, content), tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.csv: there is no such file"):
        open_text(tmp_path / "missing.csv", tmp_path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        open_text(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("content", "declared", "says"),
    [
        (TEXT.encode(), "utf-16", "declared as utf-16, but is UTF-8"),
        (TEXT.encode(), "windows-1252", "declared as windows-1252, but is UTF-8"),
        (TEXT.encode("utf-16"), "utf-8", "declared as utf-8, but is UTF-16"),
        (TEXT.encode("utf-16-be"), "windows-1252", "declared as windows-1252, but is UTF-16"),
    ],
)
def test_a_declared_encoding_that_cannot_be_right_is_an_error(
    tmp_path: Path, content: bytes, declared: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        open_text(written(tmp_path, content), tmp_path, declared)


def test_plain_ascii_may_be_declared_as_windows_1252(tmp_path: Path) -> None:
    path = written(tmp_path, b"email\na@example.org\n")
    assert open_text(path, tmp_path, "windows-1252").encoding == "windows-1252"

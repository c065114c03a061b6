"""Whatever is done to a file, reading ends in rows or in one kind sentence, and what can be read is read."""

import json
import random
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hygiene.formats.format import formats
from hygiene.ingest import records, sections
from hygiene.ingest.records import NOT_JSON
from hygiene.model.errors import InputError
from tests.formats.reading import cases, read, read_all, samples

SYSTEMS = ["auto", *(name for name, each in formats().items() if each.event)]
CONTENTS = [(path.name, path.read_bytes()) for path in samples()]
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def survives(content: bytes, name: str, system: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content)
        with suppress(InputError):
            read_all(Path(folder), name, format=system)


@SLOW
@given(st.binary(max_size=2000), st.sampled_from(SYSTEMS))
def test_no_bytes_crash_a_run(content: bytes, system: str) -> None:
    survives(content, "events", system)


@SLOW
@given(st.sampled_from(CONTENTS), st.floats(0, 1))
def test_no_truncated_sample_crashes_a_run(sample: tuple[str, bytes], share: float) -> None:
    survives(sample[1][: int(len(sample[1]) * share)], sample[0], "auto")


@SLOW
@given(st.sampled_from(CONTENTS), st.integers(0, 2**32), st.integers(1, 20))
def test_no_flipped_bits_crash_a_run(sample: tuple[str, bytes], seed: int, flips: int) -> None:
    content, draw = bytearray(sample[1]), random.Random(seed)
    for _ in range(flips):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    survives(bytes(content), sample[0], draw.choice(["auto", sample[0].split(".")[0]]))


def test_a_lone_carriage_return_inside_a_line_crashes_no_run() -> None:
    name, content = next(sample for sample in CONTENTS if sample[0] == "snds.csv")
    survives(content.replace(b"M,", b"M\r,", 1), name, "auto")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
LISTS = st.lists(SCALARS, max_size=3)
OBJECTS = st.dictionaries(st.text(max_size=8), SCALARS | LISTS, max_size=3)
JSON = SCALARS | LISTS | OBJECTS | st.lists(OBJECTS, max_size=3)


@SLOW
@given(st.data())
def test_a_value_of_any_type_in_any_place_harms_no_other_record(data: st.DataObject) -> None:
    """The keys stay, so that the record is still one of the system's."""
    system, case = data.draw(st.sampled_from([one for one in cases() if one[1]["record"].startswith("{")]))
    record = json.loads(case["record"])
    key = data.draw(st.sampled_from(sorted(record)))
    odd = {**record, key: data.draw(JSON)}
    with TemporaryDirectory() as folder:
        whole = read(Path(folder), case["record"], case.get("file") or "a.json", format=system)
        name = case.get("file") or "b.json"
        lines = "\n".join([case["record"], json.dumps(odd), case["record"]])
        found = read(Path(folder), lines, name, format=system)
    assert all(found.kinds.get(kind, 0) >= 2 * number for kind, number in whole.kinds.items())
    assert all(found.ignored.get(label, 0) >= 2 * number for label, number in whole.ignored.items())


@pytest.mark.parametrize(("system", "case"), [one for one in cases() if one[1]["record"].startswith("{")][::7])
def test_a_broken_neighbour_costs_no_record(system: str, case: dict[str, str], tmp_path: Path) -> None:
    record, name = case["record"], case.get("file") or "events.json"
    whole = read(tmp_path, record, name, format=system)
    broken = read(
        tmp_path, f'{record}\n{record[: len(record) // 2]}\n{record}\n{{"a": "\n{record}', name, format=system
    )
    assert broken.kinds == {kind: 3 * number for kind, number in whole.kinds.items()}
    assert broken.rejects.filter(broken.rejects["reason"] == NOT_JSON)["line"].to_list() == [2, 4]


EVENT = '{"email":"a@example.org","timestamp":1772442931,"event":"delivered","sg_event_id":"%d"}'
ODD = (
    EVENT.replace('"delivered"', '{"a":1}'),
    EVENT.replace("1772442931", "[1]"),
    EVENT[:30],
    EVENT + "," + EVENT,
    '{"a":[{}',
    "{}]}",
    "",
    "  " + EVENT + "\t",
    f"[{EVENT},{EVENT}]",
    EVENT.replace("a@", 'a\\u0062\\"@'),
)


def test_a_value_of_an_odd_type_among_hundreds_of_records_costs_none_of_them(tmp_path: Path) -> None:
    lines = [EVENT % number for number in range(300)]
    lines[-3] = ODD[0] % 297
    found = read(tmp_path, "\n".join(lines))
    assert (found.kinds, found.ignored) == ({"delivered": 299}, {'{"a": 1}': 1})


@pytest.mark.parametrize("share", [0.01, 0.3])
def test_how_a_file_is_cut_for_decoding_changes_nothing(
    share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(3)
    lines = [draw.choice(ODD) if draw.random() < share else EVENT for _ in range(1500)]
    content = "\n".join([EVENT, *lines]).replace("%d", "7")
    whole = read(tmp_path, content)
    monkeypatch.setattr(records, "SLICE_BYTES", 1 << 11)
    monkeypatch.setattr(sections, "PIECE_BYTES", 1 << 12)
    monkeypatch.setattr(sections, "PART_BYTES", 1 << 13)
    monkeypatch.setattr(sections, "SECTION_LINES", 200)
    cut = read(tmp_path, content)
    assert cut.events.collect().sort("line").equals(whole.events.collect().sort("line"))
    assert cut.rejects.sort("line", "reason").equals(whole.rejects.sort("line", "reason"))
    assert (cut.kinds, cut.ignored) == (whole.kinds, whole.ignored)
    assert cut.rejects.height


def test_a_page_that_was_cut_off_still_gives_its_records(tmp_path: Path) -> None:
    record = '{"event":"delivered","recipient":"a%d@example.org","log-level":"info","timestamp":1772442931.5}'
    page = '{"items":[' + ",".join(record % number for number in range(50)) + '],"paging":{}}'
    assert read(tmp_path, page[:-200]).kinds["delivered"] >= 47


def test_lines_of_lists_and_of_objects_may_be_mixed(tmp_path: Path) -> None:
    event = '{"email":"a@example.org","timestamp":1772442931,"event":"delivered","sg_event_id":"%d"}'
    content = f"{event % 1}\n[{event % 2},{event % 3}]\n[]\n{event % 4}\n"
    assert read(tmp_path, content).kinds == {"delivered": 4}


def test_a_string_with_a_raw_control_character_is_read_as_it_stands(tmp_path: Path) -> None:
    event = '{"email":"a@example.org","timestamp":1772442931,"event":"bounce","sg_event_id":"1","reason":"no\tone"}'
    found = read(tmp_path, f"{event}\n{event}\n")
    assert found.events.collect()["diagnostic"].to_list() == ["no\tone"] * 2
    assert found.rejects.is_empty()


@pytest.mark.parametrize("beside", ["", "{broken"])
def test_half_a_character_is_marked_whatever_stands_beside_it(beside: str, tmp_path: Path) -> None:
    event = '{"email":"a@example.org","timestamp":1772442931,"event":"bounce","sg_event_id":"1","reason":"%s"}'
    said = {r"\ud83d": "\ufffd", r"\ud83d\ude00 \uDE00!": "😀 \ufffd!", r"\\ud83d": r"\ud83d", r"\u00e9": "é"}
    found = read(tmp_path, "\n".join([*(event % text for text in said), beside]))
    assert found.events.collect()["diagnostic"].to_list() == list(said.values())


def test_a_line_without_end_takes_no_unbounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "long"
    with file.open("wb") as target:
        for _ in range(192):
            target.write(b"x" * (1 << 20))
        target.write(b"\nlast\n")
    tracemalloc.start()
    found = [section.each(lambda lines: lines.all["text"].str.len_bytes())[0] for section in sections.sections(file)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    lines = [length for parts in found for part in parts for length in part]
    assert (len(lines), lines[-1]) == (2, 4)
    assert peak < 96 << 20


def test_lines_are_numbered_through_the_whole_file(tmp_path: Path) -> None:
    event = '{"email":"a@example.org","timestamp":1772442931,"event":"delivered","sg_event_id":"%d"}\n'
    padding = " " * 1000 + "\n"
    content = "".join(f"{event % number}{padding}" for number in range(1, 40_001)) + "{broken\n"
    found = read(tmp_path, content)
    assert found.events.collect()["line"].to_list() == list(range(1, 80_000, 2))
    assert found.rejects["line"].to_list() == [80_001]


def test_an_archive_names_the_member_that_cannot_be_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("readme.txt", "no events here\n")
    with pytest.raises(InputError, match=r"export\.zip/readme\.txt: the file fits no format"):
        read_all(tmp_path, "export.zip")


def test_an_archive_whose_member_begins_before_the_file_is_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("export.csv", "email\n")
    content = bytearray((tmp_path / "export.zip").read_bytes())
    content[-6] ^= 0x80  # the offset of the directory: the members' own are counted from there
    (tmp_path / "export.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"export\.csv is damaged"):
        read_all(tmp_path, "export.zip")


def test_an_archive_of_a_version_not_made_yet_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("export.csv", "email\n")
    content = bytearray((tmp_path / "export.zip").read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 148  # what it takes to read it, ten times the version
    (tmp_path / "export.zip").write_bytes(content)
    with pytest.raises(InputError, match="the archive is damaged"):
        read_all(tmp_path, "export.zip")


def test_an_empty_archive_and_a_workbook_are_refused(tmp_path: Path) -> None:
    for name, member, says in (("a.zip", "", "holds no file"), ("b.xlsx", "[Content_Types].xml", "Excel workbook")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            if member:
                archive.writestr(member, "<xml/>")
        with pytest.raises(InputError, match=says):
            read_all(tmp_path, name)


@pytest.mark.parametrize(("record", "at"), [(b"PK\x01\x02", 6), (b"PK\x05\x06", 16)], ids=["version", "place"])
def test_an_archive_that_is_damaged_in_its_directory_is_refused(record: bytes, at: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("cleaned.csv", "Email Address,CLEAN_TIME\n")
    content = bytearray((tmp_path / "export.zip").read_bytes())
    content[content.index(record) + at] += 90
    (tmp_path / "export.zip").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        read_all(tmp_path, "export.zip")

"""Avro says what its JSON says, is read some blocks at a time, and is refused where it is damaged."""

import json
from pathlib import Path

import pytest

from hygiene.ingest import avro
from hygiene.model.errors import InputError
from tests.conftest import ROOT
from tests.formats.reading import read, read_all

NAME = "users.messages.email.Bounce"
SAMPLE = ROOT / f"sample_data/formats/braze.{NAME}.avro"
WHOLE = SAMPLE.read_bytes()


def blocks_of(content: bytes) -> tuple[bytes, bytes]:
    """The header, and the blocks that follow it."""
    marker = content[-avro.MARKER_BYTES :]
    end = content.index(marker) + len(marker)
    return content[:end], content[end:]


def test_binary_avro_says_what_its_json_says(tmp_path: Path) -> None:
    flat = {"user_id": "639a", "time": 1772442931, "email_address": "gone@example.org", "esp": "SendGrid"}
    lines = [
        {**flat, "id": "f47a", "bounce_reason": {"string": "550 5.1.1 user unknown"}, "is_drop": {"boolean": False}},
        {**flat, "id": "f47b", "email_address": "old@example.org", "time": 1772442941, "is_drop": {"boolean": True}},
    ]
    in_json = read(tmp_path, "\n".join(map(json.dumps, lines)), f"{NAME}/1.json", format="braze")
    (in_avro,) = read_all(tmp_path, str(SAMPLE))
    told = ["occurred_at", "address", "kind", "diagnostic", "event_id", "line"]
    assert in_avro.events.collect().select(told).rows() == in_json.events.collect().select(told).rows()
    assert in_avro.kinds == {"bounced": 1, "rejected_by_esp": 1}


@pytest.mark.parametrize("size", [1, 400, 1 << 24])
def test_a_file_of_many_blocks_is_read_in_parts_and_says_the_same(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, blocks = blocks_of(WHOLE)
    monkeypatch.setattr(avro, "PART_BYTES", size)
    found = read(tmp_path, header + blocks * 30, f"{NAME}.avro")
    once = read_all(tmp_path, str(SAMPLE))[0]
    assert found.kinds == {kind: 30 * number for kind, number in once.kinds.items()}
    assert found.events.collect().sort("line")["line"].to_list() == list(range(1, 61))


def test_each_part_is_no_larger_than_it_may_be_and_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header, blocks = blocks_of(WHOLE)
    (tmp_path / "a.avro").write_bytes(header + blocks * 30)
    monkeypatch.setattr(avro, "PART_BYTES", 3 * len(blocks))
    assert len(avro.as_parquet(tmp_path / "a.avro", tmp_path / "work")) == 10


DAMAGED = {
    "no record": (blocks_of(WHOLE)[0], "holds no record"),
    "cut": (WHOLE[:-10], "ends too early"),
    "no Avro": (b"Obj\x01 and nothing that follows from it", ""),
    "another marker": (WHOLE[:-1] + b"!", "does not end where it says"),
    "a block too large": (blocks_of(WHOLE)[0] + b"\x02" + b"\xfe" * 5 + b"\x01", "are not read"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_with_what_to_do(name: str, tmp_path: Path) -> None:
    content, says = DAMAGED[name]
    with pytest.raises(InputError, match=f"the Avro file cannot be read.*{says}"):
        read(tmp_path, content, "events.avro")

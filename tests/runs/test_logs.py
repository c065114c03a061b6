"""What a scheduler reads: one JSON object a line, with no address in it."""

import json
from pathlib import Path

import pytest

from tests.conftest import copy_night, hygiene

SECRET = "Only A Person Writes This"


@pytest.fixture(scope="module")
def told(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What every command that works on a job logs, one after the other."""
    folder = tmp_path_factory.mktemp("logged")
    copy_night(sample, folder)
    job = "configs/nightly.toml"
    (folder / "more.csv").write_text("email,reason\nnobody@known.example,unsubscribe\nnot-an-address,complaint\n")
    commands = [
        ["run", job, "--log-json"],
        ["plan", job, "--log-json"],
        ["check", "sample_data/newsletter.csv", "--job", job, "--log-json"],
        ["ledger", "import", "more.csv", "--from", "old tool", "--job", job, "--log-json"],
        ["suppress", "somebody@known.example", "--reason", SECRET, "--job", job, "--log-json"],
        ["audit", "verify", "--job", job, "--log-json"],
        ["run", "configs/none.toml", "--log-json"],
    ]
    return "".join(hygiene(*command, cwd=folder).stderr for command in commands)


def test_every_line_of_the_log_is_one_json_object_with_instant_level_and_message(told: str) -> None:
    lines = [json.loads(line) for line in told.splitlines()]
    assert len(lines) > 8
    assert [line for line in lines if not {"at", "level", "logger", "message"} <= line.keys()] == []


def test_no_address_and_no_persons_words_are_logged_at_info_level(told: str) -> None:
    assert "info" in {json.loads(line)["level"] for line in told.splitlines()}
    assert "@" not in told
    assert SECRET not in told

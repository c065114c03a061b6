"""`hygiene bounces`: a person asks what a reply means."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hygiene.cli.bounces import bounces
from hygiene.model.errors import InputError

CS02 = "554 5.7.1 [CS02] Message rejected due to local policy."
LABELLED = {
    "smtp_code": "550",
    "enhanced": "5.1.1",
    "reply": "550 5.1.1 user unknown",
    "expected_category": "invalid_mailbox",
    "acceptable": ["invalid_mailbox"],
    "actions": ["suppress"],
}


def told(*arguments: str) -> str:
    result = CliRunner().invoke(bounces, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_block_is_explained_with_whom_to_ask() -> None:
    output = told("explain", CS02, "--domain", "icloud.com")
    assert "policy_block, permanent; fault of: sender" in output
    assert "apple-bracket" in output
    assert "icloudadmin@apple.com" in output
    assert "not held against the address" in output
    assert "SparkPost 50 Mail Block" in output


def test_explain_speaks_json() -> None:
    found = json.loads(told("explain", CS02, "--domain", "icloud.com", "--json"))
    assert (found["mailbox_provider"], found["token"], found["matched"]) == ("apple", "CS02", "[cs02]")


def test_a_reply_that_no_rule_knows_is_told_so() -> None:
    assert "not knowing never suppresses" in told("explain", "550 hm")


def test_rules_are_listed() -> None:
    assert "apple-bracket" in told("rules")
    assert {"id", "pattern", "matches", "not", "source"} <= json.loads(told("rules", "--json"))[0].keys()


def test_the_report_counts_right_and_wrong(tmp_path: Path) -> None:
    missed = {**LABELLED, "smtp_code": "450", "reply": "450 4.1.1 user unknown"}
    false = {**LABELLED, "acceptable": ["policy_block"], "actions": ["none"]}
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in (LABELLED, missed, false)))
    (row, everything) = json.loads(told("report", str(file), "--json"))
    assert row == {**everything, "expected_category": "invalid_mailbox"}
    assert (row["replies"], row["false_suppressions"], row["must_not_suppress"]) == (3, 1, 1)
    assert (row["missed_hard"], row["must_suppress"]) == (1, 2)
    assert "invalid_mailbox by no-such-user" in told("report", str(file), "--wrong")


@pytest.mark.parametrize("content", ["no json", "", '{"other": 1}\n'])
def test_a_file_that_is_no_report_is_one_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text(content)
    with pytest.raises(InputError, match="labelled replies"):
        told("report", str(file))

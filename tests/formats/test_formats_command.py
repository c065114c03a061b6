"""`hygiene formats` tells what can be read and written, and how."""

import json

import pytest
from click.testing import CliRunner

from hygiene.cli.main import hygiene
from hygiene.formats.format import formats


def told(*arguments: str) -> str:
    result = CliRunner().invoke(hygiene, ["formats", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_system_has_its_line() -> None:
    lines = told().splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(formats())
    assert next(line for line in lines if line.startswith("ses ")).split()[1:5] == ["json", "yes", "yes", "yes"]


@pytest.mark.parametrize("name", formats())
def test_every_table_of_a_system_is_shown(name: str) -> None:
    text, system = told(name), formats()[name]
    assert all(source in text for source in system.sources)
    assert all(rule.kind.value in text for rule in system.event if rule.kind)


def test_the_words_that_a_system_takes_are_shown() -> None:
    assert "unsubscribe  BOUNCE" in told("ses").replace("_", "")


def test_what_a_push_needs_to_know_is_shown() -> None:
    text = told("mailgun")
    assert all(part in text for part in ("MAILGUN_API_KEY", "https://api.mailgun.net", "the sending domain", "1,000"))
    assert "export --push" not in told("postal")


def test_json_is_the_format_file() -> None:
    assert json.loads(told("ses", "--json"))["write"]["words"]["unsubscribe"] == "BOUNCE"


def test_an_unknown_system_is_told_with_those_there_are() -> None:
    result = CliRunner().invoke(hygiene, ["formats", "nosuch"])
    assert "no format is called 'nosuch'" in str(result.exception)

"""What the README names exists, and every word, column, number and rule has its sentence."""

import re

import click
import pytest
from click.testing import CliRunner

from hygiene.cli.main import COMMANDS, hygiene
from hygiene.model import exchange, refusal_tables, tables
from hygiene.model.table import Table
from hygiene.policy.policy import Policy
from hygiene.policy.rules import RULES
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"^    hygiene ([a-z]+(?: (?:check|import|verify))?)", README, re.MULTILINE)))


@pytest.mark.parametrize("command", [*NAMED, *COMMANDS])
def test_every_command_has_help(command: str) -> None:
    words = command.split() if command.split()[0] in ("config", "ledger", "audit") else command.split()[:1]
    told = CliRunner().invoke(hygiene, [*words, "--help"])
    assert told.exit_code == 0, told.output


def test_every_option_of_every_command_has_its_sentence() -> None:
    context = click.Context(hygiene)
    commands = [hygiene.get_command(context, name) for name in COMMANDS]
    inner = [one for group in commands if isinstance(group, click.Group) for one in group.commands.values()]
    options = [one for command in [*commands, *inner] if command for one in command.params]
    assert [one.name for one in options if isinstance(one, click.Option) and not one.help] == []


def test_every_number_of_the_policy_has_its_sentence() -> None:
    assert [name for name, field in Policy.model_fields.items() if not field.description] == []


def test_every_column_of_every_table_has_its_sentence() -> None:
    modules = (tables, refusal_tables, exchange)
    found = [table for module in modules for table in vars(module).values() if isinstance(table, Table)]
    assert [(table.name, name) for table in found for name, column in table.columns.items() if not column.says] == []


def test_every_rule_says_what_and_why_and_names_numbers_that_exist() -> None:
    assert [rule.code for rule in RULES if not rule.says.endswith(".") or not rule.why] == []
    assert {number for rule in RULES for number in rule.numbers} <= set(Policy.model_fields)


def test_help_comes_without_the_heavy_libraries() -> None:
    import subprocess
    import sys

    heavy = "('polars', 'dns', 'deltalake', 'pydantic', 'httpx', 'boto3')"
    code = f"import sys, hygiene.cli.main; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"

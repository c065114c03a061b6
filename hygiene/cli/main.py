"""The program: its commands, each in the file that is named beside it."""

import os
import sys
from typing import Any, NoReturn

import click
from click.shell_completion import shell_complete

from hygiene.cli import logs
from hygiene.cli.errors import EXIT_CODES, ending
from hygiene.cli.lazy import LazyGroup
from hygiene.cli.options import common_options
from hygiene.version import __version__

COMPLETE = "_HYGIENE_COMPLETE"
"""Environment variable by which a shell asks for completions."""

POLARS = {"POLARS_ROW_GROUP_PREFETCH_SIZE": "4", "POLARS_MAX_OPEN_SINKS": "256"}
"""Row groups of a Parquet file that are read ahead: as many as polars wants by itself take 200 MiB of a ledger.
And files that rows are scattered over at once: beyond 128, polars would begin a new one for every few thousand rows."""

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("hygiene.cli.run:run", "Read, decide and publish."),
    "plan": ("hygiene.cli.run:plan", "Give the numbers that `run` would give now, and write nothing."),
    "release": ("hygiene.cli.run:release", "Publish a run that the brake holds."),
    "check": ("hygiene.cli.check:check", "Tell whether a campaign to LIST should go out."),
    "why": ("hygiene.cli.why:why", "Tell why ADDRESS is or is not mailed today, and what would change it."),
    "suppress": ("hygiene.cli.ledger:suppress", "Suppress addresses, with all aliases of their mailboxes, by hand."),
    "lift": ("hygiene.cli.ledger:lift", "Lift suppressions by hand; the evidence before does not count again."),
    "forget": (
        "hygiene.cli.ledger:forget",
        "Erase people from state and ledger; a keyed hash stays and blocks their re-import.",
    ),
    "ledger": ("hygiene.cli.ledger:ledger", "Work on the ledger as a whole."),
    "export": ("hygiene.cli.export:export", "Write what another system must learn, as the files that it imports."),
    "pull": ("hygiene.cli.pull:pull", "Fetch a system's suppression list by its API, into a CSV file."),
    "reconcile": (
        "hygiene.cli.reconcile:reconcile",
        "Compare the ledger with a system's own list, and write what would make them agree.",
    ),
    "audit": ("hygiene.cli.audit:audit", "Read the ledger, verify it, or take it away."),
    "init": ("hygiene.cli.init:init", "Write a commented job file to start from."),
    "config": ("hygiene.cli.config:config", "Check a job file, or print its schema."),
    "rules": ("hygiene.cli.rules:rules", "List every rule that decides about a row."),
    "explain": ("hygiene.cli.rules:explain", "Tell what a rule means, why it is there, and its numbers."),
    "bounces": ("hygiene.cli.bounces:bounces", "Tell what a bounce means, list the rules, or score them."),
    "incidents": (
        "hygiene.cli.incidents:incidents",
        "Tell who refuses the sender, write the letter about it, and take back what it caused.",
    ),
    "formats": ("hygiene.cli.formats:formats", "List the systems that can be read and written, or tell how NAME is."),
    "dns": ("hygiene.cli.dns:dns", "Ask whether domains take mail, record the answers, or show what is remembered."),
    "completion": ("hygiene.cli.completion:completion", "Print the completion script of a shell."),
}
"""Name → where it is, and its sentence; a test holds the sentence to the command's own."""

_ENDINGS = "\n".join(f"  {code:>3}  {says}" for code, says in EXIT_CODES.items())


@click.command(
    cls=LazyGroup,
    table=COMMANDS,
    params=common_options(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog=f"\b\nExit codes:\n{_ENDINGS}",
)
@click.version_option(__version__, message="hygiene %(version)s", help="Show the version and exit.")
def hygiene() -> None:
    """Keep mailing lists fit to send to: decide for every row whether it may be mailed, and be able to say why."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs a command line and exits with its code."""
    logs.set_up()
    os.environ |= {name: value for name, value in POLARS.items() if name not in os.environ}
    sys.exit(ending(lambda: _run(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> Any:
    # Not click's own main, which answers a closed pipe with 1: that is "do not send" here.
    if instruction := os.environ.get(COMPLETE):
        return shell_complete(hygiene, {}, "hygiene", COMPLETE, instruction)
    with hygiene.make_context("hygiene", list(arguments)) as context:
        return hygiene.invoke(context)

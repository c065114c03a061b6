"""Options that every command takes, before or after its name."""

from dataclasses import dataclass
from typing import Any

import click

from hygiene.cli import logs


@dataclass
class Output:
    """How the program talks to its reader; one for the whole process."""

    log_json: bool = False
    verbose: bool = False
    quiet: bool = False
    debug: bool = False


OUTPUT = Output()


def _set(_: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        setattr(OUTPUT, str(parameter.name), True)
        logs.set_up(log_json=OUTPUT.log_json, verbose=OUTPUT.verbose or OUTPUT.debug, quiet=OUTPUT.quiet)


def _flag(*names: str, says: str) -> click.Option:
    return click.Option(names, is_flag=True, is_eager=True, expose_value=False, callback=_set, help=says)


def common_options() -> list[click.Parameter]:
    """The shared options."""
    return [
        _flag("-v", "--verbose", says="Tell every step."),
        _flag("-q", "--quiet", says="Tell only warnings and errors."),
        _flag("--log-json", says="Log one JSON object a line, for schedulers."),
        _flag("--debug", says="Show where in the program an error arose."),
    ]


def with_common_options(command: click.Command) -> click.Command:
    """The command, and those below it, with the shared options; `-h` is `--help` everywhere."""
    if not any(parameter.name == "log_json" for parameter in command.params):
        command.params += common_options()
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        with_common_options(inner)
    return command

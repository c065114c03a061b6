"""`python -m bench COMMAND [ARGUMENTS]`: every benchmark is one row here and one module with `main(arguments)`."""

import subprocess
import sys
from importlib import import_module

COMMANDS = {
    "generate": ("bench.generate", "writes the data of a size, for a look at it or to be measured later"),
    "compare": ("bench.compare", "hygiene against a copy, DuckDB and pandas: writes RESULTS.md (`make bench`)"),
    "agree": ("bench.agree", "whether all of them decide alike, row by row"),
    "memory": ("bench.memory", "the first night under a limit of memory publishes the same"),
    "nights": ("bench.nights", "first and second night of a generated job, by stage"),
    "past": ("bench.past", "a second night by the length of the past: kept, and worked out anew"),
    "events": ("bench.events", "a million events of SendGrid and of SES, read into the event table"),
    "dns": ("bench.dns", "a first night's look-ups beside dns.asyncresolver and dnsperf"),
    "overlap": ("bench.overlap", "a first night that looks its domains up while it reads events, and after"),
    "bounces": ("bench.bounces", "a million bounces, read and judged"),
    "incidents": ("bench.incidents", "a million bounces, from their replies to incidents"),
    "mail": ("bench.mail", "bounce messages and mail logs, read into events by one process"),
}
"""Command -> module, and what it measures. A module's docstring is its help."""


def main(arguments: list[str]) -> None:
    """Hands over to the module of the command; tells of all commands where there is none."""
    name, *rest = arguments or ["--help"]
    if name not in COMMANDS:
        rows = "\n".join(f"  {command:12} {says}" for command, (_, says) in COMMANDS.items())
        sys.exit(f"{__doc__}\n\n{rows}\n\n`python -m bench COMMAND --help` tells more.")
    module = import_module(COMMANDS[name][0])
    if "--help" in rest:
        sys.exit(module.__doc__)
    try:
        module.main(rest)
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: a command that was to be measured failed: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""`hygiene pull`: a system's present suppression list, into a file."""

from pathlib import Path

import click

from hygiene.cli.export import base_option, scope_option
from hygiene.cli.progress import stage


@click.command()
@click.option("--from", "system", required=True, metavar="NAME", help="The system, as `hygiene formats` names it.")
@scope_option
@click.option(
    "--into", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="CSV file to write."
)
@base_option
def pull(system: str, scope: str, path: Path, base: str) -> None:
    """Fetch a system's suppression list by its API, into a CSV file.

    `hygiene ledger import FILE --from NAME` enters it in the ledger. Credentials come from the environment.
    """
    from hygiene.exchange.pull import pull as fetch

    with stage(f"pull from {system}", None) as tick:
        counts = fetch(system, scope, base, path, tick)
    click.echo(f"{counts.total():,} rows: " + ", ".join(f"{rows:,} {reason}" for reason, rows in counts.most_common()))
    click.echo(f"To enter them: hygiene ledger import {path} --from {system}")

"""`hygiene reconcile`: the ledger against a system's own list."""

import json
from pathlib import Path

import click

from hygiene.cli.job import as_of_option, instant, job_option, json_option, load


@click.command()
@click.option(
    "--with",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The system's list, as a file.",
)
@click.option(
    "--format",
    "form",
    metavar="NAME",
    help="The file's form, as `hygiene formats` names it; told by its content where it is left out.",
)
@click.option("--to", "system", metavar="NAME", help="Whose list it is, where that is not the form (csv of a pull).")
@job_option
@as_of_option
@json_option
def reconcile(path: Path, form: str | None, system: str | None, job: Path, as_of: str | None, as_json: bool) -> None:
    """Compare the ledger with a system's own list, and write what would make them agree.

    Below `out/reconciled/`: additions and removals for the system, and a file for `hygiene ledger import`. Of two
    reasons the stronger counts: complaint, manual or legal, unsubscription, hard bounce, soft bounce, sunset.
    """
    from hygiene.config import SuppressionSource
    from hygiene.exchange.reconcile import reconcile as compare
    from hygiene.ingest.list_forms import list_format

    loaded = load(job)
    form = form or list_format(path)
    source = SuppressionSource(path=str(path.resolve()), format=form, name=system or form)
    told = compare(loaded, source, system or form, instant(loaded, as_of))
    if as_json:
        files = {str(file): rows for file, rows in told.files}
        click.echo(json.dumps({"counts": told.counts, "files": files}, indent=2, ensure_ascii=False))
        return
    for finding, rows in told.counts.items():
        click.echo(f"{rows:>9,}  {finding}")
    for file, rows in told.files:
        click.echo(f"  {rows:>9,}  {file}")

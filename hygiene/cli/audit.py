"""`hygiene audit`: the ledger's entries, and whether anybody changed them."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hygiene.cli.job import job_option, load

if TYPE_CHECKING:
    from hygiene.store import Store

CHANGED = 1


@click.group()
def audit() -> None:
    """Read the ledger, verify it, or take it away."""


@audit.command()
@click.option("--last", default=20, show_default=True, help="How many entries.")
@job_option
def log(last: int, job: Path) -> None:
    """Show the newest entries."""
    from polars import col

    store = _store(job)
    newest = store.ledger.head().seq
    entries = store.ledger.scan().filter(col("seq") > newest - last).collect().sort("seq")
    for entry in entries.to_dicts():
        who = entry["address"] or entry["key"] or "(erased)"
        click.echo(
            f"{entry['seq']:>8}  {entry['entered_at']:%Y-%m-%d %H:%M}  {entry['action']:<9}{entry['rule']:<8}{who}"
            f"  by {entry['actor']}: {entry['reason'] or ''}"
        )


@audit.command()
@job_option
@click.pass_context
def verify(ctx: click.Context, job: Path) -> None:
    """Follow the chain of hashes; exit code 1 where an entry was changed, removed or put in."""
    from hygiene.ledger.audit import verify as follow

    store = _store(job)
    found = follow(store.ledger, store.runs)
    if found.broken is None:
        click.echo(f"{found.entries:,} entries, unchanged.")
        return
    click.echo(f"entry {found.broken.seq}: {found.broken.problem}.", err=True)
    ctx.exit(CHANGED)


@audit.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Entries from this day on.")
@job_option
def export(path: Path, since: dt.datetime | None, job: Path) -> None:
    """Write entries to FILE (.csv or .parquet)."""
    from hygiene.ledger.audit import export as take

    began = since.replace(tzinfo=dt.UTC) if since else None
    click.echo(f"{take(_store(job).ledger, path, began):,} entries written.")


def _store(job: Path) -> "Store":
    from hygiene.store import Store

    loaded = load(job)
    return Store(loaded.state, loaded.job.storage_options)

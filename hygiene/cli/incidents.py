"""`hygiene incidents`: who refuses the sender, what to write to them, and what to take back."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from hygiene.cli.job import actor_option, as_of_option, instant, job_option, json_option, load, reason_option

name_argument = click.argument("name", metavar="ID")


@click.group()
def incidents() -> None:
    """Tell who refuses the sender, write the letter about it, and take back what it caused."""


@incidents.command("list")
@job_option
@as_of_option
@json_option
def list_(job: Path, as_of: str | None, as_json: bool) -> None:
    """List the incidents of the last weeks, newest first."""
    from hygiene.incidents import watched_now
    from hygiene.sender.told import as_dict, one_line
    from hygiene.store import Store

    loaded = load(job)
    store = Store(loaded.state, loaded.job.storage_options)
    found = watched_now(loaded, store, instant(loaded, as_of)).incidents
    if as_json:
        click.echo(json.dumps([as_dict(one, loaded.job.sender) for one in found], indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(one_line(one) for one in found) or "No incident.")


@incidents.command()
@name_argument
@job_option
@as_of_option
@json_option
def show(name: str, job: Path, as_of: str | None, as_json: bool) -> None:
    """Show an incident: by day, by address and stream, with its replies."""
    from hygiene.incidents import find
    from hygiene.sender.told import as_dict, whole
    from hygiene.store import Store

    loaded = load(job)
    store = Store(loaded.state, loaded.job.storage_options)
    incident, _ = find(loaded, store, name, instant(loaded, as_of))
    told = json.dumps(as_dict(incident, loaded.job.sender), indent=2, ensure_ascii=False) if as_json else None
    click.echo(told or "\n".join(whole(incident, loaded.job.sender)))


@incidents.command()
@name_argument
@job_option
@as_of_option
@actor_option
@reason_option
def close(name: str, job: Path, as_of: str | None, actor: str, reason: str) -> None:
    """Close an incident; it opens again by itself where replies come after."""
    from hygiene.incidents import close as shut

    loaded = load(job)
    shut(loaded, name, (actor, reason), instant(loaded, as_of))
    click.echo(f"{name} is closed.")


@incidents.command()
@name_argument
@job_option
@as_of_option
def packet(name: str, job: Path, as_of: str | None) -> None:
    """Write the letter to the provider: what its postmaster asks for, by the data."""
    from hygiene.incidents import packet_of

    loaded = load(job)
    with TemporaryDirectory(prefix="hygiene-") as work:
        click.echo(packet_of(loaded, name, instant(loaded, as_of), Path(work)).text())


@incidents.command()
@name_argument
@click.option("--apply", "applies", is_flag=True, help="Enter the lifts; without it they are only listed.")
@job_option
@as_of_option
@actor_option
def rollback(name: str, applies: bool, job: Path, as_of: str | None, actor: str) -> None:
    """Lift every suppression that rests on an incident alone.

    Complaints, unsubscriptions, erasures, and what a person entered stay.
    """
    from hygiene import by_person

    loaded = load(job)
    told = (actor, f"rests on incident {name} alone")
    found = by_person.rollback(loaded, name, told, instant(loaded, as_of), applies=applies)
    for entry in found.to_dicts():
        who = entry["address"] or entry["key"]
        click.echo(f"{entry['seq']:>8}  {entry['rule']:<8}{who}  by {entry['actor']}: {entry['reason'] or ''}")
    click.echo(f"{found.height:,} lifted." if applies else f"{found.height:,} would be lifted; --apply enters it.")

"""`hygiene export`: what another system must learn, as the files that it imports."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hygiene.cli.job import actor_option, as_of_option, instant, job_option, json_option, load

if TYPE_CHECKING:
    from hygiene.exchange.export import Made
    from hygiene.model.words import ReasonFamily

scope_option = click.option(
    "--scope", default="", help="Which of the system's lists: domain, message stream, region; as its API names it."
)


@click.group(invoke_without_command=True)
@click.option("--to", "system", metavar="NAME", help="The system: a name that `hygiene formats` lists.")
@scope_option
@click.option(
    "--since",
    type=click.Choice(["last"]),
    default="last",
    show_default=True,
    help="What changed since the last confirmed export to that list.",
)
@click.option("--full", "is_full", is_flag=True, help="All that is in force, instead of what changed.")
@click.option("--reasons", default="", help="Families of reasons, parted by commas, such as complaint,unsubscribe.")
@click.option(
    "--ids",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with addresses and external_id, for systems that know people by ids (Braze).",
)
@job_option
@as_of_option
@json_option
@click.pass_context
def export(
    ctx: click.Context, system: str | None, scope: str, since: str, is_full: bool, reasons: str, ids: Path | None,
    job: Path, as_of: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Write what another system must learn, as the files that it imports.

    Additions and removals stand in separate files, below `out/exports/`. The next export repeats them until this one
    is confirmed: `hygiene export confirm ID`, once the system has imported them.
    """
    if ctx.invoked_subcommand is not None:
        return
    if system is None:
        raise click.UsageError("Say which system: --to ses, or another that `hygiene formats` lists.")
    from hygiene.exchange.export import export as write
    from hygiene.exchange.rows import Wanted

    loaded = load(job)
    wanted = Wanted(system, scope, _families(reasons), is_full, ids)
    _tell(write(loaded, wanted, instant(loaded, as_of)), as_json)


@export.command("confirm")
@click.argument("export_id", metavar="ID")
@job_option
@actor_option
def confirm(export_id: str, job: Path, actor: str) -> None:
    """Say that the system has imported an export: the next one is the difference to it."""
    from hygiene.exchange.export import confirm as enter

    click.echo(f"Confirmed: {enter(load(job), export_id, actor).export_id}")


def _families(text: str) -> "tuple[ReasonFamily, ...]":
    from hygiene.model.words import ReasonFamily

    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = sorted(set(names) - set(ReasonFamily))
    if unknown:
        raise click.BadParameter(
            f"there is no {unknown[0]}; there are {', '.join(ReasonFamily)}.", param_hint="--reasons"
        )
    return tuple(ReasonFamily(name) for name in names)


def _tell(made: "Made", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**made.manifest, "folder": str(made.folder)}, indent=2, ensure_ascii=False))
        return
    since = f"since {made.export.since}" if made.export.since else "all in force"
    click.echo(f"{made.export.added:,} to add, {made.export.removed:,} to remove ({since}).")
    for file in made.manifest["files"]:
        click.echo(f"  {file['rows']:>9,}  {made.folder / file['file']}")
    click.echo(made.manifest["note"])
    click.echo(f"Once the system has them: hygiene export confirm {made.export.export_id}")

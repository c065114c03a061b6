"""`hygiene export`: what another system must learn, as the files that it imports."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hygiene.cli.job import actor_option, as_of_option, instant, job_option, json_option, load
from hygiene.cli.progress import stage

if TYPE_CHECKING:
    from hygiene.exchange.export import Made
    from hygiene.exchange.pushing import Pushed
    from hygiene.model.words import ReasonFamily

scope_option = click.option(
    "--scope", default="", help="Which of the system's lists: domain, message stream, region; as its API names it."
)

base_option = click.option("--base-url", "base", default="", help="Another address of the API, such as that of the EU.")


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
@click.option("--push", "is_push", is_flag=True, help="Send it by the system's API, and confirm it by that.")
@click.option("--dry-run", is_flag=True, help="With --push: tell what would go, and send nothing.")
@base_option
@click.option("--bucket", default="", metavar="S3-URI", help="For SES: where the files of its import jobs may lie.")
@job_option
@as_of_option
@json_option
@click.pass_context
def export(
    ctx: click.Context, system: str | None, scope: str, since: str, is_full: bool, reasons: str, ids: Path | None,
    is_push: bool, dry_run: bool, base: str, bucket: str, job: Path, as_of: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Write what another system must learn, as the files that it imports.

    Additions and removals stand in separate files, below `out/exports/`. The next export repeats them until this one
    is confirmed: `hygiene export confirm ID`, once the system has imported them. With --push they are sent and
    confirmed; credentials come from the environment. What was cut off goes on with the same command.
    """
    if ctx.invoked_subcommand is not None:
        return
    if system is None:
        raise click.UsageError("Say which system: --to ses, or another that `hygiene formats` lists.")
    if dry_run and not is_push:
        raise click.UsageError("--dry-run goes with --push; without --push nothing is sent, and files are written.")
    from hygiene.exchange.export import export as write
    from hygiene.exchange.rows import Wanted

    loaded = load(job)
    wanted = Wanted(system, scope, _families(reasons), is_full, ids)
    if not is_push:
        _tell(write(loaded, wanted, instant(loaded, as_of)), as_json)
        return
    from hygiene.exchange import pushing

    route = pushing.Route(base, bucket)
    if dry_run:
        pushing.api_of(system, scope)
        _tell_plan(pushing.plan(write(loaded, wanted, instant(loaded, as_of)), route), as_json)
        return
    with stage(f"push to {system}", None) as tick:
        done = pushing.push(loaded, wanted, route, instant(loaded, as_of), tick)
    _tell_pushed(done, as_json)


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
    if odd := made.manifest["left_out_as_no_address"]:
        click.echo(f"{odd:,} more in force: no address that a system could be told.")
    if staying := made.manifest["lifted_but_never_removed"]:
        click.echo(
            f"{staying:,} lifted here, once a complaint or an erasure: never removed there but by your own hand."
        )
    click.echo(made.manifest["note"])
    click.echo(f"Once the system has them: hygiene export confirm {made.export.export_id}")


def _tell_plan(calls: list[tuple[str, int, int]], as_json: bool) -> None:
    if as_json:
        told = [{"call": call, "rows": rows, "requests": requests} for call, rows, requests in calls]
        click.echo(json.dumps(told, indent=2))
        return
    for call, rows, requests in calls:
        click.echo(f"{call}: {rows:,} rows in {requests:,} request{'s'[: requests != 1]}")
    click.echo("Nothing was sent." if calls else "There is nothing to send.")


def _tell_pushed(done: "list[Pushed]", as_json: bool) -> None:
    """What went; raises PushError where a system did not take all of it."""
    if as_json:
        told = [
            {"export_id": one.export.export_id, "added": one.export.added, "removed": one.export.removed,
             "refused": one.refused, "unclear": one.unclear, "folder": str(one.folder)}
            for one in done
        ]  # fmt: skip
        click.echo(json.dumps(told, indent=2))
    for one in () if as_json else done:
        click.echo(f"{one.export.export_id}: {one.export.added:,} to add, {one.export.removed:,} to remove, sent.")
        if one.unclear:
            click.echo(f"The system skipped {one.unclear:,} without saying which.")
    refused = [one for one in done if one.refused]
    if refused:
        from hygiene.model.errors import PushError

        count, last = sum(one.refused for one in refused), refused[-1]
        raise PushError(
            f"{count:,} rows were refused; the next export has them again.", str(last.folder / "refused.parquet")
        )

"""`hygiene run`, `plan` and `release`: the night, the night without consequences, and a person's word on a held one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hygiene.cli.job import actor_option, as_of_option, instant, job_argument, job_option, json_option, load

if TYPE_CHECKING:
    from hygiene.flow import Outcome

HELD = 3


@click.command()
@job_argument
@as_of_option
@click.option("--apply-typos", is_flag=True, help="Write rows with a mistyped domain apart, with the address proposed.")
@click.option("--profile", is_flag=True, help="Tell on stderr where time and memory went, stage by stage.")
@json_option
@click.pass_context
def run(ctx: click.Context, job: Path, as_of: str | None, apply_typos: bool, profile: bool, as_json: bool) -> None:
    """Read, decide and publish.

    JOB is a TOML file (configs/nightly.toml, or $HYGIENE_JOB). Exit code 3 where the brake holds the run.
    """
    from hygiene import flow
    from hygiene.cli.progress import stage

    loaded = load(job)
    if apply_typos:
        publish = loaded.job.publish.model_copy(update={"proposes_typos": True})
        loaded = replace(loaded, job=loaded.job.model_copy(update={"publish": publish}))
    outcome = flow.run(loaded, instant(loaded, as_of), stage)
    _tell(outcome, as_json)
    if profile:
        click.echo("\n".join(_profile(outcome.process)), err=True)
    if outcome.status == "held":
        click.echo(f"To publish it all the same: hygiene release {outcome.run_id} --job {job}", err=True)
        ctx.exit(HELD)


@click.command()
@job_argument
@as_of_option
@json_option
@click.pass_context
def plan(ctx: click.Context, job: Path, as_of: str | None, as_json: bool) -> None:
    """Give the numbers that `run` would give now, and write nothing.

    Exit code 3 where the brake would hold the run.
    """
    from hygiene import flow
    from hygiene.cli.progress import stage

    loaded = load(job)
    outcome = flow.plan(loaded, instant(loaded, as_of), stage)
    _tell(outcome, as_json)
    if outcome.summary["held_because"]:
        ctx.exit(HELD)


@click.command()
@click.argument("run_id", metavar="RUN")
@job_option
@actor_option
def release(run_id: str, job: Path, actor: str) -> None:
    """Publish a run that the brake holds.

    RUN is the id that the summary of the held run names.
    """
    from hygiene.release import release as let_go

    click.echo(f"Published: {let_go(load(job), run_id, actor)}")


def _tell(outcome: "Outcome", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**outcome.summary, "process": outcome.process}, indent=2, default=str))
        return
    from hygiene.publish.summary import as_text

    click.echo(as_text(outcome.summary))
    rate = outcome.process["rows_per_second"]
    click.echo(f"{outcome.process['seconds']:.1f} s, {rate:,} rows/s: " + ", ".join(_stages(outcome)))
    for told in outcome.process["events"]["unreadable"]:
        click.echo(f"Note: {told}")
    if dns := outcome.process.get("dns"):
        click.echo(_dns(dns))
    if outcome.folder:
        click.echo(f"Outputs: {outcome.folder}")


def _stages(outcome: "Outcome") -> list[str]:
    return [f"{stage['name']} {stage['seconds']:.1f} s" for stage in outcome.process["stages"]]


def _profile(process: dict[str, Any]) -> list[str]:
    """A line a stage: its seconds, its CPU seconds, and how much the peak of the process's memory grew in it.

    What the look-up of domains takes in its thread is counted to the stage beside which it runs (`read events`); the
    last line tells of it alone.
    """
    lines, before = [f"{'stage':<20}{'seconds':>9}{'CPU s':>9}{'share':>8}{'peak MiB':>10}{'grown':>8}"], 0.0
    total = sum(stage["cpu_seconds"] for stage in process["stages"]) or 1.0
    for stage in process["stages"]:
        share, grown = stage["cpu_seconds"] / total, stage["peak_mib"] - before
        before = stage["peak_mib"]
        lines.append(
            f"{stage['name']:<20}{stage['seconds']:>9.2f}{stage['cpu_seconds']:>9.2f}{share:>8.0%}"
            f"{stage['peak_mib']:>10,.0f}{grown:>8,.0f}"
        )
    dns, told = process["dns"], ""
    if dns["seconds"]:
        waited = f"waited for {dns['waited_seconds']:.2f} s"
        told = f"; domains: {dns['seconds']:.2f} s, {dns['cpu_seconds']:.2f} CPU s, {waited}"
    return [*lines, f"{process['shards']} shards{told}"]


def _dns(dns: dict[str, Any]) -> str:
    """How the look-up of domains went: its rate, what memory spared, and the slowest resolvers."""
    told = f"Domains: {dns['asked']:,} looked up"
    if dns["domains_per_second"]:
        told += (
            f" ({dns['domains_per_second']:,}/s, the run waited {dns['waited_seconds']:.1f} of {dns['seconds']:.1f} s)"
        )
    if dns["memory_share"] is not None:
        told += f", {dns['memory_share']:.1%} known before"
    slowest = [f"{one['resolver']} {one['mean_milliseconds'] or '-'} ms" for one in dns["resolvers"][:3]]
    return told + (f"; slowest resolvers: {', '.join(slowest)}" if slowest else "")

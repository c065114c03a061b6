"""`hygiene config`: is the job file right, and what may stand in it?"""

import json
from pathlib import Path

import click

from hygiene.config import Job, load_job
from hygiene.config.presets import PRESETS
from hygiene.config.starter import policy_text


@click.group()
def config() -> None:
    """Check a job file, or print its schema."""


@config.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Tell every mistake of a job file and its policy, each with its line."""
    loaded = load_job(file, needs_files=True)
    lists = ", ".join(source.name for source in loaded.job.lists)
    click.echo(
        f"{file}: right. Lists: {lists}. Config {loaded.config_digest[:12]}, policy {loaded.policy_digest[:12]}."
    )


@config.command()
def schema() -> None:
    """Print the JSON Schema of job files, for editors."""
    click.echo(json.dumps(Job.model_json_schema(), indent=2, ensure_ascii=False))


@config.command()
@click.argument("name", type=click.Choice(list(PRESETS)))
def policy(name: str) -> None:
    """Print a policy file with every number and its source."""
    click.echo(policy_text(name), nl=False)

"""`hygiene init`: files to start from."""

from pathlib import Path

import click

from hygiene.config.presets import PRESETS
from hygiene.config.starter import job_text, policy_text
from hygiene.model.errors import ConfigError


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option(
    "--policy", type=click.Choice(list(PRESETS)), default="balanced", show_default=True, help="Policy to start from."
)
def init(folder: Path, policy: str) -> None:
    """Write a commented job file to start from."""
    texts = {folder / "nightly.toml": job_text(), folder / "policy.toml": policy_text(policy)}
    there = [str(path) for path in texts if path.exists()]
    if there:
        raise ConfigError(
            f"{' and '.join(there)} would be overwritten.", fix="Name another folder, or remove the file."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")
    click.echo(f"Name your lists in it, then: hygiene config check {folder / 'nightly.toml'}")

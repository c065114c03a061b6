"""`hygiene suppress`, `lift`, `forget` and `ledger import`: what a person enters in the ledger."""

from collections.abc import Sequence
from pathlib import Path

import click

from hygiene.cli.job import actor_option, as_of_option, instant, job_option, load, reason_option

addresses_argument = click.argument("addresses", metavar="ADDRESS...", nargs=-1)
file_option = click.option(
    "--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file, one address a line."
)


def _all(addresses: Sequence[str], file: Path | None) -> list[str]:
    lines = file.read_text(encoding="utf-8-sig").splitlines() if file else []
    wanted = [text.strip() for text in (*addresses, *lines) if text.strip()]
    if not wanted:
        raise click.UsageError("Give an address, or a --file of them.")
    return wanted


@click.command()
@addresses_argument
@file_option
@job_option
@as_of_option
@actor_option
@reason_option
def suppress(
    addresses: tuple[str, ...], file: Path | None, job: Path, as_of: str | None, actor: str, reason: str
) -> None:
    """Suppress addresses, with all aliases of their mailboxes, by hand."""
    from hygiene import by_person

    loaded = load(job)
    made = by_person.suppress(loaded, _all(addresses, file), (actor, reason), instant(loaded, as_of))
    click.echo(f"{made:,} suppressed.")


@click.command()
@addresses_argument
@file_option
@click.option("--rule", default="*", show_default=True, help="Code of the rule to lift; * lifts all but an erasure.")
@job_option
@as_of_option
@actor_option
@reason_option
def lift(
    addresses: tuple[str, ...], file: Path | None, rule: str, job: Path, as_of: str | None, actor: str, reason: str
) -> None:
    """Lift suppressions by hand; the evidence before does not count again."""
    from hygiene import by_person

    loaded = load(job)
    made = by_person.lift(loaded, _all(addresses, file), rule, (actor, reason), instant(loaded, as_of))
    click.echo(f"{made:,} lifted.")


@click.command()
@addresses_argument
@file_option
@job_option
@as_of_option
@actor_option
@reason_option
def forget(
    addresses: tuple[str, ...], file: Path | None, job: Path, as_of: str | None, actor: str, reason: str
) -> None:
    """Erase people from state and ledger; a keyed hash stays and blocks their re-import.

    The key comes from the environment (HYGIENE_ERASURE_KEY, or as the job file names it). Published run folders and
    the lists themselves are yours to clean.
    """
    from hygiene import by_person

    loaded = load(job)
    made = by_person.forget(loaded, _all(addresses, file), (actor, reason), instant(loaded, as_of))
    click.echo(f"{made:,} forgotten.")


@click.group()
def ledger() -> None:
    """Work on the ledger as a whole."""


@ledger.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    help="Whose list it is (`hygiene formats`); where it is left out, its content tells, else it is plain csv.",
)
@click.option("--from", "name", required=True, help="Who says so; kept as the actor.")
@job_option
@as_of_option
def import_(path: Path, form: str | None, name: str, job: Path, as_of: str | None) -> None:
    """Enter another system's suppression list; it never weakens what the ledger has."""
    from hygiene import by_person
    from hygiene.config import SuppressionSource
    from hygiene.ingest.list_forms import list_format

    loaded = load(job)
    if form is None:
        form = list_format(path, "csv") if path.is_file() else "csv"
    source = SuppressionSource(path=str(path.resolve()), format=form, name=name)
    click.echo(f"{by_person.import_list(loaded, source, instant(loaded, as_of)):,} entered.")

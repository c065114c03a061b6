"""Which job, and as of when: what most commands ask for."""

import datetime as dt
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hygiene.config import LoadedJob

Command = Callable[..., Any]

job_argument = click.argument(
    "job", type=click.Path(path_type=Path), envvar="HYGIENE_JOB", default="configs/nightly.toml"
)
job_option = click.option(
    "--job",
    type=click.Path(path_type=Path),
    envvar="HYGIENE_JOB",
    default="configs/nightly.toml",
    show_default=True,
    help="Job file.",
)
as_of_option = click.option("--as-of", metavar="INSTANT", help="Judge by this instant (ISO 8601); the job's, else now.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
actor_option = click.option("--actor", default=getpass.getuser, show_default="your login", help="Who acts.")
reason_option = click.option("--reason", required=True, help="Why; kept in the ledger.")


def load(job: Path) -> "LoadedJob":
    """The job file, checked; raises ConfigError."""
    from hygiene.config import load_job

    return load_job(job)


def instant(loaded: "LoadedJob", given: str | None) -> dt.datetime:
    """`--as-of`, else the job's `as_of`, else now; in UTC. Raises InputError for text that is no instant."""
    from hygiene.model.errors import InputError

    wanted: dt.datetime | dt.date | None = loaded.job.as_of
    if given is not None:
        try:
            wanted = dt.datetime.fromisoformat(given)
        except ValueError as error:
            raise InputError(f"`{given}` is no instant.", "--as-of", "Write 2026-07-01T03:00:00Z.") from error
    if wanted is None:
        return dt.datetime.now(dt.UTC)
    if not isinstance(wanted, dt.datetime):
        wanted = dt.datetime.combine(wanted, dt.time())
    return wanted.replace(tzinfo=wanted.tzinfo or dt.UTC).astimezone(dt.UTC)

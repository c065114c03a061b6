"""`hygiene dns`: whether domains take mail, by asking now, by a recorded snapshot, or by what is remembered."""

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from hygiene.cli.job import as_of_option, instant, job_option, json_option, load
from hygiene.model.errors import OutputError

if TYPE_CHECKING:
    import polars as pl

    from hygiene.config import LoadedJob

TAKES_NONE, UNKNOWN = 1, 4
MEANING = {
    "mx": "takes mail: a mail exchanger has a global address",
    "implicit_mx": "may take mail: it has no MX, and its address stands in (RFC 5321 section 5.1)",
    "mx_is_ip": "may take mail: its MX is an IP address where a name must be",
    "null_mx": "says that it takes no mail (RFC 7505)",
    "nxdomain": "does not exist",
    "no_data": "has neither MX nor a global address",
    "no_target": "names mail exchangers that have no address",
    "unroutable": "names mail exchangers that nobody outside can reach",
    "spf_refuses": "has no MX, and its SPF record refuses all mail",
    "temperror": "is not known: the look-up failed",
}
"""What each MxStatus says of a domain."""
NO_TEXT = '""'
_GOOD = ("mx", "implicit_mx", "mx_is_ip")
_domains = click.argument("domains", metavar="DOMAIN...", nargs=-1, required=True)


@click.group()
def dns() -> None:
    """Ask whether domains take mail, record the answers, or show what is remembered."""


@dns.command()
@_domains
@job_option
@json_option
@click.pass_context
def check(ctx: click.Context, domains: tuple[str, ...], job: Path, as_json: bool) -> None:
    """Ask the resolvers now; nothing is remembered.

    Exit codes: 0 all take mail, 1 some do not, 4 some are not known.
    """
    from hygiene.lookup.answer import observations
    from hygiene.lookup.resolve import ask

    loaded = load(job)
    now = dt.datetime.now(dt.UTC)  # never the job's as_of: the network knows no other instant
    found = ask(_names(domains), loaded.job.dns, loaded.policy, now)
    rows = _told(observations((domain, facts, now) for domain, facts in found.items()), domains)
    _show(rows, as_json)
    statuses = {row["mx_status"] for row in rows}
    ctx.exit(UNKNOWN if statuses & {"temperror", None} else 0 if statuses <= set(_GOOD) else TAKES_NONE)


@dns.command()
@_domains
@job_option
@json_option
def show(domains: tuple[str, ...], job: Path, as_json: bool) -> None:
    """Show what earlier runs learned of the domains, and when they are asked again; nothing is asked."""
    from hygiene.store import Store

    loaded = load(job)
    _show(_told(Store(loaded.state, loaded.job.storage_options).dns.load(), domains), as_json)


@dns.command()
@click.argument("domains", metavar="[DOMAIN]...", nargs=-1)
@click.option("--to", "path", required=True, type=click.Path(path_type=Path), help="File for the snapshot.")
@job_option
@as_of_option
def record(domains: tuple[str, ...], path: Path, job: Path, as_of: str | None) -> None:
    """Ask the resolvers now, and write the answers as a snapshot that runs can replay.

    Of the domains given, else of all domains of the job's lists. A job replays it by `[dns] mode = "snapshot"`.
    """
    from hygiene.lookup.resolve import record as recorded
    from hygiene.publish.folder import write_text

    loaded = load(job)
    if not path.parent.is_dir():  # told before asking, which may take long
        raise OutputError("the snapshot's folder is not there.", str(path.parent), "Make it, or name another file.")
    names = _names(domains) if domains else _of_lists(loaded)
    text = recorded(names, loaded.job.dns, loaded.policy, instant(loaded, as_of))
    write_text(path, text)
    click.echo(f"{text.count(chr(10)) - 2:,} of {names.drop_nulls().n_unique():,} domains recorded in {path}.")


def _names(domains: tuple[str, ...]) -> "pl.Series":
    """The domains as A-labels, in lower case."""
    import polars as pl

    from hygiene.gather import recipients

    return recipients(pl.DataFrame({"address": [f"postmaster@{domain}" for domain in _typed(domains)]}))["domain"]


def _typed(domains: tuple[str, ...]) -> list[str]:
    return [domain.strip().rstrip(".") for domain in domains]


def _of_lists(loaded: "LoadedJob") -> "pl.Series":
    from polars import col

    from hygiene import gather

    with TemporaryDirectory(prefix="hygiene-") as made:
        work = Path(made)
        rows = gather.subscribers(gather.open_all(loaded, work), work).all
        return rows.select(col("domain").unique()).collect()["domain"]


def _told(answers: "pl.DataFrame", domains: tuple[str, ...]) -> list[dict[str, Any]]:
    """One row per domain given, with what follows from its answer; without an answer it is empty.

    What is no name stands there as it was typed.
    """
    import polars as pl
    from polars import col

    from hygiene.classify.domains import is_parked, provider_of_mx
    from hygiene.classify.typos import typo_of

    named = pl.select(domain=pl.coalesce(_names(domains), pl.Series(_typed(domains))))
    wanted = named.unique(maintain_order=True)
    joined = wanted.join(answers, on="domain", how="left", maintain_order="left")
    targets = col("targets")
    more = joined.with_columns(
        provider=provider_of_mx(targets), is_parked=is_parked(targets), typo_of=typo_of(targets, col("note"))
    )
    return more.to_dicts()


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    for row in rows:
        said = MEANING.get(row["mx_status"], "was never asked for, or is no name")
        click.echo(f"{row['domain'] or NO_TEXT} {said}.")
        for name, value in row.items():
            if name not in ("domain", "mx_status") and value not in (None, False):
                click.echo(f"    {name.replace('_', ' ')}: {value}")

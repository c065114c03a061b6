"""`hygiene why ADDRESS`."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from hygiene.cli.job import as_of_option, instant, job_option, json_option, load

if TYPE_CHECKING:
    from hygiene.why import Explanation

SHOWN_EVENTS = 20


@click.command()
@click.argument("address")
@job_option
@as_of_option
@json_option
def why(address: str, job: Path, as_of: str | None, as_json: bool) -> None:
    """Tell why ADDRESS is or is not mailed today, and what would change it."""
    from hygiene.why import why as explain

    loaded = load(job)
    with TemporaryDirectory(prefix="hygiene-") as work:
        found = explain(loaded, address, instant(loaded, as_of), Path(work))
    click.echo(json.dumps(_as_dict(found), indent=2, default=str) if as_json else _text(found))


def _as_dict(found: "Explanation") -> dict[str, object]:
    return {
        "address": found.address,
        "rows": found.rows,
        "ledger": found.ledger.drop("salt").to_dicts(),
        "events": found.events.to_dicts(),
    }


def _text(found: "Explanation") -> str:
    lines = [found.address]
    for row in found.rows:
        lines += [
            "",
            f"{row['list']}, row {row['row']}: {row['verdict']}" + (f" by {row['rule']}" if row["rule"] else ""),
        ]
        lines.append(f"  {row['says']}")
        told = {"repaired": row["repair"], "all rules that fired": " ".join(row["rules"]), "evidence": row["evidence"]}
        lines += [f"  {name}: {value}" for name, value in told.items() if value]
        lines += [f"  otherwise: {row['counterfactual']}"] if row["counterfactual"] else []
    lines += ["", f"Ledger: {found.ledger.height} entries"]
    lines += [
        f"  {entry['entered_at']:%Y-%m-%d}  {entry['action']:<9}{entry['rule']}"
        f"  by {entry['actor']}: {entry['reason'] or ''}"
        for entry in found.ledger.to_dicts()
    ]
    lines += ["", f"Events: {found.events.height}, newest first"]
    lines += [
        f"  {event['occurred_at']:%Y-%m-%d %H:%M}  {event['kind']:<16}{event['diagnostic'] or event['esp_type'] or ''}"
        + (f"  ({event['source']}:{event['line']})" if event["source"] else "")
        for event in found.events.head(SHOWN_EVENTS).to_dicts()
    ]
    return "\n".join(lines)

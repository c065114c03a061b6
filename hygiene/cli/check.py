"""`hygiene check`: before a campaign."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from hygiene.cli.job import as_of_option, instant, job_option, json_option, load

if TYPE_CHECKING:
    from hygiene.campaign.check import Checked

EXIT_CODES = {"send": 0, "do not send": 1, "not enough known": 4}


@click.command()
@click.argument("path", metavar="LIST", type=click.Path(path_type=Path))
@job_option
@as_of_option
@json_option
@click.pass_context
def check(ctx: click.Context, path: Path, job: Path, as_of: str | None, as_json: bool) -> None:
    """Tell whether a campaign to LIST should go out.

    By the rules and the state of the last nightly run; nothing is written. Exit codes: 0 send, 1 do not send, 2 usage,
    4 not enough is known.
    """
    from hygiene.campaign.check import check as ask
    from hygiene.cli.progress import stage
    from hygiene.config import ListSource
    from hygiene.stages import Stages

    loaded = load(job)
    source = next((one for one in loaded.job.lists if (loaded.base / one.path).resolve() == path.resolve()), None)
    named = source or ListSource(name="checked", path=str(path.resolve()))
    with TemporaryDirectory(prefix="hygiene-") as work:
        checked = ask(loaded, named, instant(loaded, as_of), Path(work), Stages(stage))
    click.echo(json.dumps(_as_dict(checked), indent=2, default=str) if as_json else _text(checked))
    ctx.exit(EXIT_CODES[checked.answer])


def _as_dict(checked: "Checked") -> dict[str, object]:
    return {"answer": checked.answer, "reasons": checked.reasons, **checked.facts}


def _text(checked: "Checked") -> str:
    facts = checked.facts
    lines = [checked.answer.upper(), *(f"  {reason}" for reason in checked.reasons), ""]
    for one in facts["lists"]:
        counts = ", ".join(f"{word} {count:,}" for word, count in one.items() if word not in ("list", "rows") and count)
        lines.append(f"{one['rows']:,} rows: {counts}")
    lines.append(f"expected hard bounces by past rates: {facts['expected_hard_bounce_share']:.2%}")
    lines += [f"  {rule['rule']}  {rule['name']:<26}{rule['verdict']:<11}{rule['rows']:>9,}" for rule in facts["rules"]]
    lines += ["", f"{'provider':<20}{'rows':>10}{'mailed':>10}{'never mailed':>14}{'idle 90 d':>11}{'idle 180 d':>12}"]
    lines += [
        f"{one['mailbox_provider']:<20}{one['rows']:>10,}{one['mailed']:>10,}{one['never_mailed']:>14,}"
        f"{one['idle_90']:>11,}{one['idle_180']:>12,}"
        for one in facts["providers"]
    ]
    lines += [
        f"{one['state']} incident: {one['id']}, {one['recipients']:,} recipients, last on {one['last_seen_at'][:10]}"
        for one in facts["incidents"]
    ]
    return "\n".join(lines)

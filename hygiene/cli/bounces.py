"""`hygiene bounces`: what a receiver's reply means, by which rule, and how often the rules are right."""

import json
from pathlib import Path
from typing import Any

import click
import polars as pl

from hygiene.classify.bounce_explain import explained, told
from hygiene.classify.bounce_rules import BounceRule, bounce_rules
from hygiene.classify.bounce_score import LABELLED, judged, scores
from hygiene.config.load import policy_of
from hygiene.model.errors import InputError
from hygiene.policy.policy import FAULT_OF, Policy

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_POLICY = click.option(
    "--policy", "policy_file", type=click.Path(path_type=Path), help="A policy or job file; the defaults otherwise."
)


@click.group()
def bounces() -> None:
    """Tell what a bounce means, list the rules, or score them."""


@bounces.command()
@click.argument("reply")
@click.option("--domain", help="The recipient's domain, such as icloud.com.")
@click.option("--status", help="The enhanced status that the ESP gave beside the reply, such as 5.7.1.")
@click.option("--type", "esp_type", help="The ESP's own type, such as Permanent/General.")
@_POLICY
@_JSON
def explain(
    reply: str, domain: str | None, status: str | None, esp_type: str | None, policy_file: Path | None, as_json: bool
) -> None:
    """Tell what a reply means, which rule says so, and what to do."""
    policy = policy_of(policy_file) if policy_file else Policy()
    meaning = explained(reply, domain, policy, status=status, esp_type=esp_type)
    if as_json:
        click.echo(json.dumps(meaning, indent=2, ensure_ascii=False))
        return
    click.echo(f"{meaning['reason']}, {meaning['permanence']}; fault of: {meaning['fault']}")
    click.echo(f"Rule:     {meaning['bounce_rule'] or 'none'} (confidence {meaning['confidence']:.2f})")
    for label, name in (
        ("Matched", "matched"),
        ("Provider", "mailbox_provider"),
        ("Token", "token"),
        ("Means", "says"),
        ("To do", "advice"),
        ("Ask", "contact"),
        ("hygiene", "counts"),
        ("Source", "source"),
        ("Others", "elsewhere"),
    ):
        if meaning[name]:
            click.echo(f"{label + ':':<9} {meaning[name]}")


@bounces.command()
@_JSON
def rules(as_json: bool) -> None:
    """List the bounce rules in order of decision."""
    if as_json:
        click.echo(json.dumps([_facts(rule) for rule in bounce_rules()], indent=2, ensure_ascii=False))
        return
    width = max(len(rule.id) for rule in bounce_rules())
    for rule in bounce_rules():
        click.echo(f"{rule.id:<{width}}  {rule.reason:<18}  {rule.confidence:.2f}  {rule.says}")


@bounces.command()
@click.argument("replies", type=click.Path(path_type=Path))
@click.option("--wrong", is_flag=True, help="List the replies that were judged wrongly, too.")
@_POLICY
@_JSON
def report(replies: Path, wrong: bool, policy_file: Path | None, as_json: bool) -> None:
    """Score the rules on a file of labelled replies (NDJSON)."""
    result = judged(_labelled(replies), policy_of(policy_file) if policy_file else Policy())
    table = scores(result)
    if as_json:
        click.echo(json.dumps(table.to_dicts(), indent=2))
        return
    click.echo(f"{'expected':<18}  replies  category  action  false suppressions  missed hard")
    for row in table.to_dicts():
        false = f"{row['false_suppressions']} of {row['must_not_suppress']}"
        missed = f"{row['missed_hard']} of {row['must_suppress']}"
        shares = f"{row['category']:>8.1%}  {row['action']:>6.1%}"
        click.echo(f"{row['expected_category']:<18}  {row['replies']:>7}  {shares}  {false:>18}  {missed:>11}")
    for row in result.filter(~(pl.col("is_right_category") & pl.col("is_right_action"))).to_dicts() if wrong else ():
        click.echo(
            f"\nexpected {row['expected_category']}, is {row['reason']} by {row['bounce_rule']}:\n  {row['reply']}"
        )


def _labelled(file: Path) -> pl.DataFrame:
    try:
        found = pl.read_ndjson(file, schema=LABELLED)
    except (OSError, pl.exceptions.ComputeError) as error:
        fix = f"It must hold one JSON object a line with {', '.join(LABELLED)}."
        raise InputError("cannot be read as labelled replies.", str(file), fix) from error
    if found.is_empty() or found.select(pl.any_horizontal(pl.col(*LABELLED).is_null().all())).item():
        fix = f"Each line needs {', '.join(LABELLED)}."
        raise InputError("holds no labelled replies.", str(file), fix)
    return found


def _facts(rule: BounceRule) -> dict[str, Any]:
    conditions = {name: getattr(rule, name) for name in ("pattern", "unless", "reply_code", "status", "esp")}
    return {
        "id": rule.id,
        "step": rule.step,
        "reason": rule.reason,
        "fault": FAULT_OF[rule.reason],
        "confidence": rule.confidence,
        **told(rule),
        **{name: regex for name, regex in conditions.items() if regex},
        "matches": [dict(example) for example in rule.matches],
        "not": [dict(example) for example in rule.misses],
    }

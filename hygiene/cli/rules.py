"""`hygiene rules` and `hygiene explain`: what decides, and why."""

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from hygiene.config.load import policy_of
from hygiene.model.errors import HygieneError
from hygiene.policy.policy import Policy
from hygiene.policy.rules import BY_CODE, RULES, Rule

_LIFETIMES = {
    "forever": "for ever; nobody lifts it",
    "by_hand": "until a person lifts it",
    "until_reoptin": "until the recipient opts in again, or a person lifts it",
    "until_resolves": "until the domain takes mail again",
    "days": "for the days that the policy names, then one retry",
    "while_true": "as long as the rule fires",
}
_POLICY = click.option(
    "--policy", "policy_file", type=click.Path(path_type=Path), help="A policy or job file; the defaults otherwise."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_JSON
def rules(as_json: bool) -> None:
    """List every rule that decides about a row."""
    if as_json:
        click.echo(json.dumps([_facts(rule, Policy()) for rule in RULES], indent=2, ensure_ascii=False))
        return
    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        click.echo(f"{rule.code}  {rule.verdict:<9}  {rule.name:<{width}}  {rule.says}")


@click.command()
@click.argument("code")
@_POLICY
@_JSON
def explain(code: str, policy_file: Path | None, as_json: bool) -> None:
    """Tell what a rule means, why it is there, and its numbers."""
    rule, policy = _rule(code), policy_of(policy_file) if policy_file else Policy()
    if as_json:
        click.echo(json.dumps(_facts(rule, policy), indent=2, ensure_ascii=False))
        return
    click.echo(f"{rule.code} {rule.name}: {rule.verdict}\n\n{rule.says}\nWhy: {rule.why}")
    click.echo(f"Lasts: {_LIFETIMES[rule.lifetime]}.")
    for name in rule.numbers:
        click.echo(f"\n{name} = {getattr(policy, name)}\n    {Policy.model_fields[name].description}")


def _rule(code: str) -> Rule:
    """A rule by its code or name, in any case."""
    known = BY_CODE | {rule.name: rule for rule in RULES}
    wanted = code.upper() if code.upper() in BY_CODE else code.lower()
    if wanted not in known:
        close = get_close_matches(code.upper(), BY_CODE, n=1) or get_close_matches(code.lower(), known, n=1)
        meant = f"Did you mean {close[0]}?" if close else "`hygiene rules` lists them."
        raise HygieneError(f"there is no rule {code}.", fix=meant)
    return known[wanted]


def _facts(rule: Rule, policy: Policy) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "verdict": rule.verdict,
        "says": rule.says,
        "why": rule.why,
        "lifetime": rule.lifetime,
        "scope": rule.scope,
        "numbers": {name: getattr(policy, name) for name in rule.numbers},
        "evidence": rule.evidence,
    }

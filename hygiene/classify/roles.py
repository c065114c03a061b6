"""Whether a local part names a job rather than a person (RFC 2142), and of which kind.

`technical` are machines, network duty, and the service names and list administration of RFC 2142 sections 4 to 6;
`business` are offices, whose people may well have subscribed, among them the four of section 3 (info, marketing, sales,
support). Only the whole name counts: `info.lee` is a person.
"""

import re

import polars as pl

from hygiene.policy.references import reference


def role_tier(local_part: pl.Expr) -> pl.Expr:
    """`technical`, `business`, or null for everybody else; a `+tag` does not make a person of a role."""
    name = _without_tag(local_part.str.to_lowercase())
    is_technical = _is_listed(name, reference("roles_technical").entries)
    is_business = _is_listed(name, reference("roles_business").entries)
    return pl.when(is_technical).then(pl.lit("technical")).when(is_business).then(pl.lit("business"))


def _without_tag(name: pl.Expr) -> pl.Expr:
    tagged = pl.when(name.str.contains("+", literal=True)).then(name)
    return pl.coalesce(tagged.str.extract(r"^([^+]+)\+", 1), name)


def _is_listed(name: pl.Expr, entries: tuple[str, ...]) -> pl.Expr:
    """Whether the name is an entry, or begins or ends with one that has a hyphen there."""
    heads = [f"^{re.escape(entry)}." for entry in entries if entry.endswith("-")]
    tails = [f".{re.escape(entry)}$" for entry in entries if entry.startswith("-")]
    found = name.is_in([entry for entry in entries if entry.strip("-") == entry])
    return found | name.str.contains("|".join(heads + tails)) if heads or tails else found

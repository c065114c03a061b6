"""The bounce rules, read from `policy/bounces/*.toml`: their files in order of name, and in a file from top to bottom.

The order of the files is the order of decision: a provider's signature beats a general word, a word of block
beats a word about the mailbox, and codes come last.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from hygiene.classify.bounce_text import plain
from hygiene.model.errors import ConfigError
from hygiene.model.words import BounceReason

SIGNS = "signs.toml"
REASONS = "reasons.toml"
WORDS = "words.toml"
NEEDED = ("id", "reason", "confidence", "says", "advice", "source", "matches", "not")
TEXTS = ("id", "says", "advice", "contact", "source", "reply_code", "status", "unless_status", "esp")
LISTS = ("pattern", "unless", "providers", "matches", "not")
CONDITIONS = ("pattern", "reply_code", "status", "esp")

_FAMILY = re.compile(r"\{([a-z]+)\}")

Example = Mapping[str, str]
"""A reply as columns of `classify`; in TOML a text alone is its `diagnostic`."""


@dataclass(frozen=True)
class BounceRule:
    """One thing that receivers mean: when it is said, what it means and what to do about it."""

    id: str
    reason: BounceReason
    confidence: float
    says: str
    advice: str
    source: str
    matches: tuple[Example, ...]
    """Replies that it must decide."""
    misses: tuple[Example, ...]
    """Replies that it must not match."""
    step: str
    """The file that holds it, without its number."""
    contact: str = ""
    pattern: str = ""
    """Regex over the wording, lower case and without accents; empty for a rule on codes alone."""
    unless: str = ""
    reply_code: str = ""
    status: str = ""
    unless_status: str = ""
    esp: str = ""
    """Regex over the ESP's type in lower case."""
    providers: tuple[str, ...] = ()
    """Mailbox providers it speaks of; empty for any."""
    without_code: bool = False
    """Only for texts without any SMTP code."""
    outlasts_status: bool = field(default=False)
    """Permanent in itself, even if the ESP calls the failure 4.0.0: there was no receiver's reply."""

    def applies(self) -> pl.Expr:
        """Whether a reply (`wording`, `code`, `enhanced`, `esp`, `mailbox_provider`) is one of these."""
        checks = [_says("wording", self.pattern), _says("code", self.reply_code), _says("enhanced", self.status)]
        checks += [_says("esp", self.esp), ~_says("wording", self.unless) if self.unless else pl.lit(True)]
        if self.unless_status:
            checks.append(~_says("enhanced", self.unless_status))
        if self.providers:
            checks.append(pl.col("mailbox_provider").is_in(self.providers).fill_null(False))
        if self.without_code:
            checks.append(pl.col("is_transient").is_null())
        return pl.all_horizontal(checks)

    def span(self) -> pl.Expr:
        """The words, or the code, that made it fire."""
        found = (("wording", self.pattern), ("enhanced", self.status), ("code", self.reply_code), ("esp", self.esp))
        return pl.coalesce(pl.col(name).str.extract(f"({regex})") for name, regex in found if regex)


def _says(column: str, regex: str) -> pl.Expr:
    return pl.col(column).str.contains(regex).fill_null(False) if regex else pl.lit(True)


@cache
def bounce_rules() -> tuple[BounceRule, ...]:
    """All rules in order of decision; raises ConfigError that names every mistake in them."""
    folder = files("hygiene.policy").joinpath("bounces")
    names = [entry.name for entry in folder.iterdir() if entry.name[0].isdigit()]
    return read_rules({name: folder.joinpath(name).read_text("utf-8") for name in names})


def known_pages() -> Mapping[str, str]:
    """Regex of a page or host that says something by itself, and the word that stands for it."""
    return {page["pattern"]: page["word"] for page in _data(SIGNS)["page"]}


def token_patterns() -> tuple[str, ...]:
    """Regexes whose first group is a provider's own sign of a sender's fault, over the wording."""
    return tuple(_data(SIGNS)["token"]["patterns"])


def equivalents(reason: BounceReason) -> dict[str, str]:
    """What other systems call a reason, by system."""
    return dict(_data(REASONS)[reason])


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("hygiene.policy").joinpath("bounces", name).read_text("utf-8"))


def read_rules(texts: Mapping[str, str]) -> tuple[BounceRule, ...]:
    """Rules of some TOML files, by file name; raises ConfigError that names every mistake in them."""
    rows = [(name, row) for name in sorted(texts) for row in tomllib.loads(texts[name]).get("rule", [])]
    mistakes = [f"{name}: {mistake}" for name, row in rows for mistake in _mistakes(row)]
    ids = [row.get("id", "") for _, row in rows]
    mistakes += [f"id {name!r} is used {ids.count(name)} times" for name in dict.fromkeys(ids) if ids.count(name) > 1]
    if mistakes:
        raise ConfigError("\n".join(mistakes), "bounce rules")
    return tuple(_rule(row, step=name.removesuffix(".toml").lstrip("0123456789-")) for name, row in rows)


def _mistakes(row: Mapping[str, Any]) -> list[str]:
    """What is wrong with one rule, in words."""
    name = row.get("id", "a rule without id")
    known = {*NEEDED, *TEXTS, *LISTS, "without_code", "outlasts_status"}
    found = [f"{name} has no {key}" for key in NEEDED if not row.get(key)]
    found += [f"{name} has an unknown key {key!r}" for key in row if key not in known]
    found += [f"{name}: {key} is not a text" for key in TEXTS if not isinstance(row.get(key, ""), str)]
    found += [f"{name}: {key} is not a list" for key in LISTS if not isinstance(row.get(key, []), list)]
    if row.get("reason") not in set(BounceReason):
        found.append(f"{name}: {row.get('reason')!r} is not a reason")
    if not any(row.get(key) for key in CONDITIONS):
        found.append(f"{name} has neither {' nor '.join(CONDITIONS)}")
    if not found:
        found += [f"{name}: {key} is not a regular expression" for key in _broken(_rule(row, step=""))]
    return found


def _broken(rule: BounceRule) -> list[str]:
    """Fields whose regex the engine refuses."""
    fields = {"pattern": rule.pattern, "unless": rule.unless, "reply_code": rule.reply_code}
    fields |= {"status": rule.status, "unless_status": rule.unless_status, "esp": rule.esp}
    return [name for name, regex in fields.items() if not _compiles(regex)]


def _compiles(regex: str) -> bool:
    try:
        pl.Series([""]).str.contains(regex)
    except pl.exceptions.ComputeError:
        return False
    return True


def _rule(row: Mapping[str, Any], step: str) -> BounceRule:
    return BounceRule(
        id=row["id"],
        reason=BounceReason(row["reason"]),
        confidence=float(row["confidence"]),
        says=row["says"],
        advice=row["advice"],
        source=row["source"],
        matches=_examples(row["matches"]),
        misses=_examples(row["not"]),
        step=step,
        contact=row.get("contact", ""),
        pattern=_any_of(row.get("pattern", [])),
        unless=_any_of(row.get("unless", [])),
        reply_code=row.get("reply_code", ""),
        status=row.get("status", ""),
        unless_status=row.get("unless_status", ""),
        esp=row.get("esp", ""),
        providers=tuple(row.get("providers", ())),
        without_code=row.get("without_code", False),
        outlasts_status=row.get("outlasts_status", False),
    )


def _any_of(alternatives: list[str]) -> str:
    return "|".join(plain(_FAMILY.sub(_family, alternative)) for alternative in alternatives)


def _family(name: re.Match[str]) -> str:
    """The regex that a word family stands for; an unknown name stays, and is no regular expression."""
    return str(_data(WORDS).get(name[1], "("))


def _examples(rows: list[str | Example]) -> tuple[Example, ...]:
    return tuple({"diagnostic": row} if isinstance(row, str) else row for row in rows)

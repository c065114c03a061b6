"""What a run found, as numbers for programs (`summary.json`, versioned) and as a page for people (`summary.txt`)."""

from typing import Any

import polars as pl
from polars import col

from hygiene.decide.brake import is_newly_suppressed
from hygiene.decide.told import UNKNOWN
from hygiene.model.words import Verdict
from hygiene.policy.rules import BY_CODE

SCHEMA_VERSION = 2


def list_counts(decided: pl.LazyFrame, rejected: dict[str, int]) -> list[dict[str, Any]]:
    """Rows by verdict, one entry a list; `rejected` holds the unreadable rows of each."""
    counted = decided.group_by("list", "verdict").agg(rows=pl.len()).collect()
    table = {(name, verdict): rows for name, verdict, rows in counted.rows()}
    return [
        {
            "list": name,
            "rows": sum(table.get((name, verdict.value), 0) for verdict in Verdict) + unread,
            **{verdict.value: table.get((name, verdict.value), 0) for verdict in Verdict if verdict != Verdict.REJECT},
            Verdict.REJECT.value: unread,
        }
        for name, unread in rejected.items()
    ]


def rule_counts(decided: pl.LazyFrame) -> list[dict[str, Any]]:
    """Rows by the rule that decided, in order of precedence, and those of them that are new tonight."""
    new = is_newly_suppressed().sum().alias("new")
    counted = decided.filter(col("rule").is_not_null()).group_by("rule").agg(pl.len().alias("rows"), new).collect()
    found = {code: (rows, new) for code, rows, new in counted.with_columns(col("rule").cast(pl.String)).rows()}
    return [
        {"rule": code, "name": rule.name, "verdict": rule.verdict.value, "rows": found[code][0], "new": found[code][1]}
        for code, rule in BY_CODE.items()
        if code in found
    ]


def unknown_counts(decided: pl.LazyFrame) -> dict[str, int]:
    """How many rows were decided without knowing something; not knowing never suppresses."""
    row = decided.select(col(name).sum() for name in UNKNOWN).collect()
    return {name: int(count or 0) for name, count in row.row(0, named=True).items()}


def as_text(summary: dict[str, Any]) -> str:
    """The page for people."""
    lines = [
        f"hygiene · {summary['job']} · as of {summary['as_of']} · run {summary['run_id']} · {summary['status']}",
        "",
    ]
    lines += _incidents(summary["incidents"])
    lines += _bursts(summary["bursts"])
    lines += _held(summary["held_because"])
    lines += _table(summary["lists"])
    lines += ["", "Why (rows, of which new tonight):"]
    lines += [
        f"  {rule['rule']}  {rule['name']:<26}{rule['verdict']:<11}{rule['rows']:>9,}{rule['new']:>9,}"
        for rule in summary["rules"]
    ]
    changes = summary["changes"]
    lines += ["", f"Since {changes['since'] or 'the beginning'}: {changes['suppressed']:,} new suppressions, "
              f"{changes['lifted']:,} lifted; {changes['in_force']:,} in force."]  # fmt: skip
    lines += ["Not known, and so nobody was suppressed for it: " + _pairs(summary["unknown"]) + "."]
    lines += [f"Note: {note}" for note in summary["notes"]]
    return "\n".join(lines) + "\n"


def _incidents(incidents: list[dict[str, Any]]) -> list[str]:
    """Those that are open; a person has seen the closed ones."""
    told = [one for one in incidents if one["state"] != "closed"]
    if not told:
        return []
    lines = ["The sender was refused (no reader is at fault):"]
    for one in told:
        again = " again, after it was closed" if one["state"] == "reopened" else ""
        reply = one["replies"][0]["reply"][:90] if one["replies"] else ""
        lines.append(
            f"  {one['id']}{again}: {one['recipients']:,} recipients, {_share(one['share'])}, "
            f"last on {one['last_seen_at'][:10]}, {one['suppressed_for_it']} suppressed for it; “{reply}”"
        )
    return [*lines, "  `hygiene incidents packet ID` writes to the provider.", ""]


def _share(share: float | None) -> str:
    return "its share of the mail is not known" if share is None else f"{share:.1%} of the mail there"


def _bursts(bursts: list[dict[str, Any]]) -> list[str]:
    if not bursts:
        return []
    rows = [f"  {one['burst']}; {one['rows']:,} rows held" for one in bursts]
    return ["Held, not suppressed, as so many hard bounces at once are doubted (BNC212):", *rows, ""]


def _held(reasons: list[str]) -> list[str]:
    if not reasons:
        return []
    return ["HELD: nothing was published, because", *(f"  {reason}" for reason in reasons), ""]


def _table(lists: list[dict[str, Any]]) -> list[str]:
    words = [word for word in lists[0] if word != "list"]
    width = max(len(entry["list"]) for entry in lists) + 2
    rows = [f"{entry['list']:<{width}}" + "".join(f"{entry[word]:>11,}" for word in words) for entry in lists]
    return [" " * width + "".join(f"{word:>11}" for word in words), *rows]


def _pairs(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())

"""Everything a run's folder holds, written and checked: lists, files for people, audit, deltas, summary."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from hygiene.model.errors import UnbalancedError
from hygiene.model.words import LedgerAction, Verdict
from hygiene.night import Night
from hygiene.policy.families import NEVER_REMOVED, strength
from hygiene.publish import audit, folder
from hygiene.publish.exports import write_additions, write_removals
from hygiene.publish.lists import defused, write_lists, write_rejects
from hygiene.publish.summary import SCHEMA_VERSION, as_text, list_counts, rule_counts, unknown_counts

PEOPLE = {"suppressed": Verdict.SUPPRESS, "held": Verdict.HOLD, "review": Verdict.REVIEW}
ENTRIES = "ledger-entries.parquet"
"""The ledger entries that belong to a run; what `release` commits."""


def write(night: Night, staged: Path, held_because: list[str]) -> dict[str, Any]:
    """Fills the staged folder; returns the summary. Raises UnbalancedError where rows in are not rows out."""
    for opened in night.opened:
        mine = night.decided.filter(col("list") == opened.name).select("row", "verdict", "rule", "address", "repair")
        written = write_lists(opened, mine.sort("row"), staged, night.work)
        _check(opened.name, opened.records, opened.rejects.height, written)
    write_rejects(pl.concat([opened.rejects for opened in night.opened]), staged / "rejected.csv")
    write_rejects(night.event_rejects, staged / folder.EVENT_REJECTS)
    _write_audit(night, staged)
    _write_delta(night, staged)
    night.pending.write_parquet(staged / ENTRIES)
    summary = summarize(night, "held" if held_because else "published", held_because)
    folder.write_json(staged / "summary.json", summary)
    folder.write_text(staged / "summary.txt", as_text(summary))
    return summary


def _check(name: str, records: int, rejected: int, written: dict[Verdict, int]) -> None:
    if records != rejected + sum(written.values()):
        raise UnbalancedError(
            f"{records:,} rows came in, {rejected:,} were unreadable and {sum(written.values()):,} went out.",
            f"list {name}",
            "Nothing was published; please report this with the run's process.json.",
        )


def _write_audit(night: Night, staged: Path) -> None:
    """The audit trail, and the three files for people cut out of it."""
    references = json.dumps(night.references, sort_keys=True)
    trail = staged / "audit.parquet"
    audit.audited(night.decided, night.run_id, night.loaded.policy_digest, references).sink_parquet(trail)
    rows = pl.scan_parquet(trail)
    defused(rows).sink_csv(staged / "audit.csv")
    for name, verdict in PEOPLE.items():
        told = rows.filter(col("verdict") == verdict.value).select(audit.FOR_PEOPLE)
        defused(told).sink_csv(staged / f"{name}.csv")


def changes(night: Night) -> pl.DataFrame:
    """Ledger entries since the last published run, tonight's included."""
    seen = night.last["ledger_seq"] if night.last else 0
    names = ["action", "scope", "key", "address", "rule", "entered_at", "reason"]
    since = night.known.entries.filter(col("seq") > seen).sort("seq").select(names).collect()
    return pl.concat([since, night.pending.select(names)])


def _write_delta(night: Night, staged: Path) -> None:
    """What each ESP must learn: addresses newly suppressed, and those that no rule suppresses any more."""
    changed = changes(night).filter(col("address").is_not_null())
    added = _one_an_address(changed.filter(col("action") == LedgerAction.SUPPRESS))
    lifted = changed.filter((col("action") == LedgerAction.LIFT) & ~col("rule").is_in(NEVER_REMOVED))
    freed = lifted.join(_still_suppressed(night), on="key", how="anti").join(added, on="address", how="anti")
    removed = _one_an_address(freed)
    delta = staged / "delta"
    delta.mkdir(mode=0o700)
    for name in night.loaded.job.publish.exports:
        write_additions(added.lazy(), name, delta)
        write_removals(removed.lazy(), name, delta)


def _one_an_address(changed: pl.DataFrame) -> pl.DataFrame:
    """Address, rule and since when; the strongest rule of each address."""
    known = {rule: strength(rule) for rule in changed["rule"].unique()}
    named = changed.select(
        "address", "rule", at="entered_at", rank=col("rule").replace_strict(known, return_dtype=pl.Int64)
    )
    ordered = named.sort("rank", maintain_order=True)
    return ordered.unique("address", keep="first", maintain_order=True).drop("rank")


def _still_suppressed(night: Night) -> pl.DataFrame:
    """Keys of tonight's rows that some rule suppresses: a lift of one rule does not free them."""
    suppressed = night.decided.filter(col("verdict") == Verdict.SUPPRESS.value)
    keys = [suppressed.select(key=name) for name in ("address_key", "mailbox_key")]
    return pl.concat(keys).unique().collect()


def summarize(night: Night, status: str, held_because: list[str]) -> dict[str, Any]:
    """What the run found; the same for the same inputs, state and `as_of`."""
    changed = changes(night).group_by("action").len()
    count = dict(changed.rows())
    rejected = {opened.name: opened.rejects.height for opened in night.opened}
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": night.run_id,
        "job": night.loaded.job.name,
        "as_of": night.as_of.isoformat(),
        "status": status,
        "held_because": held_because,
        "blocks": blocks_told(night),
        "lists": list_counts(night.decided, rejected),
        "rules": rule_counts(night.decided),
        "unknown": unknown_counts(night.decided),
        "changes": {
            "since": night.last["run_id"] if night.last else None,
            "suppressed": count.get(LedgerAction.SUPPRESS.value, 0),
            "lifted": count.get(LedgerAction.LIFT.value, 0),
            "in_force": night.known.in_force.select(pl.len()).collect().item() + _added(night),
        },
        "policy_digest": night.loaded.policy_digest,
        "config_digest": night.loaded.config_digest,
        "references": night.references,
        "notes": night.notes,
    }


def _added(night: Night) -> int:
    """Keys that tonight's own decisions suppress and nothing suppressed before."""
    made_here = night.pending.filter((col("action") == LedgerAction.SUPPRESS) & (col("actor") == "run"))
    before = night.known.in_force.select("scope", "key").collect()
    return made_here.unique(["scope", "key"]).join(before, on=["scope", "key"], how="anti").height


def blocks_told(night: Night) -> list[dict[str, Any]]:
    """Provider blocks, and how many of the people hit were suppressed on that evidence: the law says none."""
    told = []
    for block in night.blocks.to_dicts():
        proof = (col("hard_reply") == block["reply"]) & (col("rule") == "BNC201")
        suppressed = night.decided.filter(proof).select(pl.len()).collect().item()
        told.append({**block, "day": block["day"].isoformat(), "suppressed_for_it": suppressed})
    return told

"""Everything a run's folder holds, written and checked: lists, files for people, audit, deltas, summary."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from hygiene.classify.typos import suggestion
from hygiene.gather import recipients
from hygiene.model.errors import UnbalancedError
from hygiene.model.words import LedgerAction, Verdict
from hygiene.night import Night
from hygiene.publish import audit, folder
from hygiene.publish.exports import write_exports
from hygiene.publish.lists import defused, write_lists, write_rejects
from hygiene.publish.summary import SCHEMA_VERSION, as_text, list_counts, rule_counts, unknown_counts

PEOPLE = {"suppressed": Verdict.SUPPRESS, "held": Verdict.HOLD, "review": Verdict.REVIEW}
STRETCH = 1_000_000
ENTRIES = "ledger-entries.parquet"
"""The ledger entries that belong to a run; what `release` commits."""


def write(night: Night, staged: Path, held_because: list[str]) -> dict[str, Any]:
    """Fills the staged folder; returns the summary. Raises UnbalancedError where rows in are not rows out."""
    for opened in night.opened:
        mine = col("list") == opened.name
        mended = night.told.filter(mine & col("repair").is_not_null()).select("row", "address")
        written = write_lists(opened, night.decided.filter(mine).select("row", "verdict"), mended, staged, night.work)
        _check(opened.name, opened.records, opened.rejects.height, written)
    write_rejects(pl.concat([opened.rejects for opened in night.opened]), staged / "rejected.csv")
    write_rejects(night.event_rejects, staged / folder.EVENT_REJECTS)
    _write_audit(night, staged)
    _write_delta(night, staged)
    if night.loaded.job.publish.proposes_typos:
        _write_proposed(night, staged / "proposed")
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
    audit.write_trail(night.told, _stretches(night), (night.run_id, night.loaded.policy_digest, references), trail)
    rows = pl.scan_parquet(trail)
    # The versions of the lists are the same in every row, and stand in summary.json too.
    defused(rows.drop("references")).sink_csv(staged / "audit.csv")
    for name, verdict in PEOPLE.items():
        told = rows.filter(col("verdict") == verdict.value).select(audit.FOR_PEOPLE)
        defused(told).sink_csv(staged / f"{name}.csv")


def _stretches(night: Night) -> list[tuple[str, int, int]]:
    """The lists in pieces of STRETCH rows, so that a piece can be put in order in memory."""
    return [
        (opened.name, first, first + STRETCH)
        for opened in sorted(night.opened, key=lambda one: one.name)
        for first in range(0, max(opened.records, 1), STRETCH)
    ]


def _write_proposed(night: Night, apart: Path) -> None:
    """Rows that only their domain speaks against and that is a slip of a provider's, as lists of addresses to confirm.

    Left out is who is on a list, or suppressed, under the address proposed.
    """
    apart.mkdir(mode=0o700)
    by_domain = col("rule").cast(pl.String).str.starts_with("DOM") & col("typo_of").is_not_null()
    rows = night.told.filter(by_domain).select("list", "row", address=suggestion()).collect().sort("list", "row")
    taken = [night.rows.select(key="address_key"), night.known.in_force.select("key")]
    free = recipients(rows).unique("address_key", keep="first", maintain_order=True)
    for key in ("address_key", "mailbox_key"):
        free = free.join(pl.concat(taken).collect(), left_on=key, right_on="key", how="anti")
    for opened in night.opened:
        mine = free.filter(col("list") == opened.name).select("row", "address")
        all_rows = night.decided.filter(col("list") == opened.name).select("row")
        is_proposed = pl.when(col("row").is_in(mine["row"].implode()))
        verdicts = all_rows.with_columns(verdict=is_proposed.then(pl.lit("keep")).otherwise(pl.lit("suppress")))
        write_lists(opened, verdicts, mine.lazy(), apart, night.work)


def changes(night: Night) -> pl.DataFrame:
    """Ledger entries since the last published run, tonight's included."""
    seen = night.last["ledger_seq"] if night.last else 0
    names = ["action", "scope", "key", "address", "rule", "entered_at", "reason"]
    since = night.known.entries.filter(col("seq") > seen).sort("seq").select(names).collect()
    return pl.concat([since, night.pending.select(names)])


def _write_delta(night: Night, staged: Path) -> None:
    """What each ESP must learn: addresses newly suppressed, and those that no rule suppresses any more."""
    changed = changes(night).filter(col("address").is_not_null())
    added = changed.filter(col("action") == LedgerAction.SUPPRESS)
    removed = changed.filter(col("action") == LedgerAction.LIFT).join(_still_suppressed(night), on="key", how="anti")
    delta = staged / "delta"
    delta.mkdir(mode=0o700)
    write_exports(added, removed, night.loaded.job.publish.exports, delta, night.as_of)


def _still_suppressed(night: Night) -> pl.DataFrame:
    """Keys of tonight's rows that some rule suppresses: a lift of one rule does not free them."""
    suppressed = night.told.filter(col("verdict") == Verdict.SUPPRESS.value)
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
        suppressed = night.told.filter(proof).select(pl.len()).collect().item()
        told.append({**block, "day": block["day"].isoformat(), "suppressed_for_it": suppressed})
    return told

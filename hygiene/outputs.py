"""Everything a run's folder holds, written and checked: lists, files for people, audit, deltas, summary."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from hygiene.classify.typos import suggestion
from hygiene.gather import recipients
from hygiene.model.errors import UnbalancedError
from hygiene.model.spreadsheet import defused
from hygiene.model.words import LedgerAction, Verdict
from hygiene.night import Night
from hygiene.normalize.numbers import number
from hygiene.policy.families import NEVER_REMOVED
from hygiene.publish import audit, folder
from hygiene.publish.changes import one_an_address
from hygiene.publish.exports import write_additions, write_removals
from hygiene.publish.lists import write_lists, write_rejects
from hygiene.publish.spool import write_parquet
from hygiene.publish.summary import SCHEMA_VERSION, as_text, list_counts, rule_counts, unknown_counts
from hygiene.sender.refusals import line_id
from hygiene.sender.told import as_dict

PEOPLE = {"suppressed": Verdict.SUPPRESS, "held": Verdict.HOLD, "review": Verdict.REVIEW}
ENTRIES = "ledger-entries.parquet"
"""The ledger entries that belong to a run; what publishing it, or `release`, commits."""


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
    summary = summarize(night, "held" if held_because else "published", held_because)
    folder.write_json(staged / "summary.json", summary)
    folder.write_text(staged / "summary.txt", as_text(summary))
    shutil.move(night.work / ENTRIES, staged / ENTRIES)
    return summary


def _check(name: str, records: int, rejected: int, written: dict[Verdict, int]) -> None:
    if records != rejected + sum(written.values()):
        raise UnbalancedError(
            f"{records:,} rows came in, {rejected:,} were unreadable and {sum(written.values()):,} went out.",
            f"list {name}",
            "Nothing was published; please report this with the run's process.json.",
        )


def _write_audit(night: Night, staged: Path) -> None:
    """The audit trail, and the three files for people cut out of it: all in one pass."""
    references = json.dumps(night.references, sort_keys=True)
    lists = {opened.name: opened.records for opened in night.opened}
    told = audit.trails(night.trail, lists, night.run_id, night.loaded.policy_digest, references)
    write_parquet(_for_people(told, staged), staged / "audit.parquet")


def _for_people(told: Iterable[pl.DataFrame], staged: Path) -> Iterator[pl.DataFrame]:
    """The frames given, each written on the way to the files that a spreadsheet opens."""
    with ExitStack() as opened:
        files = {name: opened.enter_context((staged / f"{name}.csv").open("wb")) for name in ("audit", *PEOPLE)}
        for number, rows in enumerate(told):
            safe = rows.with_columns(defused(name) for name in audit.FROM_OUTSIDE)
            # The versions of the lists are the same in every row, and stand in summary.json too.
            safe.drop("references").write_csv(files["audit"], include_header=not number)
            for name, verdict in PEOPLE.items():
                mine = safe.lazy().filter(col("verdict") == verdict.value).select(audit.FOR_PEOPLE)
                mine.collect().write_csv(files[name], include_header=not number)
            yield rows


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


def changes(night: Night) -> pl.LazyFrame:
    """Ledger entries since the last published run, tonight's included."""
    seen = night.last["ledger_seq"] if night.last else 0
    names = ["action", "scope", "key", "address", "rule", "entered_at", "reason"]
    since = night.known.entries.filter(col("seq") > seen).sort("seq").select(names)
    return pl.concat([since, night.pending.select(names)])


def _write_delta(night: Night, staged: Path) -> None:
    """What each ESP must learn: addresses newly suppressed, and those that no rule suppresses any more."""
    changed = changes(night).filter(col("address").is_not_null())
    added = one_an_address(changed.filter(col("action") == LedgerAction.SUPPRESS), night.work / "added")
    lifted = changed.filter((col("action") == LedgerAction.LIFT) & ~col("rule").is_in(NEVER_REMOVED)).collect().lazy()
    still = _still_suppressed(staged, lifted.select("key"))
    again = added.join(lifted, on="address", how="semi").select("address")
    freed = lifted.join(still.lazy(), on="key", how="anti").join(again, on="address", how="anti")
    removed = one_an_address(freed, night.work / "removed")
    delta = staged / "delta"
    delta.mkdir(mode=0o700)
    for name in night.loaded.job.publish.exports:
        write_additions(added, name, delta)
        write_removals(removed, name, delta)


def _still_suppressed(staged: Path, asked: pl.LazyFrame) -> pl.DataFrame:
    """Those of the keys asked that some rule suppresses among tonight's rows: a lift of one rule does not free them."""
    told = pl.scan_parquet(staged / "audit.parquet", glob=False)
    suppressed = told.filter(col("verdict") == Verdict.SUPPRESS.value)
    keys = [suppressed.select(key=name) for name in ("address_key", "mailbox_key")]
    return pl.concat(keys).join(asked, on="key", how="semi").unique().collect()


def summarize(night: Night, status: str, held_because: list[str]) -> dict[str, Any]:
    """What the run found; the same for the same inputs, state and `as_of`."""
    changed = changes(night).group_by("action").len().collect()
    count = dict(changed.rows())
    rejected = {opened.name: opened.rejects.height for opened in night.opened}
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": night.run_id,
        "job": night.loaded.job.name,
        "as_of": night.as_of.isoformat(),
        "status": status,
        "held_because": held_because,
        "incidents": incidents_told(night),
        "bursts": bursts_told(night),
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
    # By numbers, as the texts of a first night fill the memory.
    subject = number(pl.concat_str("scope", "key"))
    keys, before = (frame.select(subject.alias("subject")) for frame in (made_here, night.known.in_force))
    return int(keys.unique().join(before, on="subject", how="anti").select(pl.len()).collect().item())


def incidents_told(night: Night) -> list[dict[str, Any]]:
    """Incidents, and how many people were suppressed by a reply that is in one: the law says none."""
    suppressed = _suppressed_by_a_refusal(night)
    sender = night.loaded.job.sender
    return [{**as_dict(one, sender), "suppressed_for_it": suppressed.get(one.id, 0)} for one in night.watched.incidents]


def _suppressed_by_a_refusal(night: Night) -> dict[str, int]:
    """Rows by incident whose bounce rule rests on the file and line of a refusal."""
    lines = night.watched.refused.select("id", "line_id").unique().lazy()
    proof = [
        night.told.filter(col("rule").cast(pl.String).str.contains(rules)).select(
            line_id=line_id(f"{kind}_source", f"{kind}_line")
        )
        for kind, rules in (("hard", "^BNC20"), ("soft", "^SFT60"))
    ]
    return dict(pl.concat(proof).join(lines, on="line_id").group_by("id").len().collect().rows())


def bursts_told(night: Night) -> list[dict[str, Any]]:
    """Bursts of hard bounces whose rows are held, and how many rows that are."""
    held = night.told.filter(col("rule") == "BNC212").group_by(burst="hard_burst").agg(rows=pl.len())
    return held.sort("rows", "burst", descending=[True, False]).collect().to_dicts()

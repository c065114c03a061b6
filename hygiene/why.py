"""Why an address is or is not mailed today: the verdict, its evidence, its history, and what would change it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from hygiene import gather
from hygiene.classify.bounces import with_bounce_meaning
from hygiene.classify.domain_facts import domain_facts
from hygiene.classify.negatives import NEGATIVE, STATED
from hygiene.config import LoadedJob
from hygiene.decide.in_force import in_force, lifts
from hygiene.decide.verdict import with_names
from hygiene.ledger.erasure import erased_match, erasure_keys
from hygiene.model.words import Verdict
from hygiene.normalize.activity import as_events
from hygiene.normalize.numbers import number
from hygiene.policy.policy import Policy
from hygiene.policy.rules import BY_CODE, Lifetime
from hygiene.publish.audit import with_evidence
from hygiene.sender.bursts import with_doubts
from hygiene.shard import Shard, clean_shard
from hygiene.store import Store
from hygiene.validate.syntax import with_syntax


@dataclass(frozen=True)
class Explanation:
    """What is known of one address."""

    address: str
    rows: list[dict[str, Any]]
    """One per row of a list that holds it; one without a list where none does."""
    ledger: pl.DataFrame
    """LEDGER entries about the mailbox, in order."""
    events: pl.DataFrame
    """Its EVENTS, newest first; those that only count have no more than kind and instant."""


def why(loaded: LoadedJob, address: str, as_of: dt.datetime, work: Path) -> Explanation:
    """Decides about one mailbox with all that the job and the state know of it; nothing is written or looked up."""
    store = Store(loaded.state, loaded.job.storage_options)
    person = gather.recipients(pl.DataFrame({"address": [address]}))
    mailbox_key = person["mailbox_key"].item()
    events, activity = store.history.of(mailbox_key)
    shard = _shard(loaded, store, _rows(loaded, person, work), (events, activity), as_of)
    return Explanation(
        address=person["address"].item(),
        rows=[_told(row, shard, loaded.policy, as_of) for row in _decided(shard, loaded.policy, as_of)],
        ledger=store.ledger.history_of(mailbox_key),
        events=pl.concat([events, as_events(activity, mailbox_key)]).sort("occurred_at", descending=True),
    )


def _rows(loaded: LoadedJob, person: pl.DataFrame, work: Path) -> pl.DataFrame:
    """Rows of the job's lists that are this mailbox; without one, the person as a row of no list."""
    opened = gather.open_all(loaded, work)
    (rows,) = gather.subscribers(opened, work).parts
    found = rows.filter(col("mailbox_key") == person["mailbox_key"].item()).collect()
    if found.height:
        return found
    alone = person.with_columns(
        mailbox=number("mailbox_key"),
        list=pl.lit("(in no list)"), row=pl.lit(0, pl.UInt32), repair=pl.lit(None, pl.String),
        subscribed_at=pl.lit(None, pl.Datetime("us", "UTC")), is_confirmed=pl.lit(None, pl.Boolean),
    )  # fmt: skip
    return with_syntax(alone).select(found.columns)


def _shard(
    loaded: LoadedJob, store: Store, rows: pl.DataFrame, history: tuple[pl.DataFrame, pl.DataFrame], as_of: dt.datetime
) -> Shard:
    erased = erased_match(store.ledger, rows["mailbox_key"], erasure_keys(loaded.job.erasure_key_env))
    entries = pl.concat([store.ledger.entries(), erased.lazy()])
    mine = entries.filter(col("mailbox_key").is_in(rows["mailbox_key"].implode()))
    events, activity = history
    meant = with_bounce_meaning(events.lazy().filter(col("kind").is_in(NEGATIVE)))
    return Shard(
        subscribers=rows.lazy(),
        activity=activity.lazy(),
        stated=events.lazy().filter(col("kind").is_in(STATED)),
        negatives=with_doubts(meant, store.doubts.load(), loaded.policy),
        domains=domain_facts(rows.lazy(), store.dns.load().lazy()),
        in_force=in_force(mine, mine.clear(), as_of),
        lifts=lifts(mine, as_of),
    )


def _decided(shard: Shard, policy: Policy, as_of: dt.datetime) -> list[dict[str, Any]]:
    decided = with_evidence(clean_shard(shard, policy, as_of).collect())
    return with_names(decided).sort("list", "row").with_columns(col("verdict", "rule").cast(pl.String)).to_dicts()


def _told(row: dict[str, Any], shard: Shard, policy: Policy, as_of: dt.datetime) -> dict[str, Any]:
    rule = BY_CODE.get(row["rule"])
    return {
        "list": row["list"], "row": row["row"], "address": row["address"], "repair": row["repair"],
        "verdict": row["verdict"], "rule": row["rule"], "name": rule.name if rule else None,
        "says": rule.says if rule else "No rule fired.", "rules": row["rules"], "evidence": row["evidence"],
        "counterfactual": counterfactual(row, shard, policy, as_of),
    }  # fmt: skip


def counterfactual(row: dict[str, Any], shard: Shard, policy: Policy, as_of: dt.datetime) -> str | None:
    """The least change of one number of the policy that changes the verdict; None where a number does not decide."""
    rule = BY_CODE.get(row["rule"])
    if rule is None:
        return None
    if rule.lifetime is Lifetime.FOREVER:
        return None
    if row["ledger_seq"] is not None and row["verdict"] == Verdict.SUPPRESS.value:
        return f"suppressed since ledger entry {row['ledger_seq']}: `hygiene lift` ends it, a changed policy does not"
    if rule.knob is None:
        return None
    number, measured = rule.knob
    milder = policy.model_copy(update={number: int(row[measured]) + 1})
    for other in _decided(shard, milder, as_of):
        if (other["list"], other["row"]) == (row["list"], row["row"]) and other["verdict"] != row["verdict"]:
            return f"{other['verdict']}, if {number} were {int(row[measured]) + 1} (it is {getattr(policy, number)})"
    return None

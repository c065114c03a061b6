"""The pre-campaign check: the nightly rules on any list, from the state of the last run; nothing is written."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hygiene import gather
from hygiene.campaign import gate
from hygiene.campaign.gate import Past
from hygiene.campaign.rates import BounceRate, bounce_rates
from hygiene.classify.bounces import bounce_action
from hygiene.classify.domain_facts import domain_facts
from hygiene.config import ListSource, LoadedJob
from hygiene.decide.told import OF_A_CAMPAIGN
from hygiene.engines.disk import look
from hygiene.engines.size import shards_for
from hygiene.incidents import watch
from hygiene.publish.summary import list_counts, rule_counts
from hygiene.sender.incidents import Incident
from hygiene.sender.told import as_dict
from hygiene.stages import Stages
from hygiene.store import Store


@dataclass(frozen=True)
class Checked:
    """The answer, and what it rests on."""

    answer: str
    """`send`, `do not send` or `not enough known`."""
    reasons: list[str]
    facts: dict[str, Any]


def check(loaded: LoadedJob, source: ListSource, as_of: dt.datetime, work: Path, stages: Stages) -> Checked:
    """Whether a campaign to this list should go out; raises InputError for a list that cannot be read."""
    store = Store(loaded.state, loaded.job.storage_options)
    with stages("read list"):
        opened = gather.open_all(loaded, work, [source])
        past = gather.past(store, as_of)
        shards = loaded.job.shards or shards_for(sum(one.records for one in opened), past.kept.count)
        subscribers = gather.subscribers(opened, work, shards)
        rows = subscribers.all
    with stages("read state"):
        meant = gather.meant(past.events, loaded.policy, as_of, work)
        negatives = gather.believed(meant, store.doubts.load(), loaded.policy, work)
        known = gather.known(loaded, store, rows, work, "", as_of)
        memory = store.dns.load()
    with stages("decide"):
        facts = domain_facts(subscribers.domains().lazy(), memory.lazy()).collect()
        shard = gather.shard(subscribers, past, negatives, facts, known, work)
        decided = look(shard, subscribers.parts, loaded.policy, as_of, work, OF_A_CAMPAIGN)
        rates = bounce_rates(past.activity, negatives.with_columns(action=bounce_action(loaded.policy)), as_of)
        incidents = watch(store, meant, memory, loaded.policy, as_of).incidents
        known_of = _past(loaded, store, memory, rates, incidents)
    return _answer(loaded, decided, known_of, {one.name: one.rejects.height for one in opened}, as_of)


def _past(
    loaded: LoadedJob,
    store: Store,
    memory: pl.DataFrame,
    rates: tuple[BounceRate, BounceRate],
    incidents: list[Incident],
) -> Past:
    last = store.runs.last_published(loaded.job.name)
    first, later = rates
    newest = memory["observed_at"].max()
    return Past(
        last_run_at=last["as_of"] if last else None,
        dns_newest_at=newest if isinstance(newest, dt.datetime) else None,
        needs_dns=loaded.job.dns.mode != "off",
        first=first,
        later=later,
        incidents=incidents,
    )


def _answer(
    loaded: LoadedJob, decided: pl.LazyFrame, past: Past, rejected: dict[str, int], as_of: dt.datetime
) -> Checked:
    table = gate.providers(decided, as_of)
    against = gate.objections(decided, table, past, loaded.policy, as_of)
    unknown = gate.unknowns(table, past, loaded.policy, as_of)
    facts = {
        "schema_version": 2,
        "as_of": as_of.isoformat(),
        "lists": list_counts(decided, rejected),
        "rules": rule_counts(decided),
        "expected_hard_bounce_share": round(gate.expected_bounces(table, past), 5),
        "providers": table.to_dicts(),
        "incidents": [as_dict(one, loaded.job.sender) for one in past.incidents],
    }
    answer = gate.DO_NOT_SEND if against else gate.UNKNOWN if unknown else gate.SEND
    return Checked(answer, unknown + against, facts)

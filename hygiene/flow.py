"""The nightly run in reading order, one call per stage.

Nothing is shown before it is safe: events and DNS answers go to the state first (they are facts; reading them twice
changes nothing), then the outputs are staged and checked, then the ledger is committed, then `latest` is switched. A
crash between two of these is finished or thrown away by the next run.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from polars import col

from hygiene import gather, outputs
from hygiene.classify.domain_facts import domain_facts
from hygiene.config import LoadedJob
from hygiene.decide.brake import brake_reasons
from hygiene.decide.entries import SUBJECT
from hygiene.engines.disk import decide
from hygiene.engines.size import announce_work, are_far_too_few, shards_for
from hygiene.incidents import Watched, watch, with_shares
from hygiene.ingest.lists import OpenList
from hygiene.lock import holding
from hygiene.lookup.resolve import Lookup
from hygiene.model.errors import OutputError
from hygiene.night import Night
from hygiene.policy.references import reference_versions
from hygiene.publish import folder
from hygiene.stages import Announce, Stages, silent
from hygiene.store import Store
from hygiene.validate.syntax import fast_path_agrees


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `published`, `held` or `planned`."""

    run_id: str
    status: str
    folder: Path | None
    summary: dict[str, Any]
    process: dict[str, Any]


def run(loaded: LoadedJob, as_of: dt.datetime, announce: Announce = silent) -> Outcome:
    """Reads, decides and publishes; raises HygieneError, and leaves the last published run as it was then."""
    with holding(loaded.out), work_folder(loaded) as work:
        night = _decide(loaded, as_of, work, Stages(announce), writes=True)
        return _publish(night, _brake(night))


def plan(loaded: LoadedJob, as_of: dt.datetime, announce: Announce = silent) -> Outcome:
    """The same numbers as `run` would give now, with nothing written."""
    with TemporaryDirectory(prefix="hygiene-") as work:
        night = _decide(loaded, as_of, Path(work), Stages(announce), writes=False)
        summary = outputs.summarize(night, "planned", _brake(night))
        return Outcome(night.run_id, "planned", None, summary, night.process())


@dataclass(frozen=True)
class _Read:
    """What was read tonight, before anything is decided."""

    run_id: str
    last: dict[str, Any] | None
    """The last published run; None before the first."""
    opened: list[OpenList]
    subscribers: gather.Subscribers
    history: gather.Past
    facts: pl.DataFrame
    """What is known of the lists' domains (classify/domain_facts.py)."""
    dns: dict[str, Any]
    """How their look-up went."""
    notes: list[str]


def _read(loaded: LoadedJob, store: Store, as_of: dt.datetime, work: Path, stages: Stages, *, writes: bool) -> _Read:
    last = store.runs.last_published(loaded.job.name)
    with stages("read lists"):
        opened = gather.open_all(loaded, work)
        records = sum(one.records for one in opened)
        announce_work(records, work)
    with stages("open events"):
        files = gather.open_files(loaded, store, as_of, work)
    run_id = _run_id(loaded, as_of, [*(one.digest for one in opened), *files.digests], last)
    with stages("read rows"):
        shards = loaded.job.shards or shards_for(records, files.expected)
        subscribers = gather.subscribers(opened, work, shards)
        domains = subscribers.domains()
        asking = gather.Asking(loaded, store, domains, run_id if writes else None, as_of)
    stages.count(records)
    with asking:
        with stages("read events") as tick:
            history = gather.history(loaded, store, files, as_of, tick, writes=writes)
        with stages("look up domains") as tick:
            lookup = asking.answers(tick)
    dns = _dns_counts(lookup, stages.done[-1].seconds)
    if not loaded.job.shards and are_far_too_few(shards, records, history.kept.count):
        with stages("scatter rows again"):
            subscribers = gather.scattered_again(subscribers, work, shards_for(records, history.kept.count))
    with stages("judge domains"):
        facts = domain_facts(domains.lazy(), lookup.answers.lazy()).collect()
    return _Read(run_id, last, opened, subscribers, history, facts, dns, _notes(lookup))


def _decide(loaded: LoadedJob, as_of: dt.datetime, work: Path, stages: Stages, *, writes: bool) -> Night:
    store = Store(loaded.state, loaded.job.storage_options)
    read = _read(loaded, store, as_of, work, stages, writes=writes)
    run_id, subscribers, history = read.run_id, read.subscribers, read.history
    rows, shards = subscribers.all, len(subscribers.scattered)
    answers = read.facts.select("domain", targets="mx_targets")
    with stages("decide", shards) as tick:
        meant = gather.meant(history.events, loaded.policy, as_of, work)
        people = gather.people(rows, work)
        doubts = gather.doubted(meant, history.activity, people, answers, loaded.policy, as_of)
        negatives = gather.believed(meant, doubts, loaded.policy, work)
        known = gather.known(loaded, store, rows, work, run_id, as_of)
        whole = gather.shard(subscribers, history, negatives, read.facts, known, work)
        decided = decide(
            gather.caught_up(whole, history, store, shards, as_of), subscribers.parts, loaded.policy, as_of, work, tick
        )
        outside = [frame.lazy().sort(SUBJECT) for frame in (known.imports, known.expired)]
        changed = pl.concat([*outside, decided.entries], how="diagonal")
        pending = _signed(changed, loaded, run_id, work)
    with stages("watch the sender"):
        watched = with_shares(watch(store, meant, answers, loaded.policy, as_of), history.activity, people, answers)
    if writes:
        _remember(store, doubts, watched)
    return Night(
        loaded=loaded,
        as_of=as_of,
        run_id=run_id,
        store=store,
        work=work,
        stages=stages,
        opened=read.opened,
        rows=rows,
        decided=decided.rows,
        told=decided.told,
        trail=decided.trail,
        pending=pending,
        known=known,
        watched=watched,
        last=read.last,
        references=reference_versions(),
        notes=read.notes,
        counted={"events": history.counts, "dns": read.dns, "shards": shards},
        event_rejects=history.rejects,
    )


def _remember(store: Store, doubts: pl.DataFrame, watched: Watched) -> None:
    """What commands between two nights go by."""
    store.doubts.save(doubts)
    store.incidents.see(watched.incidents)


def _signed(changed: pl.LazyFrame, loaded: LoadedJob, run_id: str, work: Path) -> pl.LazyFrame:
    """Ledger entries with who made them, in which run and under which policy, in their order; the file is published."""
    signed = changed.with_columns(
        actor=col("actor").fill_null("run"),
        run_id=pl.lit(run_id),
        policy_digest=pl.lit(loaded.policy_digest),
    )
    signed.sink_parquet(work / outputs.ENTRIES)
    return pl.scan_parquet(work / outputs.ENTRIES, glob=False)


def _notes(lookup: Lookup) -> list[str]:
    told = [f"DNS: {lookup.dropped}"] if lookup.dropped else []
    if not fast_path_agrees():
        told.append(
            "this email-validator judges plain addresses otherwise than expected, so it was asked for every one"
        )
    return told


def _dns_counts(lookup: Lookup, waited: float) -> dict[str, Any]:
    """Seconds are those of the look-up, of its thread on a processor, and those that the run waited for it."""
    names = ("asked", "from_memory", "memory_share", "failed", "left", "dropped", "domains_per_second")
    seconds = {"seconds": lookup.seconds, "cpu_seconds": lookup.cpu_seconds, "waited_seconds": waited}
    return {
        **{name: getattr(lookup, name) for name in names},
        **{name: round(value, 3) for name, value in seconds.items()},
        "resolvers": [asdict(report) for report in lookup.resolvers],
    }


def _brake(night: Night) -> list[str]:
    usual = night.store.runs.usual_suppressions(night.as_of, night.loaded.job.name)
    return brake_reasons(night.decided, usual, night.last is None, night.loaded.policy)


def _publish(night: Night, held_because: list[str]) -> Outcome:
    out = night.loaded.out
    with night.stages("write"):
        staged = folder.stage(out, night.run_id)
        summary = outputs.write(night, staged, held_because)
    with night.stages("publish"):
        final = folder.settle(staged, out, night.run_id, night.process())
        if not held_because:
            night.store.ledger.append(pl.scan_parquet(final / outputs.ENTRIES, glob=False), f"run:{night.run_id}")
            folder.switch(out, night.run_id)
        night.store.runs.record(night.as_run(summary))
        night.store.tidy(night.loaded.policy.state_versions_days)
        shown = [row["run_id"] for row in night.store.runs.shown(night.loaded.job.name)]
        folder.prune(out, shown, night.loaded.job.publish.keep_runs)
    return Outcome(night.run_id, summary["status"], final, summary, night.process())


def _run_id(loaded: LoadedJob, as_of: dt.datetime, digests: list[str], last: dict[str, Any] | None) -> str:
    """The same for the same inputs, job, policy, instant and last published run: a rerun after a crash is that run."""
    parts = [
        loaded.config_digest,
        loaded.policy_digest,
        as_of.isoformat(),
        last["run_id"] if last else "",
        *sorted(digests),
    ]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return f"{as_of:%Y%m%dT%H%M%SZ}-{digest[:8]}"


@contextmanager
def work_folder(loaded: LoadedJob) -> Iterator[Path]:
    """A folder for temporary files, gone afterwards; what a crashed run left there goes too."""
    try:
        folder.empty(loaded.work)
        work = TemporaryDirectory(dir=loaded.work)
    except OSError as error:
        raise OutputError(f"no temporary file can be written ({error.strerror}).", str(loaded.work)) from error
    with work as name:
        yield Path(name)

"""What a person enters in the ledger: suppressions, lifts, erasures, and lists of other systems."""

import datetime as dt
import uuid
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from hygiene import gather
from hygiene.classify.bounces import bounce_action, with_bounce_meaning
from hygiene.config import LoadedJob, SuppressionSource
from hygiene.decide.in_force import in_force, lifts, standing
from hygiene.incidents import find
from hygiene.ledger.by_hand import lift_entries, lifting, suppress_entries
from hygiene.ledger.erasure import erased_match, erasure_keys
from hygiene.ledger.erasure import forget as erase
from hygiene.ledger.imports import import_entries
from hygiene.lock import holding
from hygiene.model.errors import InputError
from hygiene.model.tables import LEDGER
from hygiene.model.words import BounceAction, EventKind
from hygiene.sender.rollback import resting_on
from hygiene.store import Store

Told = tuple[str, str]
"""Who acts, and why."""


def suppress(loaded: LoadedJob, addresses: Sequence[str], told: Told, as_of: dt.datetime) -> int:
    """Suppresses the mailboxes by hand (MAN002); how many entries that made."""
    people = _people(addresses)
    with holding(loaded.out):
        store, entries = _open(loaded, people)
        in_power = in_force(entries, LEDGER.empty().lazy(), as_of).collect()
        return _enter(store, suppress_entries(people, in_power, *told, as_of), loaded)


def lift(loaded: LoadedJob, addresses: Sequence[str], rule: str, told: Told, as_of: dt.datetime) -> int:
    """Lifts one rule, or all (`*`), from the addresses and their mailboxes; how many entries that made."""
    people = _people(addresses)
    with holding(loaded.out):
        store, entries = _open(loaded, people)
        in_power = in_force(entries, LEDGER.empty().lazy(), as_of).collect()
        return _enter(store, lift_entries(people, in_power, rule, told, as_of), loaded)


def forget(loaded: LoadedJob, addresses: Sequence[str], told: Told, as_of: dt.datetime) -> int:
    """Erases people from ledger and history; a keyed hash stays and blocks re-import. How many mailboxes."""
    keys = erasure_keys(loaded.job.erasure_key_env)
    mailboxes = _people(addresses)["mailbox_key"].unique(maintain_order=True).to_list()
    with holding(loaded.out):
        store = Store(loaded.state, loaded.job.storage_options)
        for mailbox_key in mailboxes:
            erase(store.ledger, mailbox_key, keys, *told, as_of)
        store.history.forget(mailboxes)
    return len(mailboxes)


def import_list(loaded: LoadedJob, source: SuppressionSource, as_of: dt.datetime) -> int:
    """Enters another system's suppression list, which never weakens ours; how many entries that made."""
    listed = gather.imported(loaded, source, Path.cwd())
    with holding(loaded.out):
        store, entries = _open(loaded, listed)
        in_power = in_force(entries, LEDGER.empty().lazy(), as_of).collect()
        lifted = lifts(entries, as_of).collect()
        return _enter(store, import_entries(listed, in_power, lifted, source.name, loaded.policy, as_of), loaded)


def rollback(loaded: LoadedJob, name: str, told: Told, as_of: dt.datetime, *, applies: bool) -> pl.DataFrame:
    """Lifts the suppressions that rest on an incident alone; LEDGER entries that are lifted, or would be."""
    with holding(loaded.out):
        store = Store(loaded.state, loaded.job.storage_options)
        incident, watched = find(loaded, store, name, as_of)
        refused = watched.refused.filter(pl.col("id") == name)
        entries = store.ledger.entries()
        found = standing(entries, as_of).collect()
        counted = _counted(store, loaded, found["mailbox_key"], as_of)
        resting = resting_on(incident, found, refused, counted, store.dns.load())
        if applies:
            _enter(store, lifting(resting, told, as_of), loaded)
    return resting


def _counted(store: Store, loaded: LoadedJob, mailboxes: pl.Series, as_of: dt.datetime) -> pl.DataFrame:
    """`mailbox_key` and `action` of the bounces that count against somebody who is suppressed."""
    bounced = store.history.scan().filter(
        (pl.col("kind") == EventKind.BOUNCED)
        & (pl.col("occurred_at") <= as_of)
        & pl.col("mailbox_key").is_in(mailboxes.unique().implode())
    )
    meant = with_bounce_meaning(bounced).select("mailbox_key", action=bounce_action(loaded.policy))
    return meant.filter(pl.col("action") != BounceAction.NONE).unique().collect()


def _people(addresses: Sequence[str]) -> pl.DataFrame:
    people = gather.recipients(pl.DataFrame({"address": list(addresses)}, schema={"address": pl.String}))
    bad = people.filter(pl.col("domain").is_null())["address"].to_list()
    if bad:
        raise InputError(f"{bad[0]!r} is no address.", fix="Give whole addresses, such as ann@example.org.")
    return people


def _open(loaded: LoadedJob, people: pl.DataFrame) -> tuple[Store, pl.LazyFrame]:
    """The store, and LEDGER with the erased among the people under their plain key."""
    store = Store(loaded.state, loaded.job.storage_options)
    erased = erased_match(store.ledger, people["mailbox_key"], erasure_keys(loaded.job.erasure_key_env))
    return store, pl.concat([store.ledger.entries(), erased.lazy()])


def _enter(store: Store, entries: pl.DataFrame, loaded: LoadedJob) -> int:
    signed = entries.with_columns(policy_digest=pl.lit(loaded.policy_digest))
    return store.ledger.append(signed, f"person:{uuid.uuid4()}")

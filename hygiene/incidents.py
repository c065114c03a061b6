"""Incidents as the state tells them: found anew from the history each time, under the names they had before."""

import datetime as dt
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import polars as pl
from polars import col

from hygiene import gather
from hygiene.classify.bounces import with_bounce_meaning
from hygiene.classify.engagement import DELIVERED
from hygiene.config import LoadedJob
from hygiene.lock import holding
from hygiene.model.errors import InputError
from hygiene.policy.policy import Policy
from hygiene.sender.bursts import listed
from hygiene.sender.incidents import Closing, Incident, incidents, large, shares, with_ids
from hygiene.sender.packet import Packet, packet
from hygiene.sender.practice import LOOK_BACK_DAYS, practice
from hygiene.sender.refusals import collected, domain_of, is_named, is_watched, providers_of, refusals
from hygiene.store import Store

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Watched:
    """What providers said against the sender."""

    incidents: list[Incident]
    """Newest first."""
    refused: pl.DataFrame
    """Every refusal in them: `id` and the columns of refusals.py."""


def watch(
    store: Store,
    meant: pl.LazyFrame,
    answers: pl.DataFrame,
    policy: Policy,
    as_of: dt.datetime,
    since: dt.datetime | None = None,
) -> Watched:
    """Incidents with a refusal between `since` (`incident_window_days` before, where not given) and `as_of`.

    `meant` holds EVENTS with MEANING, at least those that `is_watched`.
    """
    known = store.incidents.known()
    rows, samples = collected(refusals(meant.filter(is_watched(policy, as_of, since)), answers))
    refused = large(with_ids(rows, known, policy), known, policy)
    return Watched(incidents(refused, samples, known, store.incidents.closings()), refused)


def with_shares(watched: Watched, activity: pl.LazyFrame, people: pl.LazyFrame, answers: pl.DataFrame) -> Watched:
    """With tonight's shares, by what arrived at the people of the lists (`mailbox` and `domain`)."""
    if not watched.incidents:
        return watched
    delivered = activity.filter(DELIVERED).select("mailbox", "occurred_at")
    found = shares(watched.refused, delivered, people, answers)
    return replace(watched, incidents=[replace(one, share=found.get(one.id)) for one in watched.incidents])


def watched_now(loaded: LoadedJob, store: Store, as_of: dt.datetime, since: dt.datetime | None = None) -> Watched:
    """The same from the state alone, as commands ask for it."""
    meant = with_bounce_meaning(store.history.scan().filter(is_watched(loaded.policy, as_of, since)))
    return watch(store, meant, store.dns.load(), loaded.policy, as_of, since)


def find(loaded: LoadedJob, store: Store, name: str, as_of: dt.datetime) -> tuple[Incident, Watched]:
    """One incident, however old, and what was watched to find it; raises InputError where there is none."""
    known = store.incidents.known()
    before = known.filter(col("id") == name)["first_seen_at"].to_list()
    gap = loaded.policy.incident_gap_days * DAY
    watched = watched_now(loaded, store, as_of, before[0] - gap if before else None)
    for one in watched.incidents:
        if one.id == name:
            return one, watched
    near = get_close_matches(name, [*known["id"], *(one.id for one in watched.incidents)], n=1)
    raise InputError(
        f"there is no incident {name}.", fix=f"Did you mean {near[0]}?" if near else "`hygiene incidents list` tells."
    )


def close(loaded: LoadedJob, name: str, told: tuple[str, str], as_of: dt.datetime) -> Incident:
    """Closes an incident, with who and why; raises InputError for one that is not open."""
    store = Store(loaded.state, loaded.job.storage_options)
    with holding(loaded.out):
        incident, _ = find(loaded, store, name, as_of)
        if not incident.is_open:
            raise InputError(f"the incident {name} is closed.", fix="It opens again by itself where replies come.")
        store.incidents.close(incident, Closing(as_of, *told))
    return incident


def packet_of(loaded: LoadedJob, name: str, as_of: dt.datetime, work: Path) -> Packet:
    """The letter about an incident; raises InputError where there is none of that name."""
    store = Store(loaded.state, loaded.job.storage_options)
    incident, _ = find(loaded, store, name, as_of)
    began_at, answers = incident.first_seen_at, store.dns.load()
    rows = gather.subscribers(gather.open_all(loaded, work), work).all
    past = gather.past(store, as_of)
    before = col("occurred_at").is_between(began_at - LOOK_BACK_DAYS * DAY, began_at, closed="left")
    bad = past.events.filter(before).with_columns(domain=domain_of("address_key"))
    places = providers_of(pl.concat([rows.select("domain"), bad.select("domain")]).unique().collect(), answers)
    there = places.filter(is_named(incident.mailbox_provider))["domain"].implode()
    mine = with_bounce_meaning(bad.filter(col("domain").is_in(there)).drop("domain"))
    people = listed(rows).filter(col("domain").is_in(there))
    done = past.activity.filter(before).join(people, on="mailbox", how="semi")
    return packet(incident, loaded.job.sender, practice(done, mine, loaded.policy, began_at))

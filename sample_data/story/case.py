"""How a person of cases.csv is written down."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from story.calendar import MAILINGS, Mailing
from story.draw import one_of
from story.names import FIRST, surname
from story.people import Happening, Person


@dataclass(frozen=True)
class Case:
    """A person, why they are interesting, and what the run must make of them."""

    person: Person
    why: str
    verdict: str
    rule: str = ""
    repaired: str = ""
    """What is mailed, where that is not what the file says."""


def someone(address: str, streams: str = "", **rest: Any) -> Person:
    """A person with names of their own; `streams` as words, the list by the stream where none is named."""
    words = tuple(streams.split())
    lists = ("customers",) if words == ("letter",) else ("newsletter",)
    names = {"first_name": one_of(FIRST, "first", address), "last_name": surname("case", address)}
    return Person(address, words, **({"lists": lists} | names | rest))


def keep(why: str, person: Person, repaired: str = "") -> Case:
    """Nothing fires."""
    return Case(person, why, "keep", "", repaired)


def each(stream: str, *what: str, since: str = "", until: str = "9999") -> dict[str, Any]:
    """The same acts on every mailing of a stream from `since` to `until`."""
    return {mailing.day: what for mailing in MAILINGS[stream] if since <= mailing.day <= until}


def answered(stream: str, reply: str, since: str, until: str = "9999") -> dict[str, str]:
    """The same outcome on every mailing of a stream from `since` to `until`."""
    return {mailing.day: reply for mailing in MAILINGS[stream] if since <= mailing.day <= until}


def by_page(address: str, day: str, act: str) -> Happening:
    """An act on the preference page of our own site, which no mailing is behind."""
    at = dt.datetime.fromisoformat(f"{day}T18:20:31+00:00")
    return Happening(at, act, address, Mailing(day, "preferences", "page"))

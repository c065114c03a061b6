"""One person of the story, and the events that follow from how mail to them fared and what they did with it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from story.calendar import MAILINGS, Mailing
from story.draw import between, share
from story.replies import NO_REPLY, REPLIES, Reply


@dataclass
class Person:
    """Somebody on one or both lists; everything about mail is by the day of the mailing."""

    address: str
    """As the lists write it."""
    streams: tuple[str, ...] = ()
    """Of `weekly`, `monthly`, `letter`; who is on a list without a stream was never mailed."""
    lists: tuple[str, ...] = ("newsletter",)
    first_name: str = ""
    last_name: str = ""
    subscribed_on: str = "2023-05-04"
    is_confirmed: bool = True
    since: str = "2025-07-01"
    """First day on which mail goes out to them."""
    until: str = "2026-06-30"
    outcomes: dict[str, str] = field(default_factory=dict)
    """Day of a mailing -> name of a reply; `delivered` where none is given, `nothing` where no mail went out."""
    acts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Day of a mailing -> what they did with it: open, machine, click, complaint, unsubscribe, …"""
    mailed_as: str = ""
    """The address as the ESPs have it, where it is not the lists'."""
    position: float | None = None
    """Where in the file, from 0 to 1; by a draw where none is given."""
    extra: list["Happening"] = field(default_factory=list)
    """What has no mailing behind it."""

    @property
    def recipient(self) -> str:
        return self.mailed_as or self.address

    def mailings(self) -> list[Mailing]:
        """All mailings that were meant for them, in order."""
        mine = (mailing for stream in self.streams for mailing in MAILINGS[stream])
        return sorted((m for m in mine if self.since <= m.day <= self.until), key=lambda m: (m.day, m.stream))


@dataclass(frozen=True)
class Happening:
    """One event before a system writes it down."""

    at: dt.datetime
    kind: str
    """As in DELAYS, or `sent`, `delivered`, `reply`."""
    recipient: str
    mailing: Mailing
    reply: Reply = NO_REPLY
    also: tuple[str, ...] = ()
    """Other recipients named in the same record."""


DELAYS = {"open": (600, 172_800), "machine": (60, 14_400), "click": (900, 180_000), "scanner": (5, 90),
          "complaint": (7_200, 200_000), "not_spam": (7_200, 90_000), "unsubscribe": (1_200, 100_000), "group_unsubscribe": (1_200, 100_000),
          "group_resubscribe": (300_000, 500_000), "out_of_office": (30, 600)}  # fmt: skip
"""Least and most seconds from the delivery of a mailing to the act."""


def happenings(person: Person) -> Iterator[Happening]:
    """Everything that happened to a person, in no order."""
    yield from person.extra
    for mailing in person.mailings():
        outcome = person.outcomes.get(mailing.day, "delivered")
        if outcome != "nothing":
            yield from _one_mailing(person, mailing, outcome)


def _one_mailing(person: Person, mailing: Mailing, outcome: str) -> Iterator[Happening]:
    sent_at = mailing.starts_at + dt.timedelta(
        milliseconds=between(0, 3_000_000, "sent", person.recipient, mailing.day)
    )
    yield Happening(sent_at, "sent", person.recipient, mailing)
    for step in outcome.split(" then "):
        after = (
            between(900, 30_000, "wait", person.recipient, mailing.day, step)
            if step == "delivered" and " " in outcome
            else 0
        )
        at = sent_at + dt.timedelta(
            milliseconds=1000 * after + between(400, 9_000, "took", person.recipient, mailing.day, step)
        )
        if step == "delivered":
            yield Happening(at, "delivered", person.recipient, mailing)
        else:
            yield Happening(at, "reply", person.recipient, mailing, REPLIES[step])
    for act in person.acts.get(mailing.day, ()):
        low, high = DELAYS[act]
        # Most people act soon: the square of an even draw leans towards the low end.
        seconds = low + (high - low) * share("acts", act, person.recipient, mailing.day) ** 2
        yield Happening(sent_at + dt.timedelta(seconds=int(seconds) + 20), act, person.recipient, mailing)

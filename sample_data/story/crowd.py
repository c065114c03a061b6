"""The crowd around the people of cases.csv: about 5,000 readers with ordinary habits, drawn and not written by hand."""

import datetime as dt
from collections.abc import Callable

from story.calendar import BAD_DAY, SES_FROM, Mailing
from story.draw import between, one_of, share, weighted
from story.names import ASCII, COMPANIES, FIRST, HOMES, local_part, surname
from story.people import Person
from story.replies import hard_block, no_such_user

APPLE = ("@icloud.com", "@me.com", "@mac.com")
NEWSLETTER, CUSTOMERS, BOTH = 3430, 1130, 300
HABITS: dict[str, float] = {"reader": 52, "seldom": 15, "apple_mail": 9, "machine": 6, "new": 7, "sleeper": 4.4, "dead": 2.3, "left": 1.8,
          "complained": 0.4, "full": 0.5, "inactive": 0.3, "quiet": 1.5}  # fmt: skip
"""How many in a hundred do what."""
FOR_BOTH: dict[str, float] = {"reader": 70, "apple_mail": 10, "machine": 6, "new": 8, "sleeper": 6}
"""The same for those on both lists, whom two systems mail."""


def crowd() -> list[Person]:
    """Everybody who is not written by hand."""
    lists = [("newsletter",)] * NEWSLETTER + [("customers",)] * CUSTOMERS + [("newsletter", "customers")] * BOTH
    return [*(_person(number, mine) for number, mine in enumerate(lists)), *(_banker(n) for n in range(1, 30))]


def colleague(number: int) -> str:
    """An address at the bank whose mail server forgot its directory on the bad day."""
    return f"{one_of(FIRST, 'bank', number)}.{surname('bank', number)}@tollvik-bank.example".lower().translate(ASCII)


def _banker(number: int) -> Person:
    """Read until February; on the bad day the server knew nobody."""
    person = Person(colleague(number), ("monthly",), ("newsletter",), one_of(FIRST, "bank", number), surname("bank", number))
    person.acts = {mailing.day: ("open",) for mailing in person.mailings() if mailing.day < "2026-03-01"}
    person.outcomes = {BAD_DAY: "m365_unknown"}
    return person


def _person(number: int, lists: tuple[str, ...]) -> Person:
    first, last = one_of(FIRST, "first", number), surname(number)
    home = weighted(HOMES, "home", number)
    if home == "company":
        address = f"{first}.{last}@{one_of(COMPANIES, 'at', number)}.example".lower()
        address = address.translate(str.maketrans("éëšíüŁł", "eesiuLl"))
    else:
        address = f"{local_part(first, last, number)}@{home}"
    person = Person(address, _streams(number, lists), lists, first, last)
    person.is_confirmed = share("confirmed", number) < 0.8
    person.subscribed_on = (dt.date(2019, 3, 1) + dt.timedelta(days=between(0, 2200, "joined", number))).isoformat()
    _live(person, number)
    return person


def _streams(number: int, lists: tuple[str, ...]) -> tuple[str, ...]:
    newsletter = ("weekly",) if share("weekly", number) < 0.12 else ("monthly",)
    letter = ("letter",) if share("letter", number) < 0.9 else ()
    return (newsletter if "newsletter" in lists else ()) + (letter if "customers" in lists else ())


def _live(person: Person, number: int) -> None:
    """Gives the person a habit, and on the bad day Apple's answer."""
    habit = weighted(FOR_BOTH if len(person.lists) == 2 else HABITS, "habit", number)
    if not person.streams:
        habit = "quiet"
    if habit in ("full", "inactive") and person.streams == ("letter",):
        habit = "reader"
    LIVES[habit](person, number)
    if person.address.endswith(APPLE):
        person.outcomes.setdefault(BAD_DAY, "apple_block")
        person.acts.pop(BAD_DAY, None)


def _delivered(person: Person) -> list[Mailing]:
    """Mailings that reached, or will reach, the person."""
    blocked = person.address.endswith(APPLE)
    return [m for m in person.mailings() if not (blocked and m.day == BAD_DAY) and m.day not in person.outcomes]


def _reads(person: Person, number: int, mailings: list[Mailing], often: float) -> None:
    for mailing in mailings:
        if share("reads", number, mailing.campaign) < often:
            clicks = share("clicks", number, mailing.campaign) < 0.2
            person.acts[mailing.day] = ("open", "click") if clicks else ("open",)


def reader(person: Person, number: int) -> None:
    """Opens about every third mail, and one of the last ones for certain; now and then something goes wrong on the way."""
    _reads(person, number, _delivered(person), 0.33)
    person.acts[_delivered(person)[-1].day] = ("open", "click") if number % 3 else ("open",)
    for mailing in _delivered(person)[:-1]:
        trouble = share("trouble", number, mailing.campaign)
        if trouble < 0.004 and not person.acts.get(mailing.day):
            person.outcomes[mailing.day] = _trouble(person, trouble / 0.004)


def _trouble(person: Person, which: float) -> str:
    """A delay, or a reply that is not the reader's fault; none of it lasts."""
    later = "yahoo_later" if "yahoo" in person.address else "greylisted"
    if which < 0.6:
        return f"{later} then delivered"
    return (
        hard_block(person.address) if which < 0.75 else ("timeout", "too_large", "mailbox_full")[int(which * 100) % 3]
    )


def seldom(person: Person, number: int) -> None:
    """Last read some months ago; short of the window of their cadence."""
    if "weekly" in person.streams or len(person.streams) > 1:
        return reader(person, number)
    last = between(-5, -3, "last read", number)
    _reads(person, number, _delivered(person)[:last], 0.2)
    person.acts[_delivered(person)[last].day] = ("open",)
    return None


def apple_mail(person: Person, number: int) -> None:
    """Software opens nearly all of it; the person clicks at times, lately too."""
    for mailing in _delivered(person):
        person.acts[mailing.day] = (
            ("machine", "click") if share("taps", number, mailing.campaign) < 0.15 else ("machine",)
        )
    person.acts[_delivered(person)[-1].day] = ("machine", "click")


def machine(person: Person, number: int) -> None:
    """Software opens; there is no other sign of life."""
    for mailing in _delivered(person):
        if share("prefetched", number, mailing.campaign) < 0.9:
            person.acts[mailing.day] = ("machine",)
    person.acts[_delivered(person)[-1].day] = ("machine",)


def new(person: Person, number: int) -> None:
    """Joined this spring; two of three have not opened anything yet."""
    person.subscribed_on = (dt.date(2026, 1, 25) + dt.timedelta(days=between(0, 110, "new", number))).isoformat()
    person.since = person.subscribed_on
    _reads(person, number, _delivered(person), 0.15 if number % 3 else 0)


def sleeper(person: Person, number: int) -> None:
    """Has let every mail lie since last autumn, or longer."""
    if number % 2:
        _reads(person, number, [m for m in _delivered(person) if m.day < "2025-10-15"], 0.4)


def dead(person: Person, number: int) -> None:
    """The mailbox is gone; the old server forgot that, the new one learned it anew, and its echoes follow."""
    mailings = _delivered(person)
    gone = mailings[between(2, len(mailings) - 1, "gone", number)].day
    long_before = (dt.date.fromisoformat(gone) - dt.timedelta(days=150)).isoformat()
    _reads(person, number, [m for m in mailings if m.day < long_before], 0.2)
    answers = 0
    for mailing in (m for m in mailings if m.day >= gone):
        is_first_here = answers == 0 or (gone < SES_FROM <= mailing.day and answers == 1 and mailing.system == "ses")
        if is_first_here:
            person.outcomes[mailing.day] = no_such_user(person.address)
            answers += 1
        else:
            person.outcomes[mailing.day] = "nothing" if mailing.system == "house" else "echo"


def _until(person: Person, number: int, act: str) -> None:
    mailings = _delivered(person)
    last = mailings[between(1, len(mailings) - 1, act, number)]
    _reads(person, number, [m for m in mailings if m.day < last.day], 0.3)
    person.acts[last.day] = ("open", act)
    person.until = last.day


def left(person: Person, number: int) -> None:
    """Unsubscribed at some time, and the list was never told."""
    _until(person, number, "unsubscribe" if number % 4 else "group_unsubscribe")


def complained(person: Person, number: int) -> None:
    """Pressed the spam button; Gmail tells nobody, so there they unsubscribe."""
    tells = not person.address.endswith(("@gmail.com", "@googlemail.com"))
    _until(person, number, "complaint" if tells else "unsubscribe")


def full(person: Person, number: int) -> None:
    """A mailbox that has been full for a few mailings in a row."""
    _refused(person, "gmail_full" if "gmail" in person.address else "mailbox_full", between(3, 5, "full", number))


def inactive(person: Person, number: int) -> None:
    """The provider has put the mailbox to sleep, for half a year or more."""
    _refused(person, "disabled" if "gmail" in person.address else "inactive", between(6, 8, "inactive", number))


def _refused(person: Person, reply: str, times: int) -> None:
    mailings = _delivered(person)
    person.outcomes |= {mailing.day: reply for mailing in mailings[-times:]}
    person.acts[mailings[-times - 1].day] = ("open", "click")


def quiet(person: Person, number: int) -> None:
    """On a list and never mailed."""
    person.streams = ()
    person.subscribed_on = (dt.date(2026, 1, 2) + dt.timedelta(days=between(0, 170, "quiet", number))).isoformat()


LIVES: dict[str, Callable[[Person, int], None]] = {
    "reader": reader, "seldom": seldom, "apple_mail": apple_mail, "machine": machine, "new": new, "sleeper": sleeper,
    "dead": dead, "left": left, "complained": complained, "full": full, "inactive": inactive, "quiet": quiet,
}  # fmt: skip

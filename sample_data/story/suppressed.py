"""What others say of addresses: the SES account's list, one that somebody kept by hand, a paid verifier's report."""

from story.calendar import Mailing
from story.draw import share
from story.names import FIRST, surname
from story.people import Person

BEFORE_OUR_RECORDS = {"alma.doster63636@aol.com": "BOUNCE", "pia.brallund70017@msn.com": "COMPLAINT"}
EXPORTED_ON = "2026-03-01"
OLD_DEAD = 26
"""Readers of the crowd who were never mailed in the year on record: the ESP had them on its list before."""


def known_to_esp(people: list[Person]) -> bytes:
    """`address,REASON` without a header, as SES exports it: what it learned from us, and older entries."""
    learned = [p.recipient for p in people if any(_is_ses_echo(p, m) for m in p.mailings())]
    quiet = sorted(
        (
            p.recipient
            for p in people
            if not p.streams and not p.mailed_as and p.address.count("@") == 1 and p.first_name and _is_crowd(p)
        ),
        key=lambda a: share("old", a),
    )
    strangers = [
        f"{FIRST[n].lower()}.{surname('stranger', n).lower()}{40_000 + 7 * n}@gmx.net".translate(
            str.maketrans("éëšíüŁł", "eesiuLl")
        )
        for n in range(8)
    ]
    rows = dict.fromkeys([*quiet[:OLD_DEAD], *learned[:34], *strangers], "BOUNCE") | BEFORE_OUR_RECORDS
    return "".join(f"{address},{reason}\n" for address, reason in sorted(rows.items())).encode()


def _is_ses_echo(person: Person, mailing: Mailing) -> bool:
    """The export is of March 2026: what SES learned later is not in it."""
    return mailing.system == "ses" and mailing.day < EXPORTED_ON and person.outcomes.get(mailing.day) == "echo"


def _is_crowd(person: Person) -> bool:
    return person.subscribed_on >= "2026-01-02" and not person.acts


def by_hand() -> bytes:
    """A list with a reason in words, as somebody keeps it in a spreadsheet."""
    return (
        b"address,reason\n"
        b"matteo.zellsen81818@web.de,asked on the telephone\n"
        b"press@former-partner.example,contract ended\n"
    )


def by_verifier() -> bytes:
    """A report in NeverBounce's form; it names no time, so the job says when it was made (20 June)."""
    return (
        b"email,email_status\n"
        b"tamara.vaskrup24680@gmx.de,invalid\n"
        b"tilda-relay@duck.com,invalid\n"
        b"sunflower@mailinator.com,disposable\n"
        b"info@fandgard-tools.example,catchall\n"
    )

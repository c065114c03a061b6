"""The letter about an incident: what the provider's postmaster asks for, ready to send or to hand to the ESP.

Nothing is made up: what neither the history nor `[sender]` tells is called not known.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from hygiene.config import SenderSettings
from hygiene.model.words import BounceReason
from hygiene.sender.incidents import Incident
from hygiene.sender.practice import DAYS, Practice
from hygiene.sender.refusals import OTHERS
from hygiene.sender.told import ips, share_told, streams, touched

NO_COMPANY = "[the name of your company: `company` in [sender] of the job file]"
NO_DOMAIN = "not known: set `domains` in [sender] of the job file"
NO_IPS = "not known: the events do not tell, and [sender] names none; your ESP knows them"


@dataclass(frozen=True)
class Postmaster:
    """Whom to write to, as policy/postmasters.toml tells."""

    name: str
    route: str
    by: str
    """`mail` or `form`."""
    asks: tuple[str, ...]
    """Names of ITEMS, in their order."""
    missing: tuple[str, ...]
    """What does not exist there."""
    feedback_loop: bool
    source: str
    provider: str = ""
    token: str = ""
    """Regex over the incident's token; empty for any."""


@dataclass(frozen=True)
class Packet:
    """A letter and what the person who sends it should know."""

    postmaster: Postmaster
    subject: str
    items: dict[str, list[str]]
    """Heading and lines of each item that is asked for, and of our practice."""
    notes: list[str]

    def text(self) -> str:
        """The letter, and below a line what is not to be sent."""
        address = "To" if self.postmaster.by == "mail" else "Form"
        lines = [f"{address}: {self.postmaster.route}", f"Subject: {self.subject}"]
        for heading, told in self.items.items():
            lines += ["", f"{heading}:", *(f"  {line}" for line in told)]
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([*lines, "", "-- ", "For you, not to be sent:", *notes])


def packet(incident: Incident, sender: SenderSettings, past: Practice) -> Packet:
    """The letter about an incident."""
    whom = postmaster_of(incident)
    asked = dict(ITEMS[name](incident, sender) for name in whom.asks)
    since = f"{incident.first_seen_at:%Y-%m-%d}"
    domain = sender.domains[0] if sender.domains else "our domain"
    return Packet(
        postmaster=whom,
        subject=f"Mail from {domain} refused with {incident.token} since {since}",
        items={**asked, f"Our practice in the {DAYS} days before": _practice(incident, whom, past)},
        notes=_notes(incident, sender, whom),
    )


@cache
def postmasters() -> tuple[Postmaster, ...]:
    """All rows, in order; the last fits every incident."""
    text = files("hygiene.policy").joinpath("postmasters.toml").read_text("utf-8")
    rows = tomllib.loads(text)["postmaster"]
    return tuple(Postmaster(**row | {"asks": tuple(row["asks"]), "missing": tuple(row["missing"])}) for row in rows)


def postmaster_of(incident: Incident) -> Postmaster:
    """The first row that fits."""
    return next(
        row
        for row in postmasters()
        if row.provider in ("", incident.mailbox_provider)
        and pl.select(pl.lit(incident.token).str.contains(row.token)).item()
    )


def _company(_: Incident, sender: SenderSettings) -> tuple[str, list[str]]:
    return "Company", [sender.company or NO_COMPANY]


def _domain(_: Incident, sender: SenderSettings) -> tuple[str, list[str]]:
    return "Email domain", sender.domains or [NO_DOMAIN]


def _ips(incident: Incident, sender: SenderSettings) -> tuple[str, list[str]]:
    return "IP addresses", [*dict.fromkeys([*ips(incident), *sender.ips])] or [NO_IPS]


def _errors(incident: Incident, _: SenderSettings) -> tuple[str, list[str]]:
    replies = [f"{_times(part['messages'])}: {part['reply']}" for part in incident.replies]
    return "SMTP errors", replies or [f"The events give no text, only the sign {incident.token}."]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _description(incident: Incident, _: SenderSettings) -> tuple[str, list[str]]:
    named = streams(incident)
    lines = [
        f"It began on {incident.first_seen_at:%Y-%m-%d at %H:%M} UTC and was last seen on "
        f"{incident.last_seen_at:%Y-%m-%d at %H:%M} UTC ({incident.trend}).",
        f"{incident.messages:,} messages to {_place(incident)} were refused in that time, to "
        f"{incident.recipients:,} recipients: {share_told(incident)}.",
    ]
    if incident.counted_since > incident.first_seen_at:
        lines[1] += f" Counted since {incident.counted_since:%Y-%m-%d}."
    lines += [f"Mail streams: {', '.join(named)}."] if named else []
    return "Description", [*lines, "By day: " + ", ".join(f"{day['day']} {day['messages']:,}" for day in incident.days)]


def _place(incident: Incident) -> str:
    return "several providers" if incident.mailbox_provider == OTHERS else incident.mailbox_provider


Item = Callable[[Incident, SenderSettings], tuple[str, list[str]]]
ITEMS: dict[str, Item] = {
    "company": _company,
    "domain": _domain,
    "ips": _ips,
    "errors": _errors,
    "description": _description,
}
"""What postmasters ask for, and how it is answered: heading and lines."""


def _practice(incident: Incident, whom: Postmaster, past: Practice) -> list[str]:
    engaged = past.engagements > 0
    return [
        f"Messages delivered there: {past.delivered:,}, to {past.recipients:,} recipients",
        f"Complaints: {_complaints(whom, past)}",
        f"Hard bounces: {_share(past.hard_bounced, past.recipients + past.hard_bounced, 'recipients')}",
        f"Idle for 90 days: {_share(past.idle_90, past.recipients, 'recipients') if engaged else _NO_OPENS}",
        f"Idle for 180 days: {_share(past.idle_180, past.recipients, 'recipients') if engaged else _NO_OPENS}",
        f"Authentication (SPF, DKIM, DMARC): {_authentication(incident)}",
        "Complaints and unsubscriptions end all mail to the mailbox; hard bounces are not mailed again.",
    ]


_NO_OPENS = "not known, as the history holds no opens or clicks"


def _share(count: int, whole: int, what: str) -> str:
    return f"{count / whole:.2%} ({count:,} of {whole:,} {what})" if whole else "not known, as nothing was delivered"


def _complaints(whom: Postmaster, past: Practice) -> str:
    if not past.complaints and not whom.feedback_loop:
        return "not known, as no feedback loop tells us of single complaints there"
    return _share(past.complaints, past.delivered, "messages")


def _authentication(incident: Incident) -> str:
    failed = incident.reason == BounceReason.AUTH_FAILURE
    return "failed, by the replies above" if failed else "not known to this tool"


def _notes(incident: Incident, sender: SenderSettings, whom: Postmaster) -> list[str]:
    shared = "The addresses are shared: give this to your ESP, who can speak for them."
    unknown = "[sender] does not say whether the addresses are shared; where they are, give this to your ESP."
    ownership = (
        {True: [shared], False: []}.get(bool(sender.shared_ip), []) if sender.shared_ip is not None else [unknown]
    )
    return [
        f"Whom: {whom.name}, by {whom.by}: {whom.route}",
        f"Touches: {touched(incident, sender)}",
        *ownership,
        *whom.missing,
        f"Source: {whom.source}",
    ]

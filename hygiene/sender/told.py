"""An incident for programs and for people."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from hygiene.config import SenderSettings
from hygiene.sender.incidents import Incident


def as_dict(incident: Incident, sender: SenderSettings) -> dict[str, Any]:
    """All of it as JSON knows it; no address is in it."""
    told = asdict(incident) | {
        "share": None if incident.share is None else round(incident.share, 4),
        "state": incident.state, "trend": incident.trend,
        "ips": ips(incident), "shared_ip": sender.shared_ip,
    }  # fmt: skip
    return {name: _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    """Instants and days as ISO 8601, however deep."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value


def share_told(incident: Incident) -> str:
    """How much of the provider's mail that was."""
    return "its share of the mail is not known" if incident.share is None else f"{incident.share:.1%} of the mail there"


def ips(incident: Incident) -> list[str]:
    """Addresses that the refused mail left from, as far as the events say."""
    return sorted({source["sending_ip"] for source in incident.sources if source["sending_ip"]})


def streams(incident: Incident) -> list[str]:
    """Streams, pools or groups of the refused mail, as far as the events say."""
    return sorted({source["stream"] for source in incident.sources if source["stream"]})


def one_line(incident: Incident) -> str:
    """Who, since when, how many, and how it goes on."""
    first, last = incident.first_seen_at.date(), incident.last_seen_at.date()
    span = f"{first}" if first == last else f"{first} to {last}, {incident.trend}"
    state = "" if incident.state == "open" else f" ({incident.state})"
    return (
        f"{incident.id}{state}: {incident.mailbox_provider} [{incident.token}] {span}: "
        f"{incident.recipients:,} recipients, {share_told(incident)}"
    )


def whole(incident: Incident, sender: SenderSettings) -> list[str]:
    """The incident on a page: what it touches, by day, by address and stream, and its replies."""
    lines = [one_line(incident), f"meaning: {incident.reason}, by rule {incident.bounce_rule}"]
    lines.append(f"messages: {incident.messages:,} since {incident.counted_since:%Y-%m-%d %H:%M} UTC")
    lines += [f"touches: {touched(incident, sender)}"]
    lines += [
        f"  {source['sending_ip'] or 'address not known'}, {source['stream'] or 'stream not known'}: "
        f"{source['messages']:,} messages, {source['recipients']:,} recipients"
        for source in incident.sources
    ]
    lines += ["by day:", *(f"  {day['day']}  {day['messages']:>9,} messages" for day in incident.days)]
    lines += ["replies:", *(f"  {reply['messages']:>9,}  {reply['reply']}" for reply in incident.replies)]
    if (closing := incident.closing) is not None:
        lines.append(f"closed {closing.at:%Y-%m-%d %H:%M} UTC by {closing.actor}: {closing.reason}")
    return lines


def touched(incident: Incident, sender: SenderSettings) -> str:
    """Whether the addresses are the sender's own or shared, by `[sender]`; not known where it does not say."""
    kinds = {True: "addresses shared with other senders", False: "addresses of this sender alone"}
    kind = kinds.get(sender.shared_ip is True, "") if sender.shared_ip is not None else "whether shared is not known"
    seen = ips(incident)
    foreign = sorted(set(seen) - set(sender.ips)) if sender.ips else []
    other = f"; not among [sender] ips: {', '.join(foreign)}" if foreign else ""
    return f"{', '.join(seen or sender.ips) or 'sending addresses not known'} ({kind}{other})"

"""A million SendGrid and a million SES events as NDJSON, read into the event table by one process.

python -m bench events [EVENTS]
"""

import json
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hygiene.config import EventSource
from hygiene.ingest.events import read_events

WANTED = {"sendgrid": 600_000, "ses": 250_000}
"""Events a second on two cores."""
KINDS = ["sent"] * 8 + ["delivered"] * 8 + ["opened"] * 2 + ["clicked", "bounced"]
AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
REPLY = "550 5.1.1 The email account that you tried to reach does not exist"
AT = "2026-03-02T09:15:31.120Z"


def sendgrid(number: int, kind: str) -> dict[str, Any]:
    """One event as SendGrid posts it."""
    common = {
        "email": _address(number),
        "timestamp": 1_772_442_931 + number % 900_000,
        "smtp-id": f"<a{number}@ismtpd-1>",
        "category": ["march", "news"],
        "sg_event_id": f"ev{number:020d}",
        "sg_message_id": f"x{number}.filter01.1.2.3",
    }
    return (
        common
        | {
            "sent": {"event": "processed"},
            "delivered": {
                "event": "delivered",
                "response": "250 2.0.0 OK queued as 4B8Qx01",
                "tls": 1,
                "ip": "192.0.2.10",
            },
            "opened": {"event": "open", "useragent": AGENT, "ip": "192.0.2.55", "sg_machine_open": bool(number % 2)},
            "clicked": {"event": "click", "useragent": AGENT, "ip": "192.0.2.55", "url": "https://example.com/march"},
            "bounced": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": REPLY, "ip": "192.0.2.10"},
        }[kind]
    )


def ses(number: int, kind: str) -> dict[str, Any]:
    """One event as Firehose stores it, with the headers that a newsletter has."""
    address, told = _address(number), f"0100018e-{number:012d}-000000"
    headers = {
        "From": "news@example.com",
        "To": address,
        "Subject": "March",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    mail = {
        "timestamp": "2026-03-02T09:15:28.004Z",
        "source": "news@example.com",
        "sourceArn": "arn:aws:ses:us-east-1:111122223333:identity/example.com",
        "sendingAccountId": "111122223333",
        "messageId": told,
        "destination": [address],
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {"from": ["news@example.com"], "to": [address], "messageId": told, "subject": "March"},
        "tags": {"ses:configuration-set": ["bulk"], "campaign": ["march"], "ses:outgoing-ip": ["192.0.2.10"]},
    }
    failed = {"emailAddress": address, "action": "failed", "status": "5.1.1", "diagnosticCode": f"smtp; {REPLY}"}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [failed], "timestamp": AT}
    seen = {"timestamp": AT, "ipAddress": "192.0.2.55", "userAgent": AGENT}
    return {
        "sent": {"eventType": "Send", "mail": mail, "send": {}},
        "delivered": {
            "eventType": "Delivery",
            "mail": mail,
            "delivery": {"timestamp": AT, "recipients": [address], "smtpResponse": "250 2.0.0 OK"},
        },
        "opened": {"eventType": "Open", "mail": mail, "open": seen},
        "clicked": {"eventType": "Click", "mail": mail, "click": {**seen, "link": "https://example.com/march"}},
        "bounced": {"eventType": "Bounce", "bounce": {**bounce, "feedbackId": told}, "mail": mail},
    }[kind]


def _address(number: int) -> str:
    return f"reader{number % 300_000}@domain{number % 2_000}.example"


def generated(file: Path, record: Callable[[int, str], dict[str, Any]], events: int) -> None:
    """Writes so many events, the same ones every time."""
    draw = random.Random(1)
    with file.open("w", encoding="utf-8") as lines:
        for number in range(events):
            lines.write(json.dumps(record(number, draw.choice(KINDS)), separators=(",", ":")) + "\n")


def main(arguments: list[str]) -> None:
    """Generates each file, then reads it, and prints a line."""
    events = int(arguments[0]) if arguments else 1_000_000
    for name, record in (("sendgrid", sendgrid), ("ses", ses)):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"{name}.ndjson")
            generated(file, record, events)
            wall, cpu = time.perf_counter(), time.process_time()
            rows = read_events(EventSource(path=file.name), file.parent, Path(folder))[0].read()
            seconds, spent = time.perf_counter() - wall, time.process_time() - cpu
            found, size = sum(rows.kinds.values()), file.stat().st_size / 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name}: {found:,} events ({size:,.0f} MB) in {seconds:.1f} s, {found / seconds:,.0f}/s "
            f"(wanted {WANTED[name]:,}); {spent:.1f} s CPU, {found / spent:,.0f} a CPU second; {peak:,.0f} MiB at most"
        )

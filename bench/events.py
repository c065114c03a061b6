"""SendGrid and SES events as NDJSON, read into the event table, beside `json.loads` of every line.

python -m bench events [EVENTS] [--runs=3] [--dry]

Each reading is a process of its own. A file is known by its SHA-256, which a night works out before it reads; the table
tells of both. Ratios are of one run, and with SHA-256; `--dry` does not write RESULTS.md.
"""

import datetime as dt
import json
import random
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import measured
from bench.results import table, write_section
from hygiene.config import EventSource
from hygiene.ingest.events import read_events

WANTED = {"sendgrid": 600_000, "ses": 250_000}
"""Events a second on two cores."""
KINDS = ["sent"] * 8 + ["delivered"] * 8 + ["opened"] * 2 + ["clicked", "bounced"]
AGENTS = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36",
]
REPLIES = [
    "550 5.1.1 The email account that you tried to reach does not exist",
    "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table",
    "554 5.7.1 [CS02] Message rejected due to local policy",
    "452 4.2.2 The email account that you tried to reach is over quota",
]


def sendgrid(number: int, kind: str) -> dict[str, Any]:
    """One event as SendGrid posts it."""
    address, reply = _address(number), _reply(number)
    common = {
        "email": address,
        "timestamp": 1_772_442_931 + number // 200,
        "smtp-id": f"<a{number}@ismtpd-1>",
        "category": ["march", "news"],
        "sg_event_id": f"ev{number:020d}",
        "sg_message_id": f"x{number}.filter01.1.2.3",
    }
    seen = {"useragent": AGENTS[number % 4], "ip": _reader_ip(number)}
    accepted = {"response": f"250 2.0.0 OK queued as {number:x}", "tls": 1, "ip": "192.0.2.10"}
    refused = {"type": "bounce", "status": reply[4:9], "reason": reply, "ip": "192.0.2.10"}
    told: dict[str, dict[str, Any]] = {
        "sent": {"event": "processed"},
        "delivered": {"event": "delivered", **accepted},
        "opened": {"event": "open", **seen, "sg_machine_open": bool(number % 2)},
        "clicked": {"event": "click", **seen, "url": f"https://example.com/march/{number % 20}"},
        "bounced": {"event": "bounce", **refused},
    }
    return common | told[kind]


def ses(number: int, kind: str) -> dict[str, Any]:
    """One event as Firehose stores it, with the headers that a newsletter has."""
    address, told, reply = _address(number), f"0100018e-{number:012d}-000000", _reply(number)
    headers = {
        "From": "news@example.com",
        "To": address,
        "Subject": "March",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    mail = {
        "timestamp": _instant(number),
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
    at = _instant(number + 1_000)
    failed = {"emailAddress": address, "action": "failed", "status": reply[4:9], "diagnosticCode": f"smtp; {reply}"}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [failed], "timestamp": at}
    seen = {"timestamp": at, "ipAddress": _reader_ip(number), "userAgent": AGENTS[number % 4]}
    return {
        "sent": {"eventType": "Send", "mail": mail, "send": {}},
        "delivered": {
            "eventType": "Delivery",
            "mail": mail,
            "delivery": {"timestamp": at, "recipients": [address], "smtpResponse": f"250 2.0.0 OK {number:x}"},
        },
        "opened": {"eventType": "Open", "mail": mail, "open": seen},
        "clicked": {
            "eventType": "Click",
            "mail": mail,
            "click": {**seen, "link": f"https://example.com/{number % 20}"},
        },
        "bounced": {"eventType": "Bounce", "bounce": {**bounce, "feedbackId": told}, "mail": mail},
    }[kind]


def _address(number: int) -> str:
    return f"reader{number % 300_000}@domain{number % 2_000}.example"


def _reply(number: int) -> str:
    return REPLIES[number // 7 % len(REPLIES)].format(_address(number))


def _reader_ip(number: int) -> str:
    return f"198.51.{number % 200}.{number // 200 % 250}"


def _instant(number: int) -> str:
    at = dt.datetime(2026, 3, 2, 9, 15, 28, tzinfo=dt.UTC) + dt.timedelta(milliseconds=number * 5)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def generated(file: Path, record: Callable[[int, str], dict[str, Any]], events: int) -> None:
    """Writes so many events, the same ones every time."""
    draw = random.Random(1)
    with file.open("w", encoding="utf-8") as lines:
        for number in range(events):
            lines.write(json.dumps(record(number, draw.choice(KINDS)), separators=(",", ":")) + "\n")


def timed(file: Path) -> None:
    """Reads a file in this process; prints seconds to open it, to read it, CPU seconds of both and events, as JSON."""
    with tempfile.TemporaryDirectory() as work:
        began, cpu = time.perf_counter(), time.process_time()
        (found,) = read_events(EventSource(path=file.name), file.parent, Path(work))
        opened = time.perf_counter()
        rows = found.read()
        seconds = (opened - began, time.perf_counter() - opened, time.process_time() - cpu)
        print(json.dumps([*seconds, sum(rows.kinds.values())]))


def loaded(file: Path) -> float:
    """Seconds to load every line as JSON, and nothing more."""
    began = time.perf_counter()
    with file.open("rb") as lines:
        for line in lines:
            json.loads(line)
    return time.perf_counter() - began


def compared(name: str, file: Path, runs: int) -> list[str]:
    """A row of the table."""
    code = f"from bench.events import Path, timed; timed(Path({str(file)!r}))"
    found = [measured([sys.executable, "-c", code]) for _ in range(runs)]
    columns = zip(*(json.loads(one.output) for one in found), strict=True)
    opening, reading, spent, events = (median(column) for column in columns)
    peak, both = median(one.peak_mib for one in found), opening + reading
    speeds = [f"{events / reading:,.0f}", f"{WANTED[name]:,}", f"{events / both:,.0f}"]
    costs = [f"{spent / events * 1e6:.1f}", f"{peak:,.0f}", f"{loaded(file) / both:.1f}"]
    return [name, f"{file.stat().st_size / 1e6:,.0f}", *speeds, *costs]


def main(arguments: list[str]) -> None:
    """Generates each file, measures, prints and writes RESULTS.md."""
    parser = ArgumentParser(prog="python -m bench events")
    parser.add_argument("events", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dry", action="store_true")
    asked = parser.parse_args(arguments)
    rows = []
    for name, record in (("sendgrid", sendgrid), ("ses", ses)):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"{name}.ndjson")
            generated(file, record, asked.events)
            rows.append(compared(name, file, asked.runs))
    head = ["events of", "MB", "events/s read", "wanted", "with SHA-256", "CPU µs each", "MiB", "times json.loads"]
    print(text := table(head, rows))
    if not asked.dry:
        command = f"python -m bench events {asked.events}"
        write_section(f"Events as NDJSON: {asked.events:,} of a system", command, text, ("hygiene", "polars"))

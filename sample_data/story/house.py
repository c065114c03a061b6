"""What the house mail server and our own preference page wrote: CSV with words of their own (`generic` in the job file)."""

import csv
import io
from pathlib import Path

from story.draw import share
from story.files import write
from story.people import Happening

HEADER = ["time", "type", "recipient", "mailing", "code", "dsn", "answer", "prefetch"]
WORDS = {"sent": "queued", "delivered": "relayed", "open": "view", "machine": "view", "click": "follow",
         "complaint": "abuse", "unsubscribe": "optout", "group_unsubscribe": "optout", "group_resubscribe": "optin",
         "resubscribe": "optin"}  # fmt: skip
QUARTERS = {"2025-q3": ("2025-07", "2025-10-08"), "2025-q4": ("2025-10", "2026-02")}
"""Name of the file -> first and last time in it; the two overlap by a week."""


def write_house(happenings: list[Happening], folder: Path) -> None:
    """Two quarters of the server's log, and a year of the preference page."""
    log = [h for h in happenings if h.mailing.system == "house" and _is_logged(h)]
    for name, (first, last) in QUARTERS.items():
        write(folder / f"mailserver-{name}.csv.gz", _csv([h for h in log if first <= h.at.isoformat() < last]))
    write(folder / "preference-page.csv", _csv([h for h in happenings if h.mailing.system == "page"]))


def _is_logged(happening: Happening) -> bool:
    """Out-of-office notes went to a mailbox that nobody read; of what was queued only December is left."""
    if happening.kind == "sent":
        return happening.mailing.day >= "2025-12-01"
    return happening.kind in WORDS or (happening.kind == "reply" and not happening.reply.is_echo)


def _csv(happenings: list[Happening]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for happening in happenings:
        row = _row(happening)
        rows.writerows([row] * (2 if share("twice", *row[:3]) < 0.003 else 1))
    return text.getvalue().encode()


def _row(h: Happening) -> list[str]:
    word = WORDS.get(h.kind, "")
    code, dsn, answer = ("250", "2.0.0", "") if h.kind == "delivered" else ("", "", "")
    if h.kind == "reply":
        word = "retry" if h.reply.is_deferral else "failed"
        code, dsn = h.reply.code, h.reply.status
        answer = f"{code} {dsn} {h.reply.text}".strip().replace("  ", " ").format(to=h.recipient)
    prefetch = {"machine": "1", "open": "0", "click": "0"}.get(h.kind, "")
    return [h.at.strftime("%Y-%m-%dT%H:%M:%SZ"), word, h.recipient, h.mailing.campaign, code, dsn, answer, prefetch]

"""What SendGrid's event webhook posted: JSON arrays, a file a quarter."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from story.agents import agent, network
from story.draw import share
from story.files import write
from story.people import Happening

QUARTERS = {
    "2025-q3": ("2025-07", "2025-10"),
    "2025-q4": ("2025-10", "2026"),
    "2026-q1": ("2026-01", "2026-04"),
    "2026-q2": ("2026-04", "2026-07"),
}
WORDS = {"sent": "processed", "delivered": "delivered", "open": "open", "machine": "open", "click": "click",
         "complaint": "spamreport", "unsubscribe": "unsubscribe", "group_unsubscribe": "group_unsubscribe",
         "group_resubscribe": "group_resubscribe"}  # fmt: skip
QUARTER_OF_SENDS = "2026-04"
"""`processed` was switched on late."""


def write_sendgrid(happenings: list[Happening], folder: Path) -> None:
    """One file a quarter; an event a line, which is still one array."""
    mine = [
        h
        for h in happenings
        if h.mailing.system == "sendgrid" and (h.kind != "sent" or h.mailing.day >= QUARTER_OF_SENDS)
    ]
    for name, (first, last) in QUARTERS.items():
        lines = [line for h in mine if first <= h.at.isoformat() < last for line in _lines(h)]
        write(folder / f"{name}.json.gz", ("[" + ",\n".join(lines) + "]\n").encode())


def _lines(happening: Happening) -> list[str]:
    """The event; one in 300 was posted twice, with the same id."""
    line = json.dumps(_event(happening), ensure_ascii=False, separators=(",", ":"))
    return [line] * (2 if share("sendgrid twice", happening.recipient, happening.at) < 0.003 else 1)


def _event(h: Happening) -> dict[str, Any]:
    message = f"{h.mailing.campaign}.{_id(h.recipient)}"
    kind = h.reply.sendgrid.split("/")[0] if h.kind == "reply" else WORDS[h.kind]
    kind = "bounce" if kind == "blocked" else kind
    event = {
        "email": h.recipient,
        "timestamp": int(h.at.timestamp()),
        "smtp-id": f"<{message}@geopod-ismtpd-1>",
        "event": kind,
    }
    event |= {
        "category": [h.mailing.campaign],
        "sg_event_id": _id(kind, h.recipient, h.at),
        "sg_message_id": f"{message}.recvd",
    }
    return event | _details(h)


def _details(h: Happening) -> dict[str, Any]:
    if h.kind == "reply":
        return _reply(h)
    if h.kind == "delivered":
        return {"response": "250 2.0.0 OK", "ip": "192.0.2.26", "tls": 1}
    if h.kind in ("open", "machine", "click"):
        seen = {"useragent": agent(h), "ip": network(h)}
        if h.kind == "click":
            return seen | {"url": "https://kestrel-finch.example/offers"}
        return seen | {"sg_content_type": "html"} | ({"sg_machine_open": True} if h.kind == "machine" else {})
    return {"asm_group_id": 4711} if h.kind.startswith("group_") else {}


def _reply(h: Happening) -> dict[str, Any]:
    kind, what = h.reply.sendgrid.split("/")
    if kind == "dropped":
        return {"reason": what}
    answer = f"{h.reply.code} {h.reply.status} {h.reply.text}".replace("  ", " ").format(to=h.recipient)
    if kind == "deferred":
        return {"response": answer, "attempt": "1", "ip": "192.0.2.26", "tls": 1}
    status = h.reply.status or f"{h.reply.code[:1]}.0.0"
    return {
        "type": kind,
        "bounce_classification": what,
        "status": status,
        "reason": answer,
        "ip": "192.0.2.26",
        "tls": 1,
    }


def _id(*about: object) -> str:
    """Short, and nobody else's."""
    digest = hashlib.sha256("\x1f".join(map(str, about)).encode()).digest()
    return base64.urlsafe_b64encode(digest[:6]).decode()

"""What Amazon SES wrote by Firehose: one JSON object a line, a file a month; May begins a week before April ends."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

from story.agents import agent, network
from story.draw import share
from story.files import write
from story.people import Happening

PERIODS = {
    "2026-01": ("2026-01", "2026-02"), "2026-02": ("2026-02", "2026-03"), "2026-03": ("2026-03", "2026-04"),
    "2026-04": ("2026-04", "2026-05"), "2026-05": ("2026-04-24", "2026-06"), "2026-06": ("2026-06", "2026-07"),
}  # fmt: skip
"""Name of the file -> first and last time in it."""
MONTH_OF_SENDS = "2026-06"
"""Send events were switched on late."""


def write_ses(happenings: list[Happening], folder: Path) -> None:
    """One file a month."""
    mine = [
        h for h in happenings if h.mailing.system == "ses" and (h.kind != "sent" or h.mailing.day >= MONTH_OF_SENDS)
    ]
    for name, (first, last) in PERIODS.items():
        lines = [line for h in mine if first <= h.at.isoformat() < last for line in _lines(h)]
        write(folder / f"{name}.ndjson.gz", "".join(lines).encode())


def _lines(happening: Happening) -> list[str]:
    """The event; one in 300 was delivered to us twice."""
    record = EVENTS[happening.kind](happening) | {"mail": _mail(happening)}
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
    return [line] * (2 if share("ses twice", happening.recipient, happening.at) < 0.003 else 1)


def _time(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _message_id(happening: Happening) -> str:
    digest = hashlib.sha256(f"{happening.mailing.campaign} {happening.recipient}".encode()).hexdigest()
    return f"0100019{happening.mailing.day.replace('-', '')}-{digest[:7]}-000000"


def _mail(happening: Happening) -> dict[str, Any]:
    stream = happening.mailing.stream
    return {
        "timestamp": _time(happening.mailing.starts_at),
        "source": "news@mail.kestrel-finch.example",
        "sendingAccountId": "111122223333",
        "messageId": _message_id(happening),
        "destination": [happening.recipient, *happening.also],
        "headersTruncated": False,
        "tags": {
            "ses:configuration-set": [stream],
            "ses:outgoing-ip": ["192.0.2.25"],
            "campaign": [happening.mailing.campaign],
        },
    }


def _delivery(h: Happening) -> dict[str, Any]:
    delivery = {
        "timestamp": _time(h.at),
        "processingTimeMillis": 400 + h.at.microsecond // 1000,
        "recipients": [h.recipient],
    }
    return {
        "eventType": "Delivery",
        "delivery": delivery | {"smtpResponse": "250 2.0.0 OK", "reportingMTA": "a8-52.smtp-out.amazonses.com"},
    }


def _reply(h: Happening) -> dict[str, Any]:
    kind, subtype = h.reply.ses.split("/")
    recipient = {"emailAddress": h.recipient}
    if h.reply.text:
        prefix = "" if h.reply.is_echo else f"smtp; {h.reply.code} {h.reply.status} ".replace("  ", " ")
        action = "delayed" if h.reply.is_deferral else "failed"
        recipient |= {
            "action": action,
            "status": _status(h),
            "diagnosticCode": prefix + h.reply.text.format(to=h.recipient),
        }
    if kind == "Delay":
        recipient.pop("action")
        delay = {"delayType": subtype, "delayedRecipients": [recipient], "timestamp": _time(h.at)}
        return {"eventType": "DeliveryDelay", "deliveryDelay": delay}
    bounce = {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [recipient], "timestamp": _time(h.at)}
    return {
        "eventType": "Bounce",
        "bounce": bounce | {"feedbackId": _feedback_id(h), "reportingMTA": "dns; a8-52.smtp-out.amazonses.com"},
    }


def _status(h: Happening) -> str:
    """The receiver's enhanced code, else what SES puts in its place."""
    return h.reply.status or f"{h.reply.code[:1]}.0.0"


def _feedback_id(h: Happening) -> str:
    return _message_id(h).replace("0100019", "0100fee", 1)


def _out_of_office(h: Happening) -> dict[str, Any]:
    recipient = {"emailAddress": h.recipient}
    bounce = {
        "bounceType": "Transient",
        "bounceSubType": "General",
        "bouncedRecipients": [recipient],
        "timestamp": _time(h.at),
    }
    return {"eventType": "Bounce", "bounce": bounce | {"feedbackId": _feedback_id(h)}}


def _complaint(h: Happening) -> dict[str, Any]:
    kind = "not-spam" if h.kind == "not_spam" else "abuse"
    who = [{"emailAddress": address} for address in (h.recipient, *h.also)]
    complaint = {
        "complainedRecipients": who,
        "timestamp": _time(h.at),
        "feedbackId": _feedback_id(h),
        "complaintSubType": None,
    }
    return {
        "eventType": "Complaint",
        "complaint": complaint | {"userAgent": "ReturnPathFBL/2.1", "complaintFeedbackType": kind},
    }


def _open(h: Happening) -> dict[str, Any]:
    return {"eventType": "Open", "open": {"timestamp": _time(h.at), "userAgent": agent(h), "ipAddress": network(h)}}


def _click(h: Happening) -> dict[str, Any]:
    click = {
        "timestamp": _time(h.at),
        "userAgent": agent(h),
        "ipAddress": network(h),
        "link": "https://kestrel-finch.example/read",
        "linkTags": None,
    }
    return {"eventType": "Click", "click": click}


def _subscription(h: Happening) -> dict[str, Any]:
    topics = [{"topicName": "newsletter", "subscriptionStatus": "OptOut"}]
    change = {"contactList": "readers", "timestamp": _time(h.at), "source": "UnsubscribeHeader"}
    new = {"unsubscribeAll": True, "topicSubscriptionStatus": topics}
    old = {"unsubscribeAll": False, "topicSubscriptionStatus": [topics[0] | {"subscriptionStatus": "OptIn"}]}
    return {
        "eventType": "Subscription",
        "subscription": change | {"newTopicPreferences": new, "oldTopicPreferences": old},
    }


EVENTS = {
    "sent": lambda _: {"eventType": "Send", "send": {}}, "delivered": _delivery, "reply": _reply,
    "out_of_office": _out_of_office, "complaint": _complaint, "not_spam": _complaint, "open": _open, "machine": _open,
    "click": _click, "scanner": _click, "unsubscribe": _subscription, "group_unsubscribe": _subscription,
}  # fmt: skip

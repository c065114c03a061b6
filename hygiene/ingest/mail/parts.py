"""Where in a message its reports are, and what stands around each (RFC 6522).

A report is the multipart that holds a part of fields; it may stand inside other multiparts and inside forwarded
messages. What it returns is our own mail and reports nothing, whatever it holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from hygiene.formats.texts import MailReading
from hygiene.ingest.mail.fields import field_groups
from hygiene.ingest.mail.recovery import campaign
from hygiene.ingest.mail.text import Headers, headers_of, told_at

Record = dict[str, str | None]
"""What is told of one recipient, by names that the format files use."""
DELIVERY = ("message/delivery-status", "message/global-delivery-status")
FEEDBACK = ("message/feedback-report",)
RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "text/rfc822")


@dataclass(frozen=True)
class Report:
    """A part of fields with what stands around it."""

    around: Headers
    """Headers of the message that carries it."""
    message: Message
    part: Message
    returned: Headers
    """Headers of the message it returns."""


def reports(message: Message) -> Iterator[Report]:
    """The reports of a message and of those that are forwarded in it, but not of those that a report returns."""
    yield from _within(message, message)


def common(report: Report, mail: MailReading) -> Record:
    """What is the same for all recipients."""
    list_id = report.returned.get("list-id", "")
    return {
        "message_id": report.around.get("message-id"),
        "occurred_at": told_at(report.around),
        "campaign": campaign(report.returned, mail),
        "list_id": list_id.rpartition("<")[2].strip("> ") or None,
    }


def _within(carrier: Message, node: Message) -> Iterator[Report]:
    parts = _parts(node)
    fields = [part for part in parts if part.get_content_type() in (*DELIVERY, *FEEDBACK)]
    if fields and node.get_content_maintype() == "multipart":
        around, returned = headers_of(carrier), _returned(parts)
        yield from (Report(around, carrier, part, returned) for part in fields)
    elif node.get_content_maintype() == "multipart":
        for part in parts:
            yield from _within(carrier, part)
    elif node.get_content_type() == "message/rfc822":
        for part in parts:
            yield from _within(part, part)


def _parts(node: Message) -> list[Message]:
    payload = node.get_payload() if node.is_multipart() else []
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def _returned(parts: list[Message]) -> Headers:
    """Headers of the message that a report returns, whole or in part."""
    for part in parts:
        if part.get_content_type() in RETURNED:
            inner = next(iter(_parts(part)), None)
            if inner is not None:
                return headers_of(inner)
            return {name: values[0] for group in field_groups(part)[:1] for name, values in group.items()}
    return {}

"""Feedback reports: a record for each recipient that a complaint names (RFC 5965)."""

from collections.abc import Iterator
from email.message import Message

from hygiene.formats.texts import MailReading
from hygiene.ingest.mail.fields import Fields, bare_address, field_groups, first
from hygiene.ingest.mail.parts import Record, Report, common
from hygiene.ingest.mail.recovery import recovered
from hygiene.ingest.mail.text import Headers, headers_of


def complaints(report: Report, mail: MailReading) -> Iterator[Record]:
    """What a report says; one record without an address where it names nobody."""
    fields: Fields = {name: values for group in reversed(field_groups(report.part)) for name, values in group.items()}
    kind = first(fields, "feedback-type")
    named = _complained(report, fields, mail)
    recipients: list[str | None] = [*named] or [None]
    for address in recipients:
        yield {
            **common(report, mail),
            "report": "feedback-report",
            "feedback_type": kind.split()[0].lower() if kind else None,
            "address": address,
            "recipients": "several" if len(named) > 1 else "one",
            "source_ip": first(fields, "source-ip"),
            "raw": _traces(fields, report.returned),
        }


def junk_mail_report(message: Message, headers: Headers, words: str, mail: MailReading) -> list[Record]:
    """Microsoft's older form: a plain message with our own inside, to which a header with the recipient was added."""
    inner = [headers_of(part) for part in message.walk() if part is not message]
    lines = (line.partition(":") for line in words.splitlines())
    in_words: Headers = {name.strip().lower(): value for name, _, value in lines}
    for found in (*inner, in_words):
        named = next((found[name] for name in mail.recipients if name in found), None)
        if named is not None:
            record: Record = {"report": "jmrp", "address": bare_address(named), "recipients": "one", "raw": named}
            return [{**common(Report(headers, message, message, found), mail), **record}]
    return []


def _complained(report: Report, fields: Fields, mail: MailReading) -> list[str]:
    """Whom a complaint names: the reporter's own fields first, then what our message says of its recipient."""
    added = [report.returned[name] for name in mail.recipients if name in report.returned]
    for stated in (fields.get("original-rcpt-to", []), fields.get("removal-recipient", []), added):
        named = {address.lower(): address for text in stated if (address := bare_address(text))}
        if named:
            return list(named.values())
    mine = recovered(mail, {name: values[0] for name, values in fields.items()}, report.returned)
    return [mine] if mine else []


def _traces(fields: Fields, returned: Headers) -> str:
    """What a complaint that names nobody can be traced by (RFC 9477 section 3.1.2)."""
    ids = {name: returned[name] for name in ("message-id", "cfbl-feedback-id", "feedback-id") if name in returned}
    stated = {name: values[0] for name, values in fields.items()}
    return "; ".join(f"{name}: {value}" for name, value in (ids | stated).items())

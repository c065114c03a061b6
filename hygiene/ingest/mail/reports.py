"""What a message says: bounces, complaints, or nothing of ours; a broken one is told apart, and never raises."""

from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from hygiene.formats.texts import MailReading
from hygiene.ingest.mail.bounces import bounces
from hygiene.ingest.mail.complaints import complaints, junk_mail_report
from hygiene.ingest.mail.notices import is_auto_reply, is_notice, notice_records, returned_in, unnamed
from hygiene.ingest.mail.parts import DELIVERY, FEEDBACK, Record, Report, common, reports
from hygiene.ingest.mail.recovery import recovered
from hygiene.ingest.mail.text import Headers, headers_of, words_of

UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError, MessageError)
"""What the standard library's parser is known to raise on broken messages."""
NOBODY = "a notice of a mail server that names no recipient in a known form"


@dataclass(frozen=True)
class Told:
    """What one message says."""

    bounces: list[Record]
    complaints: list[Record]
    ignored: str | None = None
    """What it is, where it is neither."""
    problem: str | None = None
    """Why it cannot be read."""


def told(content: bytes, dsn: MailReading, arf: MailReading) -> Told:
    """What a message says, by the readings of the two formats; never raises."""
    try:
        message = BytesParser(policy=compat32).parsebytes(content)
        return _told(message, dsn, arf)
    except UNREADABLE as error:
        return Told([], [], problem=f"the message cannot be parsed ({type(error).__name__})")


def _told(message: Message, dsn: MailReading, arf: MailReading) -> Told:
    found = [(one, one.part.get_content_type()) for one in reports(message)]
    bounced = [record for one, kind in found if kind in DELIVERY for record in bounces(one, dsn)]
    complained = [record for one, kind in found if kind in FEEDBACK for record in complaints(one, arf)]
    return Told(bounced, complained) if bounced or complained else _without_report(message, dsn, arf)


def _without_report(message: Message, dsn: MailReading, arf: MailReading) -> Told:
    headers, words = headers_of(message), words_of(message)
    if junk := junk_mail_report(message, headers, words, arf):
        return Told([], junk)
    if str(message.get_param("report-type", "")).lower() == "disposition-notification":
        return Told([], [], ignored="read receipt")
    is_servers = is_notice(headers, dsn) or message.get_content_type() == "multipart/report"
    if (is_servers or headers.get("return-path") == "<>") and (noticed := _noticed(message, headers, words, dsn)):
        return Told(noticed, [])
    if is_auto_reply(headers, dsn):
        return Told([], [], ignored="automatic answer")
    return Told([], [], problem=NOBODY) if is_servers else Told([], [], ignored="other mail")


def _noticed(message: Message, headers: Headers, words: str, dsn: MailReading) -> list[Record]:
    """What a bounce in words says of each recipient; our own envelope address counts where there is only one."""
    returned = returned_in(words)
    named = notice_records(headers, words, dsn)
    mine = recovered(dsn, headers, returned) if len(named) < 2 else None
    if mine and not named and is_notice(headers, dsn):
        named = [unnamed(mine, words)]
    same = common(Report(headers, message, message, returned), dsn)
    return [{**same, "recovered": mine, **record} for record in named]

"""What a parsed message says: its headers, its words, and when it came."""

import datetime as dt
import html
import re
from email.message import Message
from email.utils import parsedate_to_datetime

Headers = dict[str, str]
"""Name in lower case = the first value, unfolded."""
TAG = re.compile(r"(?is)<(?:style|script)\b.*?</(?:style|script)>|<br\b[^>]*>|</(?:p|div|tr|li)>|<[^>]*>")
BREAK = re.compile(r"(?i)<(?:br\b|/(?:p|div|tr|li)>)")
LONGEST_HEADER = 2_000
LONGEST_TEXT = 1 << 15
"""Patterns see no more than this of what others wrote, so that none can take long."""
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
AHEAD = dt.timedelta(days=1)


def headers_of(message: Message) -> Headers:
    """The first of each header."""
    found: Headers = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), " ".join(as_text(value).split())[:LONGEST_HEADER])
    return found


def as_text(value: object) -> str:
    """A text of the parser, in which bytes beyond ASCII are surrogates, read as UTF-8."""
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def words_of(message: Message) -> str:
    """The plain text of a message, in front of what it returns; that of HTML where there is no other."""
    plain = [part for part in _texts(message) if part.get_content_subtype() == "plain"]
    if plain:
        return "\n".join(_decoded(part) for part in plain)
    marked_up = "\n".join(_decoded(part) for part in _texts(message))
    lines = html.unescape(TAG.sub(lambda tag: "\n" if BREAK.match(tag[0]) else "", marked_up)).split("\n")
    return "\n".join(line for line in lines if line.strip())


def told_at(headers: Headers, stated: str | None = None, begun: str | None = None) -> str | None:
    """When it happened, as ISO 8601: the stated date if it can be true, else the message's own, else when it began.

    Our own server writes the topmost Received, so a date that is later is a wrong clock. One that is much earlier may
    be right: old mail gets a new Received when it is moved to another server.
    """
    received = _date(headers.get("received", "").rpartition(";")[2])
    for text in (stated, headers.get("date"), begun):
        date = _date(text)
        if date and _can_be(date, received):
            return date.isoformat()
    return received.isoformat() if received else None


def _texts(message: Message) -> list[Message]:
    if message.get_content_maintype() == "text":
        return [message]
    if not message.is_multipart() or message.get_content_maintype() != "multipart":
        return []
    payload = message.get_payload()
    return [text for part in payload if isinstance(part, Message) for text in _texts(part)]


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        text = raw.decode("latin-1")
    # Some charsets can spell half a character (a surrogate), which no UTF-8 can hold.
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")


def _date(text: str | None) -> dt.datetime | None:
    """RFC 5322 section 3.3; a date without a zone, or with `-0000`, is UTC."""
    if not text or not text.strip():
        return None
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _can_be(date: dt.datetime, received: dt.datetime | None) -> bool:
    return date >= EARLIEST and (received is None or date <= received + AHEAD)

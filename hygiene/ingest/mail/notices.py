"""Bounces in words alone: who could not be reached, and what was said, as far as the text lets us tell."""

import re
from collections.abc import Iterator
from email.parser import HeaderParser
from email.policy import compat32

from hygiene.formats.texts import MailReading, Notice
from hygiene.ingest.mail.fields import bare_address
from hygiene.ingest.mail.parts import Record
from hygiene.ingest.mail.text import Headers, headers_of

FAILED_RECIPIENTS = "x-failed-recipients"
SAID_LENGTH = 2000
LASTING = re.compile(r"(?:^|[\s:#(]+)5(?:\d\d[ -]|\.\d{1,3}\.\d{1,3}\b)")
BEGUN = re.compile(r"(?m)^-{3,}.*\n\s*?^((?:Return-Path|Received|From|To|Subject|Date|Message-ID|DKIM-Signature):)")
"""Where the quoted message begins: a line of hyphens, then headers."""


def notice_records(headers: Headers, words: str, mail: MailReading) -> list[Record]:
    """A record for each recipient that a notice names; none where it is in no known form."""
    for notice in mail.notices:
        begins = re.search(notice.begins, words)
        if begins and (found := list(_recipients(words, begins.start(), notice))):
            return found
    listed = headers.get(FAILED_RECIPIENTS, "").split(",")
    reply = _reply(words)
    return [_record(address, None, "failed", reply) for text in listed if (address := bare_address(text))]


def unnamed(address: str, words: str) -> Record:
    """A notice in no known form about a recipient that its envelope tells; final only if a reply in it says so."""
    reply = _reply(words)
    return _record(address, None, "failed" if LASTING.match(reply) else "delayed", reply)


def returned_in(words: str) -> Headers:
    """Headers of the message that a bounce in words quotes at its end; none where it quotes none."""
    begun = BEGUN.search(words)
    return headers_of(HeaderParser(policy=compat32).parsestr(words[begun.start(1) :])) if begun else {}


def is_notice(headers: Headers, mail: MailReading) -> bool:
    """Whether a mail server wrote it."""
    return FAILED_RECIPIENTS in headers or bool(re.search(mail.servers, headers.get("from", "")))


def is_auto_reply(headers: Headers, mail: MailReading) -> bool:
    """Whether software answered for a person (RFC 3834 section 5, and what came before it)."""
    automatic = headers.get("auto-submitted", "no").lower().startswith("auto-")
    marked = any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder"))
    precedence = headers.get("precedence", "").lower() in ("auto_reply", "auto-reply")
    return automatic or marked or precedence or bool(re.search(mail.auto_replies, headers.get("subject", "")))


def _recipients(words: str, start: int, notice: Notice) -> Iterator[Record]:
    ends = re.compile(notice.ends).search(words, start) if notice.ends else None
    part = words[start : ends.start() if ends else len(words)]
    together = re.search(notice.said, words[start:]) if notice.said else None
    action = "delayed" if notice.delayed and re.search(notice.delayed, words) else "failed"
    for found in re.finditer(notice.recipient, part):
        groups = found.groupdict()
        address = bare_address(groups["address"])
        said = groups.get("text") or (together["text"] if together else "") or ""
        if address:
            yield _record(address, bare_address(groups.get("original") or ""), action, _squeezed(said))


def _record(final: str, original: str | None, action: str, said: str) -> Record:
    return {
        "report": "notice",
        "action": action,
        "final_recipient": final,
        "original_recipient": original,
        "diagnostic": said or None,
        "raw": f"{final}: {said}",
    }


def _reply(words: str) -> str:
    """From the first reply in the words on; all of them where there is none."""
    said = _squeezed(words)
    found = LASTING.search(said)
    return said[found.start() :].strip(" :") if found else said


def _squeezed(text: str) -> str:
    return " ".join(text.split())[:SAID_LENGTH]

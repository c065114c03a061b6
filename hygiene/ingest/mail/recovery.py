"""Whom did we mail? What our own message says of it, where a report does not."""

import re
from urllib.parse import unquote

from hygiene.formats.texts import MailReading
from hygiene.ingest.mail.fields import bare_address
from hygiene.ingest.mail.text import Headers


def recovered(mail: MailReading, *sources: Headers) -> str | None:
    """The recipient by the first pattern of the format that is found in a header; None where none is."""
    for rule in mail.recover:
        for headers in sources:
            found = re.search(rule.pattern, headers.get(rule.header, ""))
            if found and (address := _address(found)):
                return address
    return None


def campaign(returned: Headers, mail: MailReading) -> str | None:
    """What the returned message says of its mailing; white space counts for nothing in such ids (RFC 9477)."""
    for name in mail.campaign:
        if value := returned.get(name):
            # Feedback-ID: campaign, customer, kind of mail, sender.
            return value.partition(":")[0].strip() if name == "feedback-id" else "".join(value.split())
    return None


def _address(found: re.Match[str]) -> str | None:
    groups = found.groupdict()
    return bare_address(unquote(groups.get("address") or f"{groups['local']}@{groups['domain']}"))

"""The fields of reports (RFC 3464 section 2.1, RFC 5965 section 3): groups of `Name: value` lines; typed addresses."""

import re
from collections.abc import Iterator
from email.message import Message

from hygiene.ingest.mail.redaction import is_redacted
from hygiene.ingest.mail.text import LONGEST_HEADER, as_text

Fields = dict[str, list[str]]
"""Name in lower case = its values in order."""
RECIPIENT = ("original-recipient", "final-recipient")
OF_RECIPIENT = ("action", "status", "diagnostic-code", "remote-mta")
ENCODED = ("base64", "quoted-printable")
UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
XTEXT = re.compile(r"\+([0-9A-F]{2})")
BARE = re.compile(r"""(?<![^\s<>(;:'])(?P<address>"[^"]*"@[^\s<>"(),;]+|[^\s<>"(),;:]+@[^\s<>"(),;:]+)""")


def field_groups(part: Message) -> list[Fields]:
    """The groups of fields in a part such as message/delivery-status, however it is encoded."""
    if not part.is_multipart():
        return list(_groups(_decoded(part)))
    text = _within(part)
    if str(part.get("content-transfer-encoding", "")).strip().lower() in ENCODED:
        # RFC 2046 section 5.2 allows no encoding here, so the parser has taken it for fields.
        coded = Message()
        coded["content-transfer-encoding"] = part["content-transfer-encoding"]
        coded.set_payload(text.strip())
        text = _decoded(coded)
    return list(_groups(text))


def recipient_groups(groups: list[Fields]) -> tuple[Fields, list[Fields]]:
    """The fields of the message as a whole, and those of each recipient (RFC 3464 sections 2.2 and 2.3)."""
    whole: Fields = {}
    recipients: list[Fields] = []
    for group in groups:
        if any(name in group for name in RECIPIENT):
            recipients.append(group)
        elif recipients and any(name in group for name in OF_RECIPIENT):
            # A blank line where none belongs.
            recipients[-1] = {**group, **recipients[-1]}
        else:
            whole = {**group, **whole}
    return whole, recipients


def first(fields: Fields, *names: str) -> str | None:
    """The first value of the first of these fields that is there."""
    return next((fields[name][0] for name in names if name in fields and fields[name][0]), None)


def typed_address(value: str | None) -> str | None:
    """The address in `rfc822;ann@example.org`; None where it is none, or a redacted one.

    `utf-8` addresses may write characters as `\\x{E9}` (RFC 6533 section 3); one without @ may be xtext that nobody
    decoded (RFC 3461 section 4).
    """
    if value is None:
        return None
    text = value.partition(";")[2] or value
    text = UNICODE.sub(lambda found: _character(found[1]), text)
    if "@" not in text:
        text = XTEXT.sub(lambda found: chr(int(found[1], 16)), text)
    return bare_address(text)


def bare_address(text: str) -> str | None:
    """The first address in a text, without display name and brackets; None where there is none, or a redacted one."""
    found = BARE.search(text)
    if found is None:
        return None
    address = found["address"].strip("'") if found["address"].startswith("'") else found["address"]
    return None if is_redacted(address) else address


def _character(number: str) -> str:
    code = int(number, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def _within(part: Message) -> str:
    """The part as text again; the parser has made messages of it."""
    payload = part.get_payload()
    inner = payload if isinstance(payload, list) else []
    return "\n".join(_written(one) for one in inner if isinstance(one, Message))


def _written(inner: Message) -> str:
    fields = "".join(f"{name}: {as_text(value)}\n" for name, value in inner.raw_items())
    return f"{fields}\n{_decoded(inner)}"


def _decoded(part: Message) -> str:
    body = part.get_payload(decode=True)
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else ""


def _groups(text: str) -> Iterator[Fields]:
    group: Fields = {}
    last: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip():
            if group:
                yield group
            group, last = {}, []
        elif line[0] in " \t":
            if last:
                last[-1] = f"{last[-1]} {line.strip()}"[:LONGEST_HEADER]
        else:
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            if name in RECIPIENT and name in group:
                yield group
                group = {}
            last = group.setdefault(name, []) if colon else []
            last.append(value.strip()[:LONGEST_HEADER])
    if group:
        yield group

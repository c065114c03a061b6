"""Delivery status notifications: a record for each recipient (RFC 3464)."""

from collections.abc import Iterator

from hygiene.formats.texts import MailReading
from hygiene.ingest.mail.fields import Fields, field_groups, first, recipient_groups, typed_address
from hygiene.ingest.mail.notices import notice_records
from hygiene.ingest.mail.parts import Record, Report, common
from hygiene.ingest.mail.recovery import recovered
from hygiene.ingest.mail.text import told_at, words_of

STATUS_ACTIONS = {"5": "failed", "4": "delayed", "2": "delivered"}
ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")


def bounces(report: Report, mail: MailReading) -> Iterator[Record]:
    """What a report says of each recipient; our own envelope address counts where there is only one."""
    whole, groups = recipient_groups(field_groups(report.part))
    same = common(report, mail)
    alone = recovered(mail, report.around, report.returned) if len(groups) == 1 else None
    for group in groups:
        status = first(group, "status")
        yield {
            **same,
            "report": "delivery-status",
            "recovered": alone,
            "original_recipient": typed_address(first(group, "original-recipient")),
            "final_recipient": typed_address(first(group, "final-recipient")),
            "action": _action(first(group, "action"), status),
            "status": status.split()[0] if status else None,
            "diagnostic": first(group, "diagnostic-code") or _said(report, group, mail),
            "occurred_at": told_at(report.around, first(group, "last-attempt-date"), first(whole, "arrival-date")),
            "raw": "; ".join(f"{name}: {value}" for name, values in group.items() for value in values),
        }


def _said(report: Report, group: Fields, mail: MailReading) -> str | None:
    """What the words in front of the report say of a recipient for whom it has no diagnostic code."""
    final = typed_address(first(group, "final-recipient"))
    named = notice_records({}, words_of(report.message), mail)
    return next((record["diagnostic"] for record in named if record["final_recipient"] == final), None)


def _action(stated: str | None, status: str | None) -> str | None:
    """RFC 3464 section 2.3.3; where none is stated in its words, what the status class says."""
    word = stated.split()[0].lower().strip(";,.") if stated else ""
    return word if word in ACTIONS else STATUS_ACTIONS.get((status or "")[:1], word or None)

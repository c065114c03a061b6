"""Tables that the state keeps about failures which are not believed, and about who refused the sender."""

import polars as pl

from hygiene.model.table import Column as C
from hygiene.model.table import Table
from hygiene.model.tables import INSTANT, TEXT

DOUBTS = Table(
    "DOUBTS",
    {
        "domain": C(TEXT, "A-label, lower case", nullable=False),
        "day": C(pl.Date, "UTC day", nullable=False),
        "burst": C(
            TEXT,
            "the burst of hard bounces, at it or its provider, in words; null where it took mail for others that day",
        ),
    },
)

INCIDENTS = Table(
    "INCIDENTS",
    {
        "number": C(pl.Int64, "number of the record, from 1; the last of an incident counts", nullable=False),
        "id": C(TEXT, "name of the incident, such as `apple-cs02-20260624`", nullable=False),
        "action": C(TEXT, "an IncidentAction", nullable=False),
        "mailbox_provider": C(TEXT, "who refused: a provider, a domain, or `other`", nullable=False),
        "token": C(TEXT, "the sign that it refused with, such as `CS02` or `5.7.26`", nullable=False),
        "first_seen_at": C(INSTANT, "first refusal", nullable=False),
        "last_seen_at": C(INSTANT, "last refusal known then", nullable=False),
        "share": C(pl.Float64, "share of the provider's mail that was refused; null where that is not known"),
        "entered_at": C(INSTANT, "when a person closed it"),
        "actor": C(TEXT, "who closed it"),
        "reason": C(TEXT, "why, in that person's words"),
    },
)

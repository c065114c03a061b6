"""The tables between the ledger and other systems: who stands suppressed, and what was exported to whom."""

import polars as pl

from hygiene.model.table import Column as C
from hygiene.model.table import Table
from hygiene.model.tables import INSTANT, TEXT

STANDING = Table(
    "STANDING",
    {
        "address": C(TEXT, "as the newest entry of the ledger has it", nullable=False),
        "address_key": C(TEXT, "as in SUBSCRIBERS; one row each", nullable=False),
        "mailbox_key": C(TEXT, "as in SUBSCRIBERS", nullable=False),
        "in_force": C(pl.UInt64, "rules that suppress the address or its mailbox, bits as in IN_FORCE", nullable=False),
        "ever": C(pl.UInt64, "rules that ever did, bits likewise", nullable=False),
        "suppressed_at": C(INSTANT, "when the newest of those in force began; null where none is"),
    },
)

EXPORTS = Table(
    "EXPORTS",
    {
        "number": C(pl.Int64, "number of the record, from 1; the last of an export counts", nullable=False),
        "export_id": C(TEXT, "the export", nullable=False),
        "system": C(TEXT, "name of the format", nullable=False),
        "scope": C(
            TEXT, "which of the system's lists (domain, stream, region); empty where it has one", nullable=False
        ),
        "reasons": C(TEXT, "families asked for, joined by `,`; empty for all", nullable=False),
        "status": C(TEXT, "an ExportStatus", nullable=False),
        "as_of": C(INSTANT, "the instant judged by", nullable=False),
        "since": C(TEXT, "the confirmed export that it is the difference to; null for all in force"),
        "ledger_seq": C(pl.Int64, "last entry of the ledger that it knows of", nullable=False),
        "added": C(pl.Int64, "addresses in its additions"),
        "removed": C(pl.Int64, "addresses in its removals"),
        "refused": C(pl.Int64, "addresses that the system did not take; they are in the next export again"),
        "actor": C(TEXT, "who confirmed it: a person, or `push`"),
    },
)

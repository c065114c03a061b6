"""What is kept of the ACTIVITY of all earlier nights."""

import polars as pl

from hygiene.model.table import Column as C
from hygiene.model.table import Table
from hygiene.model.tables import INSTANT

ENGAGEMENT = Table(
    "ENGAGEMENT",
    {
        "mailbox": C(pl.Int64, "number of the mailbox_key, as in ACTIVITY", nullable=False),
        "address": C(pl.Int64, "number of the address_key; null where that is the mailbox_key"),
        "delivered_first_at": C(INSTANT, "first delivery to the address"),
        "delivered_last_at": C(INSTANT, "last delivery to it"),
        "human_at": C(INSTANT, "its last open or click by a person"),
        "clicked_at": C(INSTANT, "its last click by a person"),
        "machine_opened_at": C(INSTANT, "its last open by software"),
        "deliveries": C(pl.UInt32, "days with a delivery to any address of the mailbox; null where there is none"),
        "unengaged_since": C(INSTANT, "last sign of life of the mailbox, in ACTIVITY or elsewhere"),
        "unengaged_deliveries": C(pl.UInt32, "those of the days after it; all of them where there is none"),
    },
)

"""The many events that only count, as four numbers each; the others are kept whole."""

import polars as pl
from polars import col

from hygiene.model.tables import ACTIVITY, EVENTS
from hygiene.model.words import Activity, EventKind
from hygiene.normalize.numbers import is_own_key, key_numbers

OF_KIND = {
    EventKind.SENT: Activity.SENT,
    EventKind.DELIVERED: Activity.DELIVERED,
    EventKind.OPENED: Activity.OPENED,
    EventKind.CLICKED: Activity.CLICKED,
}
BY_MACHINE = {EventKind.OPENED: Activity.MACHINE_OPENED, EventKind.CLICKED: Activity.MACHINE_CLICKED}


def is_activity() -> pl.Expr:
    """Whether an event (of EVENTS) is kept as a number."""
    return col("kind").is_in([kind.value for kind in OF_KIND])


def activity(events: pl.DataFrame) -> pl.DataFrame:
    """ACTIVITY of those EVENTS that are activity; needs no keys."""
    mine = events.filter(is_activity()).select("occurred_at", "address", "kind", "is_machine")
    told = mine.select("occurred_at", _activity().alias("activity"))
    is_own = mine.select(is_own_key(col("address"))).to_series()
    return ACTIVITY.conform(pl.concat([told, key_numbers(mine["address"], is_own)], how="horizontal"))


def _activity() -> pl.Expr:
    """An open or a click of unknown making counts as a person's."""
    by_machine = col("is_machine").fill_null(False)
    machines = [pl.when(by_machine & (col("kind") == kind)).then(int(code)) for kind, code in BY_MACHINE.items()]
    others = [pl.when(col("kind") == kind).then(int(code)) for kind, code in OF_KIND.items()]
    return pl.coalesce(*machines, *others).cast(pl.Int8)


def as_events(activity: pl.DataFrame, mailbox_key: str) -> pl.DataFrame:
    """EVENTS of the ACTIVITY of one mailbox: what is left of them, kind and instant."""
    kinds = {**{code: kind for kind, code in OF_KIND.items()}, **{code: kind for kind, code in BY_MACHINE.items()}}
    named = [pl.when(col("activity") == code).then(pl.lit(kind.value)) for code, kind in kinds.items()]
    person = pl.lit(mailbox_key)
    return EVENTS.fill(
        activity.select(
            "occurred_at",
            address=person,
            address_key=person,
            mailbox_key=person,
            kind=pl.coalesce(named),
            is_machine=pl.when(col("activity").is_in([int(code) for code in BY_MACHINE.values()])).then(pl.lit(True)),
            source=pl.lit(""),
        )
    )

"""Full rows with sensible cells; one keyword changes one cell. Instants may be given as text."""

import datetime as dt
from functools import cache
from typing import Any

import polars as pl

from hygiene.model.table import Table
from hygiene.model.tables import EVENTS, EVIDENCE, INSTANT, LIFTS, SUBSCRIBERS
from hygiene.normalize.keys import with_keys
from hygiene.normalize.numbers import number

SIGNS = pl.Schema({"mailbox": pl.Int64(), "resubscribed_at": INSTANT, "sunset_lifted_at": INSTANT})
"""What else than activity ends a silence."""
AS_OF = dt.datetime(2026, 7, 1, 3, tzinfo=dt.UTC)


def instant(value: Any) -> Any:
    """Text such as `2026-06-01` or `2026-06-01T10:00` as a UTC instant; all else unchanged."""
    return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC) if isinstance(value, str) else value


def rows(table: Table, *cells: dict[str, Any]) -> pl.DataFrame:
    """A frame of that table from rows that may lack columns; text in instant columns is read as an instant."""
    names = {name for row in cells for name in row}
    unknown = names - set(table.columns)
    assert not unknown, f"{table.name} has no {unknown}"
    schema = {name: dtype for name, dtype in table.schema.items() if name in names}
    instants = {name for name, dtype in schema.items() if dtype == INSTANT}
    parsed = [{name: instant(value) if name in instants else value for name, value in row.items()} for row in cells]
    return table.fill(pl.DataFrame(parsed, schema=schema))


def evidence(**cells: Any) -> pl.DataFrame:
    """Somebody of whom nothing is known, but what is told."""
    subscribed_at = instant(cells.pop("subscribed_at", None))
    return rows(EVIDENCE, cells or {"syntax": None}).with_columns(subscribed_at=pl.lit(subscribed_at, INSTANT))


@cache
def _keyed(address: str) -> dict[str, Any]:
    keys = with_keys(pl.DataFrame({"address": [address]}))
    return keys.with_columns(mailbox=number("mailbox_key")).row(0, named=True)


def subscriber(address: str, **cells: Any) -> dict[str, Any]:
    """A row of a list, with the keys of its address."""
    return {"list": "letter", "row": 0, **_keyed(address), **cells}


def subscribers(*people: dict[str, Any]) -> pl.DataFrame:
    """A list of such rows, numbered where they are not, with a syntax that nothing speaks against."""
    numbered = [{**person, "row": person["row"] or number} for number, person in enumerate(people)]
    return rows(SUBSCRIBERS, *numbered).with_columns(
        syntax=pl.lit("valid"), syntax_message=pl.lit(None, pl.String), needs_smtputf8=pl.lit(False)
    )


def event(kind: str, address: str, occurred_at: str, **cells: Any) -> dict[str, Any]:
    """Something that happened to a message."""
    keys = {name: _keyed(address)[name] for name in ("address", "address_key", "mailbox_key")}
    return {"kind": kind, **keys, "occurred_at": occurred_at, "source": "events.csv", "line": 1, **cells}


def events(*happened: dict[str, Any]) -> pl.DataFrame:
    """EVENTS in the order given."""
    return rows(EVENTS, *happened) if happened else EVENTS.empty()


def lifts(*lifted: dict[str, Any]) -> pl.DataFrame:
    """LIFTS."""
    return rows(LIFTS, *lifted) if lifted else LIFTS.empty()


def meaning(happened: pl.DataFrame) -> pl.DataFrame:
    """EVENTS with what their bounces mean; the reason stands in `esp_type` of a built event."""
    is_bounce = pl.col("kind") == "bounced"
    return happened.with_columns(
        reason=pl.when(is_bounce).then(pl.col("esp_type")),
        permanence=pl.when(is_bounce).then(
            pl.when(pl.col("reply_code").str.starts_with("4")).then(pl.lit("transient")).otherwise(pl.lit("permanent"))
        ),
        burst=pl.lit(None, pl.String),
    )


def bounced(address: str, occurred_at: str, reason: str = "invalid_mailbox", **cells: Any) -> dict[str, Any]:
    """A bounce whose reason is known."""
    return event("bounced", address, occurred_at, **{"esp_type": reason, "reply_code": "550", **cells})

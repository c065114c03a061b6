"""Refusals and incidents with sensible cells; one keyword changes one cell."""

import datetime as dt
from typing import Any

import polars as pl

from hygiene.classify.bounces import with_bounce_meaning
from hygiene.model.tables import DNS_ANSWERS
from hygiene.sender.incidents import Incident
from hygiene.sender.records import NOTHING_KNOWN
from hygiene.sender.refusals import collected, refusals
from tests.builders import event, events

CS02 = "554 5.7.1 [CS02] Message rejected due to local policy."


def refused(
    day: str, people: int = 12, reply: str = CS02, domain: str = "icloud.com", **cells: Any
) -> list[dict[str, Any]]:
    """So many people of a domain who bounced on a day."""
    return [event("bounced", f"reader{n}@{domain}", day, diagnostic=reply, line=n, **cells) for n in range(people)]


def told(happened: list[dict[str, Any]], answers: pl.DataFrame | None = None) -> pl.DataFrame:
    """What refusals.py makes of events."""
    return refusals(_meant(happened), DNS_ANSWERS.empty() if answers is None else answers).collect()


def told_apart(happened: list[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same as narrow rows, and the replies by sense."""
    return collected(refusals(_meant(happened), DNS_ANSWERS.empty()))


def _meant(happened: list[dict[str, Any]]) -> pl.LazyFrame:
    return with_bounce_meaning(events(*happened).lazy())


def known(*rows: tuple[str, str, str, str, str], share: float | None = None) -> pl.DataFrame:
    """Incidents of earlier nights: id, provider, token, first and last day."""
    parsed = [(*row[:3], *(dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in row[3:])) for row in rows]
    return pl.DataFrame([(*row, share) for row in parsed], schema=NOTHING_KNOWN.schema, orient="row")


def incident(**cells: Any) -> Incident:
    """An incident of Apple on one day."""
    day = dt.datetime(2026, 6, 24, 6, tzinfo=dt.UTC)
    counts = {"messages": 400, "recipients": 400}
    base: dict[str, Any] = {
        "id": "apple-cs02-20260624", "mailbox_provider": "apple", "token": "CS02", "reason": "policy_block",
        "bounce_rule": "apple-bracket", "first_seen_at": day, "last_seen_at": day, "counted_since": day,
        "messages": 400, "recipients": 400, "share": 0.95, "days": [{"day": day.date(), **counts}],
        "sources": [{"sending_ip": "192.0.2.25", "stream": "weekly", **counts}],
        "replies": [{"reply": CS02, **counts}],
    }  # fmt: skip
    return Incident(**base | cells)

"""A system's present suppression list, page by page, as rows that `ledger import` takes."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import polars as pl
from polars import col

from hygiene.formats.api import Listing
from hygiene.formats.format import SuppressionReading
from hygiene.model.errors import InputError, PushError
from hygiene.push.client import Client, RefusedError
from hygiene.push.http import at, path_of

COLUMNS = ["address", "reason", "word", "suppressed_at"]


def pages(client: Client, listing: Listing, scope: str) -> Iterator[list[Any]]:
    """The rows of each page; raises InputError for a list that is not there, and PushError."""
    path, params = path_of(listing.path, {"scope": scope}), dict(listing.params)
    seen = set()
    for number in count():
        if listing.paging == "offset":
            params |= {"limit": str(listing.size), "offset": str(number * listing.size)}
        if (here := (path, *sorted(params.items()))) in seen:
            raise PushError("the pages of the list go in a circle.", client.base + path, "Has the API changed?")
        seen.add(here)
        answer = _asked(client, path, params)
        rows = at(answer, listing.items)
        if not isinstance(rows, list):
            raise PushError(f"the answer has no list {listing.items}.", client.base + path, "Has the API changed?")
        yield rows
        if not rows or (following := _next(listing, answer, len(rows), path, params)) is None:
            return
        path, params = following


def listed(rows: list[Any], listing: Listing, reading: SuppressionReading | None) -> pl.DataFrame:
    """Columns address, reason (a ReasonFamily), word (theirs) and suppressed_at of a page."""
    told = [_row(row, entry, listing) for row in rows for entry in _entries(row, listing)]
    frame = pl.DataFrame(told, schema=dict.fromkeys(("address", "word", "suppressed_at"), pl.String), orient="row")
    if listing.family is not None:
        reason = pl.lit(listing.family.value)
    else:
        words = {word: family.value for word, family in reading.reasons.items()} if reading else {}
        plain = col("word").str.to_lowercase().str.replace_all(r"[^a-z0-9]+", "_")
        reason = plain.replace_strict(words, default="unknown", return_dtype=pl.String).fill_null("unknown")
    return frame.with_columns(reason=reason).filter(col("address").str.contains("@", literal=True)).select(COLUMNS)


def _asked(client: Client, path: str, params: dict[str, str]) -> Any:
    try:
        return client.ask("GET", path, params=params)
    except RefusedError as error:
        raise InputError(f"the list cannot be read ({error.status}: {error.why}).", client.base + path) from error


def _next(
    listing: Listing, answer: Any, rows: int, path: str, params: dict[str, str]
) -> tuple[str, dict[str, str]] | None:
    """Path and parameters of the next page; None after the last."""
    match listing.paging:
        case "none":
            return None
        case "offset":
            return (path, params) if rows >= listing.size else None
        case "token":
            token = at(answer, listing.next)
            return (path, {**params, listing.next: str(token)}) if token else None
        case "link":
            return _linked(at(answer, listing.next))


def _linked(link: Any) -> tuple[str, dict[str, str]] | None:
    """Of the next address only path and parameters are used: the key goes nowhere else."""
    if isinstance(link, list):
        link = next((one.get("href") for one in link if isinstance(one, dict) and one.get("rel") == "next"), None)
    if not link:
        return None
    where = urlsplit(str(link))
    return where.path, dict(parse_qsl(where.query))


def _entries(row: Any, listing: Listing) -> list[Any]:
    if not listing.each:
        return [row]
    found = at(row, listing.each)
    return found if isinstance(found, list) else []


def _row(row: Any, entry: Any, listing: Listing) -> tuple[str | None, str | None, str | None]:
    address = at(row, listing.address)
    reason = at(entry, listing.reason) if listing.reason else None
    moment = at(entry, listing.at) if listing.at else None
    return _text(address), _text(reason), _text(moment)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)

"""When was a line of a log written? Times of day without year or zone, as instants.

A line is of the last year in which it is not later than the file itself; a log that runs over New Year is thereby read
right. How late the file is: the date in its name (`maillog-20260301`), else the time that gzip kept, else its own.
"""

import datetime as dt
import re
from pathlib import Path

import polars as pl

from hygiene.ingest.streams import first_bytes

GZIP = b"\x1f\x8b"
DATED = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])-?([0-3]\d)(?!\d)")
SLACK = dt.timedelta(days=1)
"""A server's local time may be that much ahead of the clock that dated the file."""
SYSLOG = "%Y %b %d %H:%M:%S"
ZONED = r"(?:Z|[+-]\d\d:?\d\d)$"


def written_at(path: Path) -> dt.datetime:
    """When the file was written to for the last time, as near as can be told."""
    named = DATED.search(path.name)
    if named:
        try:
            return dt.datetime(int(named[1]), int(named[2]), int(named[3]), 23, 59, 59, tzinfo=dt.UTC)
        except ValueError:
            pass  # such as 20260231
    kept = first_bytes(path)
    packed = int.from_bytes(kept[4:8], "little") if kept.startswith(GZIP) else 0
    return dt.datetime.fromtimestamp(packed or path.stat().st_mtime, dt.UTC)


def log_instant(at: pl.Expr, written: dt.datetime, zone: str) -> pl.Expr:
    """The UTC instant of `Mar  2 09:15:31`, `2026-03-02 09:15:31` or RFC 3339; null for what is none of them.

    `zone` is where the server's clock is, for times that do not say it.
    """
    joined = at.str.replace(r" ([+-]\d{4})$", "${1}")
    stated = (
        pl.when(joined.str.contains(ZONED))
        .then(joined)
        .str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    )
    whole = at.str.replace("T", " ", literal=True).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    latest = written + SLACK
    candidates = [_in_zone(_in_year(at, year), zone) for year in (latest.year, latest.year - 1)]
    by_year = [pl.when(each <= pl.lit(latest)).then(each) for each in candidates]
    return pl.coalesce(stated, _in_zone(whole, zone), *by_year)


def _in_year(at: pl.Expr, year: int) -> pl.Expr:
    dated = pl.format(f"{year} {{}}", at.str.replace("  ", " 0", literal=True))
    return dated.str.to_datetime(SYSLOG, time_unit="us", strict=False)


def _in_zone(local: pl.Expr, zone: str) -> pl.Expr:
    """The hour that the clock skips in spring is read as the one after it; of the hour it repeats, the first counts."""
    there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    after = (local + dt.timedelta(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(there, after).dt.convert_time_zone("UTC")

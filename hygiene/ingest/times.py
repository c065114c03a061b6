"""A time as a system writes it, as a UTC instant."""

import polars as pl

from hygiene.model.tables import INSTANT

MILLISECONDS_FROM = 100_000_000_000
"""A number of seconds that large is the year 5138, so it is milliseconds."""


def instant(text: pl.Expr, unit: str) -> pl.Expr:
    """The instant; null for what is none. An ISO 8601 time without a zone is taken as UTC, a date as its midnight."""
    if unit == "iso8601":
        return _iso(text)
    seconds = text.cast(pl.Float64, strict=False)
    if unit == "unix_ms":
        return _from_microseconds(seconds * 1_000)
    if unit == "unix_s":
        return _from_microseconds(seconds * 1_000_000)
    scale = pl.when(seconds >= MILLISECONDS_FROM).then(pl.lit(1_000.0)).otherwise(pl.lit(1_000_000.0))
    return pl.coalesce(_iso(text), _mail(text), _from_microseconds(seconds * scale))


def _mail(text: pl.Expr) -> pl.Expr:
    """A date as in a mail header (RFC 5322 section 3.3), with or without its day of the week."""
    plain = text.str.strip_chars().str.replace(r"^[A-Za-z]{3}, ?", "").str.replace(r" (GMT|UTC|UT|Z)$", " +0000")
    return plain.str.to_datetime("%d %b %Y %H:%M:%S %z", time_unit="us", time_zone="UTC", strict=False)


def _from_microseconds(number: pl.Expr) -> pl.Expr:
    # A number that is no time of mail (NaN, negative, far future) must not become one.
    is_sane = number.is_finite() & (number >= 0) & (number < 2.0**62)
    return pl.when(is_sane).then(number).round().cast(pl.Int64, strict=False).cast(INSTANT)


def _iso(text: pl.Expr) -> pl.Expr:
    plain = _parsed(text)
    # Only what is not plain RFC 3339 takes the second look.
    odd = pl.when(plain.is_null()).then(text).str.strip_chars()
    zoned = (
        odd.str.replace(r"^(\d{4}-\d\d-\d\d)$", "${1}T00:00:00Z")
        .str.replace(r"\s*UTC$", "Z")
        .str.replace(r"([T ]\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?$", "${1}:00${2}")
        .str.replace(r"(:\d\d)([.,]\d+)?$", "${1}${2}Z")
        .str.replace(r"([+-]\d\d)$", "${1}:00")
    )
    return pl.coalesce(plain, _parsed(zoned))


def _parsed(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)

"""A time as a system writes it, as a UTC instant."""

import polars as pl

from hygiene.model.tables import INSTANT

MILLISECONDS_FROM = 100_000_000_000
"""A number of seconds that large is the year 5138, so it is milliseconds."""
PLAIN = {
    "2026-06-01T09:15:31Z": "%Y-%m-%dT%H:%M:%SZ",
    "2026-06-01T09:15:31.120Z": "%Y-%m-%dT%H:%M:%S.%3fZ",
    "2026-06-01T09:15:31.120000Z": "%Y-%m-%dT%H:%M:%S.%6fZ",
}
"""The commonest forms of RFC 3339."""
US = ("%m/%d/%Y %I:%M:%S %p %z", "%m/%d/%Y %H:%M:%S %z", "%m/%d/%Y %I:%M %p %z", "%m/%d/%Y %H:%M %z")
RFC_5322 = ("%d %b %Y %H:%M:%S %z", "%d %b %Y %H:%M %z")


def instant(text: pl.Expr, unit: str, zone: str = "+00:00") -> pl.Expr:
    """The instant; null for what is none. A time without a zone is taken in `zone`, a date as its midnight."""
    if unit == "iso8601":
        return _iso(text, zone)
    seconds = text.cast(pl.Float64, strict=False)
    if unit == "unix_ms":
        return _from_microseconds(seconds * 1_000)
    if unit == "unix_s":
        return _from_microseconds(seconds * 1_000_000)
    scale = pl.when(seconds >= MILLISECONDS_FROM).then(pl.lit(1_000.0)).otherwise(pl.lit(1_000_000.0))
    plain = pl.coalesce(_iso(text, zone), _from_microseconds(seconds * scale))
    odd = pl.when(plain.is_null()).then(text)
    return pl.coalesce(plain, *_written(odd, zone, US if unit == "us" else ()))


def _from_microseconds(number: pl.Expr) -> pl.Expr:
    # A number that is no time of mail (NaN, negative, far future) must not become one.
    is_sane = number.is_finite() & (number >= 0) & (number < 2.0**62)
    return pl.when(is_sane).then(number).round().cast(pl.Int64, strict=False).cast(INSTANT)


def _iso(text: pl.Expr, zone: str) -> pl.Expr:
    return text.map_batches(lambda texts: _iso_of(texts, zone), return_dtype=INSTANT, is_elementwise=True)


def _iso_of(texts: pl.Series, zone: str) -> pl.Series:
    """What is written in no plain form takes a second look, which takes several times as long."""
    column, text = texts.alias("text").to_frame(), pl.col("text")
    plain = [pl.when(text.str.len_bytes() == len(one)).then(text).pipe(_in_form, form) for one, form in PLAIN.items()]
    read = column.select(pl.coalesce(plain)).to_series()
    odd = read.is_null() & texts.is_not_null()
    if not odd.any():
        return read
    return read.scatter(odd.arg_true(), column.filter(odd).select(_odd_iso(text, zone)).to_series())


def _in_form(text: pl.Expr, form: str) -> pl.Expr:
    return text.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")


def _odd_iso(text: pl.Expr, zone: str) -> pl.Expr:
    plain = pl.coalesce(_parsed(text), midnight(text)) if zone == "+00:00" else _parsed(text)
    # Only what is not RFC 3339 takes the third look.
    odd = pl.when(plain.is_null()).then(text).str.strip_chars()
    zoned = (
        odd.str.replace(r"^(\d{4}-\d\d-\d\d)$", "${1}T00:00:00")
        .str.replace(r"\s*(?:UTC|GMT)$", "Z")
        .str.replace(r"([T ]\d\d:\d\d)\s*(Z|[+-]\d\d:?\d\d)?$", "${1}:00${2}")
        .str.replace(r"(:\d\d)(?:[.,](\d{1,9})\d*)?\s*$", "${1}.${2}0" + zone)
        .str.replace(r"(:\d\d(?:\.\d{1,9})?)\d*\s*(Z|[+-]\d\d:?\d\d)$", "${1}${2}")
        .str.replace(r"([+-]\d\d)$", "${1}:00")
    )
    return pl.coalesce(plain, _parsed(zoned))


def midnight(text: pl.Expr) -> pl.Expr:
    """Midnight in UTC of `2026-06-01`."""
    return _in_form(pl.when(text.str.len_bytes() == len("2026-06-01")).then(text), "%Y-%m-%d")


def _parsed(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _written(text: pl.Expr, zone: str, more: tuple[str, ...]) -> list[pl.Expr]:
    """RFC 5322 section 3.3, and the forms of `more`; a comment or a name of a zone is not read."""
    bare = text.str.strip_chars().str.replace(r"\s*\([^)]*\)$", "").str.replace(r"^[A-Za-z]{3},\s*", "")
    timed = bare.str.replace(r"^(\d{1,2}/\d{1,2}/\d{4})$", "${1} 00:00")
    offset = timed.str.replace(r"\s*(?:UTC|GMT|Z)$", " +00:00").str.replace(r"\s*([+-]\d\d):?(\d\d)$", " ${1}:${2}")
    zoned = pl.when(offset.str.contains(r" [+-]\d\d:\d\d$")).then(offset).otherwise(offset + " " + pl.lit(zone))
    return [zoned.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False) for form in (*RFC_5322, *more)]

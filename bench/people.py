"""Who is on the generated list, and how their rows are written: the same for the same numbers, on any machine.

A person is a number. 60 % have a mailbox at ten providers, the others at companies, few of them large; 20 % never open.
"""

from collections.abc import Sequence

import polars as pl
from polars import col

PROVIDERS = [
    *["gmail.com"] * 7, *["yahoo.com"] * 3, *["outlook.com"] * 2, *["hotmail.com"] * 2,
    "icloud.com", "gmx.de", "web.de", "aol.com", "t-online.de", "orange.fr",
]  # fmt: skip
ENDINGS = ["com", "com", "com", "de", "fr", "org", "co.uk"]
FIRST = ["Ann", "Ben", "Zoë", "José", "Mia", "Paul", "Ida", "Karl", "Eva", "Tim", "Lena", "Omar", "Nina", "Jan", "Ute"]
LAST = ["Miller", "Weber", "Roe", "Okafor", "Novák", "Silva", "Martin", "Rossi", "Kaya", "Berg", "Lund", "Meyer"]
TOWNS = ["Berlin", "Paris", "Leeds, West Yorkshire", "Lyon", "Graz", "Austin, TX", "Turin", "Ghent"]
NOTES = [*[None] * 7, "met at the fair, hall 4", 'says "weekly is enough"']
ROLES = ["info", "office", "postmaster"]
IDN = [f"bücher{number}.example" for number in range(6)]
NAMES = [
    *(f"{first}.{last}" for first in ("ann", "ben", "zoe", "jose", "mia", "ute") for last in ("roe", "silva", "kaya")),
    *("paul", "ida", "karl", "eva", "tim", "lena", "omar"), *("lund_", "meyer_", "rossi_", "okafor_"),
]  # fmt: skip
"""Beginnings of local parts."""
MALFORMED = [
    "{}{}", "{}@@{}", "{} at {}", "{}..x@{}", "{}@_{}", "{}@.{}", "{}@-{}", "{}@{}..com", "{} jr@{}", "{}@{},com",
    "{}.@{}", "({}@{}",
]  # fmt: skip
GONE, FULL = 20, 22
"""Of a thousand people, those below `GONE` have left their mailbox, and those below `FULL` do not empty it."""


def mixed(number: pl.Expr, seed: int) -> pl.Expr:
    """Any number as one that looks random (splitmix64, Steele 2014); `Expr.hash` would change with polars."""
    text = number.cast(pl.UInt64) + _u64(0x9E3779B97F4A7C15) * _u64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        text = (text ^ (text // _u64(1 << shift))) * _u64(factor)
    return text ^ (text // _u64(1 << 31))


def picked(words: Sequence[str | None], number: pl.Expr) -> pl.Expr:
    """The word that stands for the number."""
    return pl.lit(pl.Series(words)).gather(number % len(words))


def companies(rows: int) -> int:
    """How many company domains a list of so many rows has: 300,000 for ten million."""
    return max(rows // 33, 50)


def company(number: pl.Expr) -> pl.Expr:
    """The domain of a company."""
    return pl.concat_str(pl.lit("company"), number, pl.lit("."), picked(ENDINGS, number), pl.lit(".example"))


def address(person: pl.Expr, rows: int) -> pl.Expr:
    """The person's address as an ESP would write it: a name with the person's number, at a provider or a company.

    Of 10,000, six have an IDN domain, two a name that is not ASCII, ten a role mailbox of a company, fifty a tag.
    """
    drawn = mixed(person, 2)
    part, more = drawn % 10_000, drawn // 10_000
    is_idn, is_foreign, is_role = part < 6, part.is_between(6, 7), part.is_between(8, 17)
    name = (
        pl.when(is_foreign).then(pl.lit("jörg.")).when(is_role).then(picked(ROLES, part)).otherwise(picked(NAMES, more))
    )
    number = pl.when(~is_role).then(person).cast(pl.String).fill_null("")
    tag = pl.when(part.is_between(18, 67)).then(pl.lit("+news")).otherwise(pl.lit(""))
    share = (more % 1_000_000).cast(pl.Float64) / 1_000_000
    # Squared, so that the first companies are the largest.
    of_company = (
        pl.when(is_role).then(person % companies(rows)).otherwise((share * share * companies(rows)).cast(pl.Int64))
    )
    domain = (
        pl.when(is_idn).then(picked(IDN, part))
        .when((more // 1_000_000 % 10 < 6) & ~is_role).then(picked(PROVIDERS, more))
        .otherwise(company(of_company))
    )  # fmt: skip
    return pl.concat_str(name, number, tag, pl.lit("@"), domain)


def kind_of_reader(person: pl.Expr) -> pl.Expr:
    """0 to 999: see GONE and FULL."""
    return mixed(person, 5) % 1000


def never_opens(person: pl.Expr) -> pl.Expr:
    """Whether nobody reads what is delivered there."""
    return mixed(person, 6) % 5 == 0


def subscribers(first: int, end: int, rows: int) -> pl.LazyFrame:
    """Rows `first` to `end` of a list, eight columns; one in twenty repeats a person of another row."""
    row, drawn = col("id"), mixed(col("id"), 7)
    person = pl.when(drawn % 20 == 0).then((mixed(row, 8) % rows).cast(pl.Int64)).otherwise(row)
    numbered = pl.select(pl.int_range(first, end, dtype=pl.Int64).alias("id")).lazy()
    named = numbered.with_columns(person=person).with_columns(address=address(col("person"), rows))
    return named.select(
        "id",
        email=_written(col("address"), mixed(row, 9)),
        first_name=picked(FIRST, mixed(col("person"), 3) // 10_000),
        last_name=picked(LAST, mixed(col("person"), 3) // 10_000),
        city=picked(TOWNS, drawn),
        postal_code=(drawn // 100 % 99_999).cast(pl.String).str.zfill(5),
        subscribed_at=(pl.date(2019, 1, 1) + pl.duration(days=(mixed(row, 10) % 2_700).cast(pl.Int64))).cast(pl.String),
        note=picked(NOTES, drawn // 7),
    )


def _written(address: pl.Expr, drawn: pl.Expr) -> pl.Expr:
    """As people type it: 1.56 % malformed, 5 % in other case, 1.7 % with spaces around."""
    halves = address.str.split_exact("@", 1).struct
    broken = [pl.format(form, halves.field("field_0"), halves.field("field_1")) for form in MALFORMED]
    chosen = pl.coalesce(pl.when(drawn // 1000 % len(broken) == n).then(form) for n, form in enumerate(broken))
    cased = (
        pl.when(drawn % 500 < 10).then(address.str.to_uppercase())
        .when(drawn % 500 < 25).then(address.str.to_titlecase())
        .otherwise(address)
    )  # fmt: skip
    spaced = pl.when(drawn // 500 % 1000 < 10).then(pl.format(" {}", cased)).when(drawn // 500 % 1000 < 17).then(
        pl.format("{}\t ", cased)).otherwise(cased)  # fmt: skip
    return pl.when(drawn // 500_000 % 10_000 < 156).then(chosen).otherwise(spaced)


def _u64(number: int) -> pl.Expr:
    return pl.lit(number % 2**64, pl.UInt64)

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
    return pl.format("company{}.{}.example", number, picked(ENDINGS, mixed(number, 1)))


def domain(person: pl.Expr, rows: int) -> pl.Expr:
    """Where the person has a mailbox; the first companies are the largest."""
    drawn = mixed(person, 2)
    share = (drawn // 100 % 1_000_000).cast(pl.Float64) / 1_000_000
    of_company = company((share * share * companies(rows)).cast(pl.Int64))
    return pl.when(drawn % 100 < 60).then(picked(PROVIDERS, drawn // 100)).otherwise(of_company)


def local_part(person: pl.Expr) -> pl.Expr:
    """A name with the person's number; few have a tag, or are not ASCII."""
    drawn = mixed(person, 3)
    first, last = (picked(words, drawn // 10_000).str.to_lowercase() for words in (FIRST, LAST))
    first, last = first.str.replace("ë", "e").str.replace("é", "e"), last.str.replace("á", "a")
    return (
        pl.when(drawn % 10_000 < 50).then(pl.format("{}{}+news", first, person))
        .when(drawn % 10_000 < 52).then(pl.format("jörg.{}", person))
        .when(drawn % 3 == 0).then(pl.format("{}.{}{}", first, last, person))
        .when(drawn % 3 == 1).then(pl.format("{}{}", first, person))
        .otherwise(pl.format("{}_{}", last, person))
    )  # fmt: skip


def address(person: pl.Expr, rows: int) -> pl.Expr:
    """The person's address as an ESP would write it; companies have role mailboxes and a few IDN domains."""
    drawn = mixed(person, 4) % 10_000
    role = picked(["info", "office", "postmaster"], drawn)
    whole = pl.format("{}@{}", local_part(person), domain(person, rows))
    return (
        pl.when(drawn < 6).then(pl.format("reader{}@bücher{}.example", person, drawn))
        .when(drawn < 16).then(pl.format("{}@{}", role, company(person % companies(rows))))
        .otherwise(whole)
    )  # fmt: skip


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

"""The two lists as their systems export them: a CSV with all the quirks of one, and a Parquet file."""

import csv
import datetime as dt
import io
from pathlib import Path

import polars as pl

from story.draw import between, one_of, share
from story.names import CITIES, note
from story.people import Person

HEADER = ["id", "email", "first_name", "last_name", "city", "postal_code", "subscribed_at", "confirmed", "note"]
UNREADABLE = (
    (0.11, b"90001,lena.wrongcut12001@web.de,Lena,Wrongcut,Dresden\n", "The line was cut short: 5 of 9 fields."),
    (0.34, b"90002,timo.toomany12002@gmx.de,Timo,Toomany,Boston, MA,02108,2024-02-11,yes,,\n", "A city with a comma and no quotes: 11 fields."),
    (0.58, b"90003,zoe.badbyte12003@orange.fr,Zo\xeb,Badbyte,Nice,06000,2023-09-30,yes,\n", "Holds an ë of Windows-1252, which is no UTF-8."),
    (0.83, b"90004,,Ghost,Withoutmail,Jena,07743,2022-05-17,no,no address on the card\n", ""),
    (0.91, b"90005,arne.shift12005@web.de,Arne,Shift\n", "The line was cut short: 4 of 9 fields."),
)  # fmt: skip
"""Where in the file (from 0 to 1), the bytes as they stand, and why the run rejects them (for cases.csv)."""
UPPER_CASE_AGAIN = 24
"""How many readers stand in the newsletter list a second time, in capitals."""


def newsletter(people: list[Person]) -> bytes:
    """The CSV; five lines of it cannot be read, and two dozen readers stand in it twice."""
    rows = [_csv_line(10_001 + number, person) for number, person in enumerate(_ordered(people, "newsletter"))]
    for where, raw, _ in UNREADABLE:
        rows.insert(int(where * len(rows)), raw)
    return b"".join([",".join(HEADER).encode() + b"\n", *rows, *_again(people, len(rows))])


def _ordered(people: list[Person], name: str) -> list[Person]:
    mine = [person for person in people if name in person.lists]
    return sorted(mine, key=lambda p: share("row", p.address) if p.position is None else p.position)


def _csv_line(number: int, person: Person) -> bytes:
    city, postal_code = one_of(CITIES, "city", person.address)
    confirmed = "yes" if person.is_confirmed else "no"
    cells = [
        number,
        person.address,
        person.first_name,
        person.last_name,
        city,
        postal_code,
        person.subscribed_on,
        confirmed,
    ]
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([*cells, note(person.address)])
    return line.getvalue().encode()


def _again(people: list[Person], rows: int) -> list[bytes]:
    """Readers who signed up a second time, in capitals; they stand at the end, so that the first row wins."""
    readers = [
        p for p in people if p.lists == ("newsletter",) and p.position is None and p.acts.get("2026-05-27") == ("open",)
    ]
    chosen = sorted(
        (p for p in readers if p.address.isascii() and not p.mailed_as), key=lambda p: share("again", p.address)
    )
    copies = (Person(p.address.upper(), first_name=p.first_name.upper(), last_name=p.last_name.upper()) for p in chosen)
    return [_csv_line(10_001 + rows + n, copy) for n, copy in zip(range(UPPER_CASE_AGAIN), copies, strict=False)]


def write_customers(people: list[Person], path: Path) -> None:
    """The Parquet file; its columns are typed, and one of them is a list."""
    mine = _ordered(people, "customers")
    keys = [person.address for person in mine]
    orders = [between(0, 40, "orders", key) for key in keys]
    last = [
        dt.date(2026, 6, 20) - dt.timedelta(days=between(0, 700, "ordered", key)) if n else None
        for key, n in zip(keys, orders, strict=True)
    ]
    pl.DataFrame(
        {
            "customer_no": pl.Series([700_001 + n for n in range(len(mine))], dtype=pl.Int64),
            "customer_email": keys,
            "name": [f"{person.first_name} {person.last_name}" for person in mine],
            "country": [one_of(("DE", "US", "FR", "PL", "NL", "ES", None), "country", key) for key in keys],
            "customer_since": [dt.date.fromisoformat(person.subscribed_on) for person in mine],
            "orders": pl.Series(orders, dtype=pl.UInt16),
            "revenue": [round(n * 37.5 * share("revenue", key), 2) for key, n in zip(keys, orders, strict=True)],
            "last_order_on": pl.Series(last, dtype=pl.Date),
            "tags": [[tag for tag in ("bulbs", "tools", "seeds") if share(tag, key) < 0.3] for key in keys],
        }
    ).write_parquet(path, compression="zstd", compression_level=9, statistics=False)

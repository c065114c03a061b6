"""A job of any size, the same for the same size: a list, the events of a year, what the DNS said, and a second night.

python -m bench generate [SIZE] [FOLDER] [--events=parquet|ndjson|csv]

The second night has 2 % new events and 0.5 % new rows. All domains but one in two hundred are in the memory of DNS
answers, and the others in a snapshot, so that no network is needed.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import polars as pl
from polars import col

from bench import happenings, people
from bench.happenings import AS_OF, NIGHT, bounces, last_night, mailings, objections
from bench.people import PROVIDERS, companies, company, mixed, subscribers
from bench.sizes import DATA, SIZES, Size, refuse_without_space, size_named, taken
from hygiene.lookup.memory import DnsMemory
from hygiene.model.tables import DNS_ANSWERS, INSTANT
from tests.classify.replies import CASES

CHUNK = 1_000_000
"""Rows or events written at a time, so that memory does not grow with the size."""
MADE = "made.txt"
"""Written last: where it is, all else is there."""
FORMS = ("parquet", "ndjson", "csv")
BAD = ["nxdomain", "nxdomain", "nxdomain", "null_mx", "no_data", "no_data", "unroutable", "temperror", "implicit_mx"]
"""What the DNS says of one company domain in ten."""


def generate(folder: Path, size: Size, form: str = "parquet") -> Path:
    """Writes the job below `folder`, unless it is there whole; gives the path of the first night's job file."""
    job = folder / "first.toml"
    if is_there(folder, size, form):
        return job
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("events", "events-second", "memory"):
        (folder / name).mkdir(parents=True)
    _lists(folder, size.rows)
    _events(folder, size, form)
    _answers(folder, size.rows)
    _job(folder / "second.toml", "list-second.csv", ["events/*", "events-second/*"], AS_OF + NIGHT)
    _job(job, "list.csv", ["events/*"], AS_OF)
    (folder / MADE).write_text(_made(size, form))
    return job


def is_there(folder: Path, size: Size, form: str = "parquet") -> bool:
    """Whether the folder holds this size, whole and made by this generator."""
    return (folder / MADE).exists() and (folder / MADE).read_text() == _made(size, form)


def _made(size: Size, form: str) -> str:
    """What the data depends on: size, form, and the generator with the wordings it draws from."""
    sources = [Path(__file__), Path(people.__file__), Path(happenings.__file__), *sorted(CASES.glob("bounce_*.csv"))]
    return f"{size}, {form}, {sha256(b''.join(source.read_bytes() for source in sources)).hexdigest()}\n"


def _lists(folder: Path, rows: int) -> None:
    more = rows + rows // 200
    first, second = folder / "list.csv", folder / "list-second.csv"
    with first.open("wb") as file:
        for start, end in _chunks(0, rows):
            subscribers(start, end, rows).sink_csv(file, include_header=start == 0)
    shutil.copyfile(first, second)
    with second.open("ab") as file:
        subscribers(rows, more, rows).sink_csv(file, include_header=False)


def _events(folder: Path, size: Size, form: str) -> None:
    """Files of two million events or less, as an ESP's exports are."""
    for number, (start, end) in enumerate(_chunks(0, size.events, 2 * CHUNK)):
        _sink(mailings(start, end, size.rows), folder / f"events/mailings-{number:03}", form)
    _sink(bounces(size.rows), folder / "events/bounces", form)
    _sink(objections(size.rows), folder / "events/objections", form)
    for number, (start, end) in enumerate(_chunks(0, size.events // 50, 2 * CHUNK)):
        _sink(last_night(start, end, size.rows), folder / f"events-second/mailings-{number:03}", form)


def _sink(events: pl.LazyFrame, path: Path, form: str) -> None:
    named = path.with_suffix(f".{form}")
    as_text = events.with_columns(col("occurred_at").dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ"))
    match form:
        case "parquet":
            events.sink_parquet(named)
        case "ndjson":
            as_text.sink_ndjson(named)
        case _:
            as_text.sink_csv(named)


def _answers(folder: Path, rows: int) -> None:
    """DNS_ANSWERS of the domains, in a state folder to begin from and as one file; the rest as a snapshot."""
    domains = _domains(rows)
    DnsMemory(str(folder / "memory")).save(known := _remembered(domains.filter(~col("is_new"))), "bench")
    known.write_parquet(folder / "answers.parquet")
    entry = {"mx": [[10, "mx.example."]], "targets": {"mx.example.": ["192.0.3.1"]}}
    names = domains.filter("is_new")["domain"]
    (folder / "dns.json").write_text(json.dumps(dict.fromkeys(names, entry), indent=0))


def _domains(rows: int) -> pl.DataFrame:
    number = pl.int_range(companies(rows), dtype=pl.Int64)
    drawn = mixed(col("number"), 30)
    small = pl.select(number.alias("number")).select(
        domain=company(col("number")),
        mx_status=pl.when(drawn % 10 == 0)
        .then(pl.lit(pl.Series(BAD)).gather(drawn // 10 % len(BAD)))
        .otherwise(pl.lit("mx")),
        is_new=drawn // 100 % 200 == 0,
    )
    large = pl.DataFrame({"domain": list(dict.fromkeys(PROVIDERS)), "mx_status": "mx", "is_new": False})
    return pl.concat([large, small])


def _remembered(domains: pl.DataFrame) -> pl.DataFrame:
    """DNS_ANSWERS, each seen three times over thirty days, and not due for sixty."""
    targets = pl.when(col("mx_status") == "mx").then(pl.format("10 mx.{}.", "domain"))
    seen = pl.lit(AS_OF).cast(INSTANT)
    return DNS_ANSWERS.fill(
        domains.select(
            "domain", "mx_status", targets=targets, ttl=pl.lit(3600, pl.UInt32), resolver=pl.lit("bench"),
            observations=pl.lit(3, pl.UInt32), observed_at=seen - pl.duration(days=1),
            first_observed_at=seen - pl.duration(days=31), next_check_at=seen + pl.duration(days=60),
            last_good_at=pl.when(col("mx_status").is_in(["mx", "implicit_mx"])).then(seen - pl.duration(days=1)),
        )
    )  # fmt: skip


def _job(path: Path, subscribers: str, events: list[str], as_of: object) -> None:
    """The brake is loose, as a list that nobody cleaned before has many to suppress."""
    brake = "brake_first_share = 1.0\nbrake_list_share = 1.0\nbrake_provider_share = 1.0\nbrake_usual_times = 1000.0\n"
    histories = "".join(f'[[events]]\npath = "{glob}"\nformat = "generic"\n' for glob in events)
    path.write_text(
        f'as_of = "{as_of}"\nstate = "state"\nout = "out"\n[policy]\n{brake}'
        f'[[lists]]\nname = "list"\npath = "{subscribers}"\nsubscribed_at_column = "subscribed_at"\n'
        f'{histories}[dns]\nmode = "snapshot"\nsnapshot = "dns.json"\n[publish]\nexports = ["csv"]\n'
    )


def _chunks(first: int, end: int, length: int = CHUNK) -> Iterator[tuple[int, int]]:
    yield from ((start, min(start + length, end)) for start in range(first, end, length))


def main(arguments: list[str]) -> None:
    """Generates and says where and how large."""
    forms = [text.removeprefix("--events=") for text in arguments if text.startswith("--events=")]
    size, *where = [text for text in arguments if not text.startswith("--")] or ["3min"]
    folder = Path(where[0]) if where else DATA / size
    if size not in SIZES or not set(forms) <= set(FORMS):
        sys.exit(__doc__)
    if not is_there(folder, size_named(size), *forms):
        refuse_without_space(folder, size_named(size))
    began = time.perf_counter()
    generate(folder, size_named(size), *forms)
    print(f"{folder}: {size_named(size)}, {taken(folder) / 2**20:,.0f} MiB, {time.perf_counter() - began:.0f} s")

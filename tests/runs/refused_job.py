"""A job whose mail was refused: small files, no DNS, everything in one folder."""

import csv
import datetime as dt
from pathlib import Path

from hygiene.config import LoadedJob, load_job

DAY = "2026-06-24"
NEXT_NIGHT = dt.datetime(2026, 6, 25, 3, tzinfo=dt.UTC)
BAD_DAY = list(csv.DictReader((Path(__file__).parents[1] / "cases/bad_day.csv").read_text("utf-8").splitlines()))
Event = dict[str, str]


def event(kind: str, address: str, day: str, **cells: str) -> Event:
    """A line of the event file."""
    at = day if "T" in day else f"{day}T06:00:00"
    return {"occurred_at": f"{at}Z", "address": address, "kind": kind, **cells}


def bad_day(people: int) -> list[Event]:
    """So many people, each refused with one of the replies of the table; addresses and ids differ."""
    found = []
    for number in range(people):
        case = BAD_DAY[number % len(BAD_DAY)]
        address = f"reader{number}@{case['domain'].format(n=number % 100)}"
        reply = case["reply"].format(id=f"a{number}-20020a05{number}qab")
        found.append(event("bounced", address, DAY, diagnostic=reply, sending_ip="192.0.2.25", stream="weekly"))
    return found


def write_events(folder: Path, name: str, events: list[Event]) -> None:
    """One event file."""
    columns = ["occurred_at", "address", "kind", "diagnostic", "sending_ip", "stream"]
    with (folder / f"events-{name}.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, columns)
        lines.writeheader()
        lines.writerows(events)


def job(folder: Path, addresses: list[str], events: list[Event], more: str = "") -> Path:
    """The job file, with its list and its events; `more` is TOML at its end."""
    (folder / "list.csv").write_text("email\n" + "".join(f"{address}\n" for address in dict.fromkeys(addresses)))
    write_events(folder, "first", events)
    file = folder / "job.toml"
    file.write_text(
        '[[lists]]\nname = "list"\npath = "list.csv"\n[[events]]\npath = "events-*.csv"\nformat = "generic"\n'
        '[dns]\nmode = "off"\n[sender]\ndomains = ["news.example.org"]\nips = ["192.0.2.25"]\nshared_ip = false\n'
        + more
    )
    return file


def loaded(folder: Path, addresses: list[str], events: list[Event], more: str = "") -> LoadedJob:
    """The same, checked."""
    return load_job(job(folder, addresses, events, more))

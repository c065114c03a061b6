"""Writes the sample data: the same bytes every time. `python sample_data/make.py [FOLDER]`."""

import csv
import io
import sys
from pathlib import Path

from story.case import Case
from story.cases_kept import aliases, kept
from story.cases_stopped import stopped
from story.crowd import crowd
from story.dns import snapshot
from story.files import write
from story.house import write_house
from story.lists import UNREADABLE, newsletter, write_customers
from story.people import Person, happenings
from story.sendgrid import write_sendgrid
from story.ses import write_ses
from story.suppressed import by_hand, by_verifier, known_to_esp

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    """All files of the sample, written into the folder."""
    cases = [*kept(), *stopped()]
    people = [*(case.person for case in cases), *crowd()]
    check(cases, people)
    write(folder / "newsletter.csv", newsletter(people))
    write_customers(people, folder / "customers.parquet")
    told = sorted(
        (h for person in [*people, *aliases()] for h in happenings(person)), key=lambda h: (h.at, h.recipient, h.kind)
    )
    write_house(told, folder / "events")
    write_ses(told, folder / "events" / "ses")
    write_sendgrid(told, folder / "events" / "sendgrid")
    write(folder / "events" / "neverbounce.csv", by_verifier())
    write(folder / "esp-suppressions.csv", known_to_esp(people))
    write(folder / "suppressed-by-hand.csv", by_hand())
    write(folder / "dns.ndjson", snapshot(people))
    write(folder / "cases.csv", table(cases))


def check(cases: list[Case], people: list[Person]) -> None:
    """That the story holds together: nobody twice, and no act on a day without mail."""
    addresses = [person.address for person in people]
    if twice := {address for address in addresses if addresses.count(address) > 1}:
        raise SystemExit(f"written twice: {sorted(twice)}")
    for person in (case.person for case in cases):
        days = {mailing.day for mailing in person.mailings()}
        if strange := (set(person.acts) | set(person.outcomes)) - days:
            raise SystemExit(f"{person.address}: something happens on days without mail {sorted(strange)}")


def table(cases: list[Case]) -> bytes:
    """cases.csv: one line for each row of a list that is held to a verdict."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["list", "address", "why", "verdict", "rule", "repaired"])
    for case in cases:
        for name in case.person.lists:
            rows.writerow([name, case.person.address, case.why, case.verdict, case.rule, case.repaired])
    for _, raw, why in UNREADABLE:
        if why:
            rows.writerow(["newsletter", raw.split(b",")[1].decode(), why, "reject", "", ""])
    return text.getvalue().encode()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

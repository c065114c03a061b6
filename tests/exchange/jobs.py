"""A small job whose ledger tests fill by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

from hygiene import by_person
from hygiene.config import LoadedJob, SuppressionSource, load_job
from hygiene.exchange.export import Made, export
from hygiene.exchange.rows import Wanted
from hygiene.store import Store
from tests.builders import AS_OF
from tests.ledger.entries import entries, entry

ANN, BOB, CY, DEE = "ann@example.org", "bob@example.org", "cy@example.org", "dee@example.org"
LATER = AS_OF + dt.timedelta(days=1)


def job(folder: Path, more: str = "") -> LoadedJob:
    (folder / "letter.csv").write_text("email\nann@example.org\n")
    (folder / "job.toml").write_text('[[lists]]\nname = "letter"\npath = "letter.csv"\n[dns]\nmode = "off"\n' + more)
    return load_job(folder / "job.toml")


def store(loaded: LoadedJob) -> Store:
    return Store(loaded.state, {})


def enter(loaded: LoadedJob, *told: tuple[str, str], action: str = "suppress", **cells: Any) -> None:
    """Entries of runs: (address, rule), in the scope of the mailbox."""
    number = store(loaded).ledger.head().seq
    ledger = store(loaded).ledger
    ledger.append(entries(*(entry(address, rule, action, **cells) for address, rule in told)), f"test:{number}")


def lift(loaded: LoadedJob, *addresses: str, rule: str = "*", as_of: dt.datetime = LATER) -> None:
    by_person.lift(loaded, addresses, rule, ("tester", "asked"), as_of)


def list_of(loaded: LoadedJob, name: str, text: str, form: str = "csv") -> SuppressionSource:
    """A suppression list of another system."""
    path = loaded.base / name
    path.write_text(text)
    return SuppressionSource(path=str(path), format=form, name=form)


def exported(
    loaded: LoadedJob, system: str = "csv", *, confirm: bool = False, as_of: dt.datetime = LATER, **how: Any
) -> Made:
    made = export(loaded, Wanted(system, **how), as_of)
    if confirm:
        store(loaded).exports.confirm(made.export.export_id, "tester")
    return made


def rows(made: Made, action: str) -> list[str]:
    """Lines of all files of additions or of removals, without headers of the plain form."""
    files = [made.folder / one["file"] for one in made.manifest["files"] if one["action"] == action]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return [line for line in lines if not line.startswith("address,")]


def added(made: Made) -> set[str]:
    return {line.split(",")[0] for line in rows(made, "add")}


def removed(made: Made) -> set[str]:
    return {line.split(",")[0] for line in rows(made, "remove")}

"""The script that a user would write today: pandas, email-validator row by row, sets and dicts.

`python pandas_script.py DATA OUT`. Leaves out what duckdb_job.py leaves out, and says the same of every row.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from email_validator import EmailNotValidError, validate_email

AS_OF = pd.Timestamp("2026-07-01", tz="UTC")
TECHNICAL = {
    "abuse", "noc", "security", "ftp", "hostmaster", "news", "postmaster", "usenet", "uucp", "webmaster", "www",
}  # fmt: skip
WINDOWS = ((2, 30), (10, 60), (20, 90), (45, 180))
"""Mean days between deliveries, and the days without engagement that are too many."""


def days(number: float) -> pd.Timedelta:
    """So many days."""
    return pd.Timedelta(days=number)


def syntax(address: str) -> str:
    """`valid`, `smtputf8` or `invalid`."""
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return "invalid"
    return "smtputf8" if found.smtputf8 else "valid"


class Past:
    """Everything that happened, by address."""

    def __init__(self, events: pd.DataFrame) -> None:
        human = events[events.kind.isin(["opened", "clicked"]) & (events.is_machine != True)]  # noqa: E712
        delivered = events[events.kind == "delivered"]
        self.complained = set(events[events.kind == "complained"].address)
        self.unsubscribed = _last(events[events.kind == "unsubscribed"])
        self.returned = _last(events[events.kind == "resubscribed"])
        self.human = _last(human)
        self.clicked = _last(human[human.kind == "clicked"])
        self.machine = _last(events[(events.kind == "opened") & (events.is_machine == True)])  # noqa: E712
        self.delivered_last = _last(delivered)
        self.delivered_first = delivered.groupby("address").occurred_at.min().to_dict()
        self._count_days(delivered)
        self._count_bounces(events[events.kind == "bounced"])

    def _count_days(self, delivered: pd.DataFrame) -> None:
        day = delivered.occurred_at.dt.floor("D").rename("day")
        daily = delivered.groupby([delivered.address, day]).occurred_at.max().reset_index()
        self.deliveries = daily.groupby("address").size().to_dict()
        since = daily.address.map(self.since)
        self.unengaged = daily[~(daily.occurred_at <= since)].groupby("address").size().to_dict()

    def _count_bounces(self, bounced: pd.DataFrame) -> None:
        fresh = bounced[~(bounced.occurred_at <= bounced.address.map(self.delivered_last))]
        soft = fresh[(fresh.esp_verdict == "soft") & ~(fresh.occurred_at <= fresh.address.map(self.human))]
        self.hard = _streaks(fresh[fresh.esp_verdict == "hard"])
        self.soft = _streaks(soft)

    def since(self, address: str) -> Any:
        """The last sign of a person."""
        return _newest(self.human.get(address), self.returned.get(address))


def _last(events: pd.DataFrame) -> dict[str, pd.Timestamp]:
    return dict(events.groupby("address").occurred_at.max())


def _streaks(bounces: pd.DataFrame) -> dict[str, tuple[int, pd.Timestamp, pd.Timestamp]]:
    """Number of days, first and last of them."""
    grouped = bounces.assign(day=bounces.occurred_at.dt.floor("D")).groupby("address")
    told = grouped.agg(n=("day", "nunique"), first=("occurred_at", "min"), last=("occurred_at", "max"))
    return {row.Index: (row.n, row.first, row.last) for row in told.itertuples()}


def _newest(*instants: Any) -> Any:
    return max((instant for instant in instants if instant is not None and instant is not pd.NaT), default=None)


def by_bounces(address: str, past: Past) -> tuple[str | None, bool]:
    """Whether it suppresses, and whether the address is held."""
    if address not in past.hard:
        return None, False
    number, first, last = past.hard[address]
    human = past.human.get(address)
    reads = human is not None and human >= first - days(90)
    enough = number >= 2 and last - first >= days(3)
    return ("hard_bounce", False) if enough or not reads else (None, True)


def by_domain(answer: dict[str, Any] | None) -> tuple[str | None, bool]:
    """The same for what the DNS said."""
    if answer is None:
        return None, False
    seen, span = answer["observations"], answer["observed_at"] - answer["first_observed_at"]
    match answer["mx_status"]:
        case "null_mx" | "unroutable":
            return "dead_domain", False
        case "nxdomain" if seen >= 2 and span >= days(2):
            return "dead_domain", False
        case "no_data" if seen >= 3 and span >= days(7):
            return "dead_domain", False
        case "temperror":
            return None, answer["last_good_at"] is pd.NaT
    return None, False


def is_idle(address: str, subscribed: Any, past: Past) -> bool:
    """Long and often unanswered."""
    first, delivered = past.delivered_first.get(address), past.deliveries.get(address, 0)
    tenure = min(instant for instant in (first or AS_OF, subscribed) if instant is not pd.NaT)
    if past.unengaged.get(address, 0) < 6 or tenure >= AS_OF - days(180):
        return False
    cadence = (past.delivered_last[address] - first) / days(1) / (delivered - 1)
    window = days(next((limit for most, limit in WINDOWS if cadence <= most), 274))
    machine = past.machine.get(address)
    shielded = machine is not None and AS_OF - machine <= window
    return AS_OF - _newest(past.since(address), first, subscribed) > window and not shielded


def is_technical(address: str, past: Past) -> bool:
    """Whether a machine has the mailbox, and nobody clicks."""
    name = address.partition("@")[0].partition("+")[0]
    clicked = past.clicked.get(address)
    return name in TECHNICAL and not (clicked is not None and clicked >= AS_OF - days(180))


def reason(address: str, subscribed: Any, past: Past, answers: dict[str, Any]) -> str:
    """The first reason that applies."""
    if address in past.complained:
        return "complaint"
    left, returned = past.unsubscribed.get(address), past.returned.get(address)
    if left is not None and not (returned is not None and returned > left):
        return "unsubscribe"
    bounced, held = by_bounces(address, past)
    dead, unknown = by_domain(answers.get(address.rpartition("@")[2]))
    form = syntax(address)
    soft = past.soft.get(address)
    reasons = {
        bounced: True,
        dead: True,
        "invalid": form == "invalid",
        "role": is_technical(address, past),
        "soft_bounce": soft is not None and soft[0] >= 3 and soft[2] - soft[1] >= days(14),
        "unengaged": is_idle(address, subscribed, past),
        "hold": held or unknown or form == "smtputf8",
    }
    return next((name for name, applies in reasons.items() if name and applies), "kept")


def main(data: Path, out: Path) -> None:
    """Writes clean.csv, suppressed.csv and audit.parquet; prints the number of rows by reason."""
    out.mkdir(parents=True, exist_ok=True)
    rows = pd.read_csv(data / "list.csv", dtype=str, keep_default_na=False)
    events = pd.concat([pd.read_parquet(file) for file in sorted((data / "events").glob("*.parquet"))])
    events["address"] = events.address.str.lower()
    past = Past(events[events.occurred_at <= AS_OF])
    answers = pd.read_parquet(data / "answers.parquet").set_index("domain").to_dict("index")
    address = rows.email.str.strip().str.lower()
    subscribed = pd.to_datetime(rows.subscribed_at, utc=True).groupby(address).transform("max")
    seen: set[str] = set()
    reasons = []
    for one, since in zip(address, subscribed, strict=True):
        found = reason(one, since, past, answers)
        if found in ("kept", "hold") and one in seen:
            found = "duplicate"
        seen.add(one)
        reasons.append(found)
    rows["reason"] = reasons
    is_kept = rows.reason == "kept"
    rows[is_kept].drop(columns="reason").to_csv(out / "clean.csv", index=False)
    rows[~is_kept].to_csv(out / "suppressed.csv", index=False)
    audit = pd.DataFrame({"row": rows.index, "address": address, "reason": rows.reason})[~is_kept]
    audit.to_parquet(out / "audit.parquet")
    print(json.dumps(rows.reason.value_counts().to_dict()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

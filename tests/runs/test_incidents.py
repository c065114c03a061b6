"""Days on which the sender is refused, from the event file to summary, gate, letter and rollback."""

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest

from hygiene import by_person, flow
from hygiene.campaign.check import Checked, check
from hygiene.config import LoadedJob, load_job
from hygiene.incidents import close, find, packet_of, watched_now
from hygiene.model.errors import InputError
from hygiene.sender.packet import NO_COMPANY
from hygiene.stages import Stages
from hygiene.store import Store
from tests.conftest import hygiene
from tests.runs.refused_job import BAD_DAY, DAY, NEXT_NIGHT, bad_day, event, job, loaded, write_events

CS02 = BAD_DAY[1]["reply"]
TOLD = ("ann", "Apple lifted the block")
LATER = dt.timedelta(days=1)


def store_of(told: LoadedJob) -> Store:
    return Store(told.state, told.job.storage_options)


def checked(told: LoadedJob, as_of: dt.datetime) -> Checked:
    with TemporaryDirectory() as work:
        return check(told, told.job.lists[0], as_of, Path(work), Stages())


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadedJob, dict[str, Any]]:
    """10,000 recipients refused on one day, and what the night after found."""
    events = bad_day(10_000)
    told = loaded(tmp_path_factory.mktemp("bad day"), [row["address"] for row in events], events)
    return told, flow.run(told, NEXT_NIGHT).summary


def test_a_bad_day_suppresses_holds_and_flags_nobody(replayed: tuple[LoadedJob, dict[str, Any]]) -> None:
    told, summary = replayed
    (counts,) = summary["lists"]
    assert (counts["rows"], counts["keep"]) == (10_000, 10_000)
    assert store_of(told).ledger.head().seq == 0
    assert {one["suppressed_for_it"] for one in summary["incidents"]} == {0}


def test_a_bad_day_is_one_incident_per_provider_and_sign(replayed: tuple[LoadedJob, dict[str, Any]]) -> None:
    _, summary = replayed
    found = {one["id"]: one["recipients"] for one in summary["incidents"]}
    assert sorted(found) == sorted(case["id"] for case in BAD_DAY)
    assert sum(found.values()) == 10_000


@pytest.mark.parametrize("case", BAD_DAY, ids=lambda case: str(case["id"]))
def test_every_letter_needs_no_editing_but_the_companys_name(
    case: dict[str, str], replayed: tuple[LoadedJob, dict[str, Any]], tmp_path: Path
) -> None:
    packet = packet_of(replayed[0], case["id"], NEXT_NIGHT, tmp_path)
    told = packet.items
    assert told["IP addresses"] == ["192.0.2.25"]
    assert told.get("Email domain", ["news.example.org"]) == ["news.example.org"]
    assert told.get("Company", [NO_COMPANY]) == [NO_COMPANY]
    assert any(case["reply"].partition("{id}")[0].strip() in line for line in told["SMTP errors"])
    assert "It began on 2026-06-24 at 06:00 UTC" in told["Description"][0]
    assert "@" not in "\n".join(line for heading, lines in told.items() for line in lines if heading != "Company")


def test_no_address_is_in_the_summary(replayed: tuple[LoadedJob, dict[str, Any]]) -> None:
    assert "reader1@" not in json.dumps(replayed[1])
    assert "@" not in json.dumps(replayed[1]["incidents"])


def test_a_campaign_is_not_sent_into_an_open_incident(replayed: tuple[LoadedJob, dict[str, Any]]) -> None:
    found = checked(replayed[0], NEXT_NIGHT)
    assert found.answer == "do not send"
    assert any("apple refused the sender, last on 2026-06-24 (CS02" in reason for reason in found.reasons)


def mailed_before(people: int, domain: str = "icloud.com") -> list[dict[str, str]]:
    """Weekly mail that arrived in the month before."""
    days = ("2026-05-27", "2026-06-03", "2026-06-10", "2026-06-17")
    return [event("delivered", f"reader{n}@{domain}", day) for n in range(people) for day in days]


def refused(people: int, day: str = DAY, reply: str = CS02) -> list[dict[str, str]]:
    return [event("bounced", f"reader{n}@icloud.com", day, diagnostic=reply) for n in range(people)]


def apple(folder: Path, people: int = 20, more: str = "") -> LoadedJob:
    """A job of Apple's readers, all refused on the bad day, after its first night."""
    told = loaded(
        folder, [f"reader{n}@icloud.com" for n in range(people)], mailed_before(people) + refused(people), more
    )
    flow.run(told, NEXT_NIGHT)
    return told


def test_an_incident_keeps_its_name_on_the_next_night_and_goes_on(tmp_path: Path) -> None:
    told = apple(tmp_path)
    write_events(tmp_path, "next", refused(20, "2026-06-25"))
    (one,) = flow.run(told, NEXT_NIGHT + LATER).summary["incidents"]
    assert (one["id"], one["messages"], one["last_seen_at"][:10]) == ("apple-cs02-20260624", 40, "2026-06-25")


def test_a_closed_incident_leaves_head_and_gate_and_opens_again_by_new_replies(tmp_path: Path) -> None:
    told = apple(tmp_path)
    close(told, "apple-cs02-20260624", TOLD, NEXT_NIGHT)
    assert not any("apple" in reason for reason in checked(told, NEXT_NIGHT).reasons)
    quiet = flow.run(told, NEXT_NIGHT + LATER)
    assert quiet.summary["incidents"][0]["state"] == "closed"
    assert quiet.folder
    assert "apple-cs02" not in (quiet.folder / "summary.txt").read_text("utf-8")
    write_events(tmp_path, "again", refused(3, "2026-06-26"))
    loud = flow.run(told, NEXT_NIGHT + 2 * LATER)
    assert loud.folder
    assert "apple-cs02-20260624 again, after it was closed" in (loud.folder / "summary.txt").read_text("utf-8")
    assert any("apple refused" in reason for reason in checked(told, NEXT_NIGHT + 2 * LATER).reasons)


def test_an_incident_is_closed_once_and_by_its_name(tmp_path: Path) -> None:
    told = apple(tmp_path)
    close(told, "apple-cs02-20260624", TOLD, NEXT_NIGHT)
    with pytest.raises(InputError, match="is closed"):
        close(told, "apple-cs02-20260624", TOLD, NEXT_NIGHT)
    with pytest.raises(InputError, match=r"Did you mean apple-cs02-20260624\?"):
        close(told, "apple-cs02-20260623", TOLD, NEXT_NIGHT)


def test_an_incident_of_last_year_can_still_be_shown(tmp_path: Path) -> None:
    told = apple(tmp_path)
    after = NEXT_NIGHT + dt.timedelta(days=300)
    assert watched_now(told, store_of(told), after).incidents == []
    found, _ = find(told, store_of(told), "apple-cs02-20260624", after)
    assert (found.recipients, found.messages) == (20, 20)


def test_a_plan_keeps_no_names(tmp_path: Path) -> None:
    told = loaded(tmp_path, ["reader1@icloud.com"], refused(20))
    assert len(flow.plan(told, NEXT_NIGHT).summary["incidents"]) == 1
    assert not (tmp_path / "state").exists()


OLD_TOOL = """
[[suppressions]]
path = "old-tool.csv"
name = "old tool"
[policy]
brake_first_share = 1.0
"""


def with_old_tool(folder: Path) -> LoadedJob:
    """Half of the refused stand in an older tool's list, for that refusal; one for a complaint, one is gone."""
    lines = [f'reader{n}@icloud.com,"{CS02}",2026-06-24T08:00:00Z' for n in range(10)]
    lines += ["reader10@icloud.com,complaint,2026-06-24T08:00:00Z", "reader11@icloud.com,bounce,2026-06-24T08:00:00Z"]
    lines += [
        "reader12@icloud.com,bounce,2026-01-01T08:00:00Z",
        "reader13@icloud.com,unsubscribed,2026-06-24T08:00:00Z",
    ]
    (folder / "old-tool.csv").write_text("email,reason,date\n" + "\n".join(lines) + "\n")
    return apple(folder, more=OLD_TOOL)


def suppressed(told: LoadedJob, as_of: dt.datetime) -> int:
    return int(flow.run(told, as_of).summary["lists"][0]["suppress"])


def test_a_rollback_lists_first_and_then_lifts_what_rests_on_the_incident_for_good(tmp_path: Path) -> None:
    told = with_old_tool(tmp_path)
    before = store_of(told).ledger.head().seq
    dry = by_person.rollback(told, "apple-cs02-20260624", TOLD, NEXT_NIGHT, applies=False)
    assert (dry.height, store_of(told).ledger.head().seq) == (11, before)
    done = by_person.rollback(told, "apple-cs02-20260624", TOLD, NEXT_NIGHT, applies=True)
    assert (done.height, store_of(told).ledger.head().seq) == (11, before + 11)
    assert suppressed(told, NEXT_NIGHT + LATER) == 3
    again = by_person.rollback(told, "apple-cs02-20260624", TOLD, NEXT_NIGHT + LATER, applies=True)
    assert again.is_empty()


def test_a_rollback_leaves_the_readers_own_word_and_older_bounces(tmp_path: Path) -> None:
    told = with_old_tool(tmp_path)
    lifted = by_person.rollback(told, "apple-cs02-20260624", TOLD, NEXT_NIGHT, applies=True)
    assert not set(lifted["address"]) & {"reader10@icloud.com", "reader12@icloud.com", "reader13@icloud.com"}


def test_a_rollback_leaves_the_chain_whole(tmp_path: Path) -> None:
    told = with_old_tool(tmp_path)
    command = ("--job", str(told.path))
    name = "apple-cs02-20260624"
    dry = hygiene("incidents", "rollback", name, *command, "--as-of", NEXT_NIGHT.isoformat())
    assert dry.stdout.splitlines()[-1] == "11 would be lifted; --apply enters it."
    done = hygiene("incidents", "rollback", name, "--apply", *command, "--as-of", NEXT_NIGHT.isoformat())
    assert done.stdout.splitlines()[-1] == "11 lifted."
    assert hygiene("audit", "verify", *command).returncode == 0


def test_the_commands_tell_of_an_incident(sample: Path) -> None:
    command = ("--job", str(sample / "configs/nightly.toml"))
    assert hygiene("incidents", "list", *command).stdout.startswith("apple-cs02-20260624: apple [CS02] 2026-06-24: 401")
    shown = json.loads(hygiene("incidents", "show", "apple-cs02-20260624", "--json", *command).stdout)
    assert {part["stream"] for part in shown["sources"]} == {"monthly", "weekly"}
    letter = hygiene("incidents", "packet", "apple-cs02-20260624", *command).stdout
    assert letter.startswith("To: icloudadmin@apple.com\n")
    assert "Kestrel & Finch Garden Supplies" in letter
    unknown = hygiene("incidents", "show", "nothing", *command)
    assert (unknown.returncode, unknown.stdout) == (2, "")


def test_days_of_refusal_are_no_exposure_no_strike_and_no_bounce(tmp_path: Path) -> None:
    """A quiet reader is delivered to five times in a year; all other weeks were refused, in every way there is."""
    weeks = pl.date_range(pl.date(2025, 7, 2), pl.date(2026, 6, 24), "1w", eager=True)
    arrived = [event("delivered", f"reader{n}@icloud.com", f"{day}") for n in range(20) for day in weeks[:50:10]]
    replies = [case["reply"].format(id="a1") for case in BAD_DAY]
    blocked = [
        event(kind, f"reader{n}@icloud.com", f"{day}", diagnostic=replies[number % len(replies)])
        for n in range(20)
        for number, day in enumerate(weeks)
        for kind in ("deferred", "bounced")
        if day not in weeks[:50:10]
    ]
    addresses = [f"reader{n}@icloud.com" for n in range(20)]
    told = load_job(job(tmp_path, addresses, arrived + blocked))
    summary = flow.run(told, NEXT_NIGHT).summary
    assert (summary["lists"][0]["keep"], summary["rules"]) == (20, [])
    trail = hygiene("why", addresses[0], "--job", str(told.path), "--as-of", NEXT_NIGHT.isoformat(), "--json")
    assert json.loads(trail.stdout)["rows"][0]["verdict"] == "keep"


def test_the_same_weeks_delivered_would_have_sunset_them(tmp_path: Path) -> None:
    """So the test above can fail."""
    weeks = pl.date_range(pl.date(2025, 7, 2), pl.date(2026, 6, 24), "1w", eager=True)
    arrived = [event("delivered", f"reader{n}@icloud.com", f"{day}") for n in range(20) for day in weeks]
    told = loaded(
        tmp_path, [f"reader{n}@icloud.com" for n in range(20)], arrived, "[policy]\nbrake_first_share = 1.0\n"
    )
    assert [(rule["rule"], rule["rows"]) for rule in flow.run(told, NEXT_NIGHT).summary["rules"]] == [("ENG701", 20)]

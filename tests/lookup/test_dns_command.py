"""`hygiene dns`: ask, record and replay, show."""

import datetime as dt
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hygiene.cli.dns import MEANING
from hygiene.model.words import MxStatus
from tests.conftest import hygiene
from tests.dns_server import DnsServer, Zone, serving

ZONE: Zone = {
    "good.zone": {"MX": ["10 mx.canary.zone."]},
    "null.zone": {"MX": ["0 ."]},
    "ill.zone": {"fault": "servfail"},
    "gmial.zone": {"MX": ["0 ."]},
}
JOB = """\
name = "nightly"
as_of = 2026-05-01T02:00:00Z
state = "state"
out = "out"
[[lists]]
name = "letter"
path = "letter.csv"
[dns]
resolvers = ["{resolver}"]
canary = "canary.zone"
timeout_seconds = 3
questions_per_second = 100000
"""
DECIDED = (0, 3)
"""Exit codes of a run that decided, whether it published or was held by the brake."""


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with serving(ZONE) as server:
        yield server


@pytest.fixture
def job(tmp_path: Path, server: DnsServer) -> Path:
    return written(tmp_path, server)


def written(folder: Path, server: DnsServer) -> Path:
    """The job file, with its list beside it."""
    (folder / "letter.csv").write_text("email\nann@good.zone\nbob@null.zone\nbad\ncec@ill.zone\n", encoding="utf-8")
    (path := folder / "job.toml").write_text(JOB.format(resolver=server.address), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, DnsServer]]:
    """A job that ran once, and its resolver."""
    with serving(ZONE) as server:
        job = written(tmp_path_factory.mktemp("night"), server)
        ran = hygiene("run", str(job), "-q", cwd=job.parent)
        assert ran.returncode in DECIDED, ran.stderr
        yield job, server


def dns(job: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return hygiene("dns", *arguments, "--job", str(job), cwd=job.parent)


@pytest.mark.parametrize(
    ("domain", "code", "said"),
    [
        ("Good.Zone.", 0, "good.zone takes mail: a mail exchanger has a global address.\n"),
        ("null.zone", 1, "null.zone says that it takes no mail (RFC 7505).\n"),
        ("gone.zone", 1, "gone.zone does not exist.\n"),
        ("ill.zone", 4, "ill.zone is not known: the look-up failed.\n    note: servfail\n"),
        ("", 4, '"" was never asked for, or is no name.\n'),
        (" a b.zone. ", 4, "a b.zone was never asked for, or is no name.\n"),
    ],
)
def test_check_asks_now_and_says_by_its_exit_code_whether_the_domain_takes_mail(
    job: Path, domain: str, code: int, said: str
) -> None:
    ran = dns(job, "check", domain)
    assert (ran.returncode, ran.stdout.startswith(said[: said.index("\n")])) == (code, True), ran.stderr
    assert set(said.splitlines()) <= set(ran.stdout.splitlines())


def test_check_says_when_it_asked_and_not_as_of_when_the_job_judges(job: Path) -> None:
    (row,) = json.loads(dns(job, "check", "good.zone", "--json").stdout)
    asked_at = dt.datetime.fromisoformat(row["observed_at"]).timestamp()
    (after := job.with_name("after")).touch()
    assert job.stat().st_mtime - 1 < asked_at < after.stat().st_mtime + 1


def test_show_tells_what_a_run_remembered_and_asks_nobody(night: tuple[Path, DnsServer]) -> None:
    job, server = night
    asked = len(server.asked)
    assert "was never asked for" in dns(job, "show", "gone.zone").stdout
    rows = json.loads(dns(job, "show", "good.zone", "null.zone", "ill.zone", "--json").stdout)
    assert [(row["domain"], row["mx_status"], row["observations"]) for row in rows] == [
        ("good.zone", "mx", 1),
        ("null.zone", "null_mx", 1),
        ("ill.zone", "temperror", 0),
    ]
    assert rows[0]["targets"] == "10 mx.canary.zone."
    assert len(server.asked) == asked


def test_a_run_replays_what_was_recorded_byte_for_byte(night: tuple[Path, DnsServer]) -> None:
    job, _ = night
    assert "3 of 3 domains recorded" in dns(job, "record", "--to", "dns.json").stdout
    once = (job.parent / "dns.json").read_bytes()
    assert dns(job, "record", "--to", "again.json").returncode == 0
    assert (job.parent / "again.json").read_bytes() == once
    text = job.read_text("utf-8").replace("[dns]", '[dns]\nmode = "snapshot"\nsnapshot = "dns.json"')
    for name in ("one", "two"):
        replayed = text.replace('"state"', f'"{name}/state"').replace('"out"', f'"{name}/out"')
        (job.parent / f"{name}.toml").write_text(replayed, encoding="utf-8")
        assert hygiene("run", f"{name}.toml", "-q", cwd=job.parent).returncode in DECIDED
    outputs = [verdicts(job.parent / name) for name in ("one", "two", ".")]
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_snapshot_that_cannot_be_written_is_told_before_anybody_is_asked(job: Path, server: DnsServer) -> None:
    done = dns(job, "record", "--to", "nowhere/dns.json")
    assert (done.returncode, done.stdout, server.asked) == (6, "", [])
    assert done.stderr == ("hygiene: nowhere: the snapshot's folder is not there. Make it, or name another file.\n")


def verdicts(folder: Path) -> dict[str, bytes]:
    """What the one run below a folder decided about rows, file by file."""
    (run,) = [
        path
        for path in (folder / "out").iterdir()
        if path.is_dir() and not path.is_symlink() and path.name[:1].isdigit()
    ]
    return {path.name: path.read_bytes() for path in sorted(run.iterdir()) if path.name in FILES}


FILES = ("letter.csv", "suppressed.csv", "held.csv", "review.csv", "rejected.csv")


def test_every_status_has_its_meaning() -> None:
    assert set(MEANING) == {status.value for status in MxStatus}

"""A whole run that asks for its domains: of a server on loopback, and of one that is out of reach."""

import json
from pathlib import Path

import pytest

from tests.conftest import hygiene
from tests.dns_server import Zone, serving

ZONE: Zone = {
    "good.zone": {"MX": ["10 mx.canary.zone."]},
    "bare.zone": {"A": ["9.9.9.9"]},
    "null.zone": {"MX": ["0 ."]},
    "ill.zone": {"fault": "servfail"},
    "late.zone": {"fault": "timeout"},
}
JOB = """\
as_of = 2026-05-01T02:00:00Z
[[lists]]
name = "letter"
path = "letter.csv"
[dns]
resolvers = ["{resolver}"]
canary = "canary.zone"
timeout_seconds = 0.5
questions_per_second = 100000
[policy]
brake_first_share = 1.0
"""


def ran(folder: Path, resolver: str, as_of: str = "2026-05-01T02:00:00Z") -> dict[str, object]:
    """Verdicts by domain, and what the run says of DNS."""
    lines = [f"ann@{domain}" for domain in (*ZONE, "gone.zone")]
    (folder / "letter.csv").write_text("email\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "job.toml").write_text(JOB.format(resolver=resolver), encoding="utf-8")
    told = hygiene("run", "job.toml", "-q", "--json", "--as-of", as_of, cwd=folder)
    assert told.returncode == 0, told.stderr
    summary = json.loads(told.stdout)
    counts = {word: count for word, count in summary["lists"][0].items() if word != "list" and count}
    return {"counts": counts, "notes": summary["notes"], "dns": summary["process"]["dns"]}


def test_a_run_suppresses_only_what_the_network_says_for_sure(tmp_path: Path) -> None:
    with serving(ZONE) as server:
        told = ran(tmp_path, server.address)
    assert told["counts"] == {"rows": 6, "keep": 1, "review": 1, "hold": 3, "suppress": 1}
    assert told["notes"] == []


def test_a_run_tells_how_asking_went_and_asks_for_less_the_next_night(tmp_path: Path) -> None:
    with serving(ZONE) as server:
        first = ran(tmp_path, server.address)["dns"]
        second = ran(tmp_path, server.address, "2026-05-02T02:00:00Z")["dns"]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["asked"], first["memory_share"], first["failed"]) == (6, 0.0, 2)
    assert (second["asked"], second["memory_share"], second["failed"]) == (3, 0.5, 2)
    assert first["domains_per_second"] > 0
    assert [report["resolver"] for report in first["resolvers"]] == [server.address]
    assert first["resolvers"][0]["mean_milliseconds"] > 0


@pytest.mark.parametrize("resolver", ["127.0.0.1:9", "[::1]:9"])
def test_a_run_whose_resolver_is_out_of_reach_keeps_everybody_and_says_so(tmp_path: Path, resolver: str) -> None:
    told = ran(tmp_path, resolver)
    assert told["counts"] == {"rows": 6, "keep": 6}
    assert told["notes"] == [f"DNS: the DNS resolver {resolver} does not answer"]

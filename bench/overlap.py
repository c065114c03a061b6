"""A first night whose resolver takes its time: domains looked up beside the reading of events, and after it.

python -m bench overlap [DOMAINS] [--events=ndjson|parquet|mail] [--runs=N]

The resolver is Knot behind a relay that holds each reply back. Four nights, each a whole process: events alone
(`dns = off`), domains alone (no events), one after the other, and both at once; medians go to bench/RESULTS.md. Events
are parsed by polars (Parquet), in part (NDJSON), or by Python alone (mail), which is the hardest for what runs beside.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from bench.measure import Measured, measured
from bench.results import table, write_section

EVENTS, MESSAGES, ROWS_A_DOMAIN = 3_000_000, 20_000, 10
DELAY_SECONDS = 0.05
QUESTIONS_PER_SECOND = 2_000
NIGHTS = {
    "events": "events alone",
    "domains": "domains alone",
    "after": "one after the other",
    "beside": "both at once",
}
AS_OF = "2026-07-01T03:00:00Z"
Address = tuple[str, int]


class _Way(asyncio.DatagramProtocol):
    """From one client to the server, and back a little later."""

    def __init__(self, back: asyncio.DatagramTransport, client: Address) -> None:
        self._back, self._client = back, client

    def datagram_received(self, data: bytes, _: Any) -> None:
        asyncio.get_running_loop().call_later(DELAY_SECONDS, self._back.sendto, data, self._client)


class _Relay(asyncio.DatagramProtocol):
    def __init__(self, server: Address) -> None:
        self._server = server
        self._ways: dict[Address, asyncio.Task[asyncio.DatagramTransport]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._front = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, client: Address) -> None:
        way = self._ways.get(client) or asyncio.get_running_loop().create_task(self._way(client))
        self._ways[client] = way
        way.add_done_callback(lambda done: done.result().sendto(data))

    async def _way(self, client: Address) -> asyncio.DatagramTransport:
        made = lambda: _Way(self._front, client)  # noqa: E731 - one per client
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(made, remote_addr=self._server)
        return transport


async def relay(server_port: int) -> None:
    """Relays for ever; tells its own port first."""
    made = lambda: _Relay(("127.0.0.1", server_port))  # noqa: E731 - asked for by the loop
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(made, local_addr=("127.0.0.1", 0))
    print(transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.Event().wait()


@contextmanager
def slow(server_port: int) -> Iterator[int]:
    """The port of a relay in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "bench.overlap", "relay", str(server_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def written(folder: Path, domains: int, form: str) -> None:
    """The list, and the events in the form."""
    import polars as pl

    from bench.dns import label
    from bench.mail import mailbox

    names = pl.Series("domain", [f"{label(number)}.zone" for number in range(domains)])
    number = pl.int_range(domains * ROWS_A_DOMAIN, dtype=pl.Int64)
    people = pl.select(number=number).select(
        email=pl.format("p{}@{}", "number", pl.lit(names).gather(pl.col("number") % domains))
    )
    people.write_csv(folder / "letter.csv")
    (folder / "history").mkdir()
    if form == "mail":
        mailbox(folder / "history/bounces", MESSAGES)
        return
    addresses = people["email"].rename("address")
    for part in range(4):
        drawn = pl.int_range(part * EVENTS // 4, (part + 1) * EVENTS // 4, dtype=pl.Int64)
        at = pl.datetime(2026, 1, 1) + pl.duration(minutes=pl.col("number") % 200_000)
        events = pl.select(number=drawn).select(
            address=pl.lit(addresses).gather(pl.col("number") * 7919 % len(addresses)),
            occurred_at=at.dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
            kind=pl.lit(pl.Series(["delivered", "delivered", "opened"])).gather(pl.col("number") % 3),
            campaign=pl.format("weekly-{}", pl.col("number") % 50),
        )
        path = folder / f"history/{part}.{form}"
        events.write_parquet(path) if form == "parquet" else events.write_ndjson(path)


def job(folder: Path, port: int, name: str) -> Path:
    """The job file of a night, with a state and an output of its own."""
    events = "" if name == "domains" else '[[events]]\npath = "../history/*"\n'
    (folder / name).mkdir()
    (folder / name / "job.toml").write_text(
        f'as_of = {AS_OF}\n[[lists]]\nname = "letter"\npath = "../letter.csv"\n{events}[dns]\n'
        f'mode = "{"off" if name == "events" else "live"}"\nresolvers = ["127.0.0.1:{port}"]\ncanary = "canary.zone"\n'
        f"concurrency = 200\nquestions_per_second = {QUESTIONS_PER_SECOND}\n[policy]\nbrake_first_share = 1.0\n"
    )
    return folder / name / "job.toml"


def night(path: str, name: str) -> dict[str, Any]:
    """One night; `after` as where memory is tight."""
    from hygiene import flow
    from hygiene.config import load_job
    from hygiene.gather import asking

    if name == "after":
        asking.has_room_for_two = lambda: False
    loaded = load_job(Path(path))
    assert loaded.job.as_of is not None
    return flow.run(loaded, loaded.job.as_of).process


def told(run: Measured) -> dict[str, Any]:
    """What a night took, and how its look-up fared."""
    process = json.loads(run.output)
    dns, seconds = process["dns"], {one["name"]: round(one["seconds"], 1) for one in process["stages"]}
    resolver = dns["resolvers"][0] if dns["resolvers"] else {}
    return {
        "wall_s": round(run.wall, 1),
        "cpu_s": round(run.cpu, 1),
        "peak_mib": round(run.peak_mib),
        "read_s": seconds["read events"],
        "waited_s": seconds["look up domains"],
        "asking_s": round(dns["seconds"], 1),
        **{name: dns[name] for name in ("asked", "failed", "left")},
        **{name: resolver.get(name) for name in ("answers", "errors", "timeouts")},
    }


def main(arguments: list[str]) -> None:
    """Prints a line a night, and what is gained."""
    from bench.dns import _SOA, zone
    from tests.lookup.daemons import knot

    parser = ArgumentParser(prog="bench overlap", usage=__doc__)
    parser.add_argument("domains", nargs="?", type=int, default=20_000)
    parser.add_argument("--events", choices=("ndjson", "parquet", "mail"), default="ndjson")
    parser.add_argument("--runs", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        written(folder, given.domains, given.events)
        with knot(folder, {"zone": zone(given.domains), "invalid": _SOA}) as server, slow(server) as port:
            found: dict[str, list[dict[str, Any]]] = {name: [] for name in NIGHTS}
            for _ in range(given.runs):
                for name in NIGHTS:
                    command = [sys.executable, "-m", "bench.overlap", "night", str(job(folder, port, name)), name]
                    found[name].append(told(measured(command)))
                    print(f"{name:8}", json.dumps(found[name][-1]), flush=True)
                same = [(folder / name / "out/latest/letter.csv").read_bytes() for name in ("after", "beside")]
                assert same[0] == same[1], "the list differs"
                for name in NIGHTS:
                    shutil.rmtree(folder / name)
    title = f"Domains looked up while events are read: {given.domains:,} domains, events as {given.events}"
    write_section(title, " ".join(["python -m bench overlap", *arguments]), report(found), ("hygiene", "polars"))


def report(found: dict[str, list[dict[str, Any]]]) -> str:
    """A row a night, of medians, and what is gained."""
    medians = {
        name: {column: statistics.median(run[column] or 0 for run in runs) for column in runs[0]}
        for name, runs in found.items()
    }
    columns = list(medians["beside"])
    rows = [[NIGHTS[name], *(f"{figures[column]:,}" for column in columns)] for name, figures in medians.items()]
    share = medians["beside"]["wall_s"] / medians["after"]["wall_s"]
    gained = f"Both at once take {share:.0%} of the time of one after the other."
    print(gained)
    return f"{table(['night', *columns], rows)}\n\n{gained}"


if __name__ == "__main__":
    if sys.argv[1] == "relay":
        asyncio.run(relay(int(sys.argv[2])))
    else:
        print(json.dumps(night(*sys.argv[2:]), default=str))

"""`python -m bench dns [DOMAINS]`: a first night's look-ups beside dns.asyncresolver and dnsperf, on a real server.

The server is Knot on loopback; every client is a process of its own, so that CPU seconds and peak memory are its alone.
dns.asyncresolver asks the same questions for a sample of the same domains, with the best of several numbers of tasks.
"""

import asyncio
import datetime as dt
import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

TASKS = (20, 50, 100, 200)
SAMPLE = 4000
_SOA = "@ 300 SOA ns hostmaster 1 3600 600 86400 60\n@ 300 NS ns\nns 300 A 9.9.9.10\n"
_TTLS = (300, 600, 1800, 3600, 7200, 14400, 86400)
_SHARED = ("aspmx", "alt1.aspmx", "alt2.aspmx", "alt3.aspmx", "alt4.aspmx", "mx1.host", "mx2.host")


def label(number: int) -> str:
    """The first label of a domain; some are long and some are short, as in life."""
    return f"d{number}{'o' * (number % 13)}"


def records(number: int) -> Iterator[str]:
    """What the zone says of one domain: as a list's domains are, by what they mail with and how long that holds."""
    name, share, ttl = label(number), number % 100, _TTLS[number // 100 % len(_TTLS)]
    if share < 40:
        for preference, host in zip((1, 5, 5, 10, 10), _SHARED, strict=False):
            yield f"{name} {ttl} MX {preference} {host}\n"
    elif share < 60:  # a target of its own at a large provider
        yield f"{name} {ttl} MX 0 {name}-zone.mail.protection\n{name}-zone.mail.protection {ttl} A 9.9.9.9\n"
    elif share < 80:
        yield f"{name} {ttl} MX 10 mx1.host\n{name} {ttl} MX 20 mx2.host\n"
    elif share < 90:
        yield f"{name} {ttl} MX 10 mail.{name}\nmail.{name} {ttl} A 9.9.9.9\n"
    elif share < 94:
        yield f"{name} {ttl} A 9.9.9.9\n"
    elif share == 94:
        yield f"{name} {ttl} MX 0 .\n"  # the rest does not exist


def zone(count: int) -> str:
    """A zone file with so many domains, the hosts they share and the canary."""
    shared = "".join(f"{host} 300 A 9.9.9.9\n" for host in (*_SHARED, "canary-mx"))
    domains = "".join(line for number in range(count) for line in records(number))
    return f"$ORIGIN zone.\n{_SOA}canary 300 MX 10 canary-mx\n{shared}{domains}"


def ours(port: int, count: int) -> dict[str, float]:
    """One first night, as a run does it: from names to DNS_ANSWERS and the memory."""
    import polars as pl

    from hygiene.config import DnsSettings
    from hygiene.lookup.resolve import look_up
    from hygiene.model.tables import DNS_ANSWERS
    from hygiene.policy.policy import Policy

    names = pl.Series([f"{label(number)}.zone" for number in range(count)])
    settings = DnsSettings(
        resolvers=[f"127.0.0.1:{port}"], canary="canary.zone", concurrency=200, questions_per_second=10_000_000
    )
    now = dt.datetime.now(dt.UTC)
    began, before = time.perf_counter(), time.process_time()
    lookup = look_up(names, settings, Path(), DNS_ANSWERS.empty(), Policy(), now)
    told = _told(count, began, before)
    counted = dict(lookup.answers.group_by("mx_status").len().rows())
    assert (lookup.dropped, lookup.left, lookup.failed) == (None, 0, 0), lookup
    report = lookup.resolvers[0]
    return {**told, "questions": report.answers, "timeouts": report.timeouts, **counted}


def dnspython(port: int, count: int, tasks: int) -> dict[str, float]:
    """The same questions by dns.asyncresolver, with so many tasks."""
    return asyncio.run(_dnspython(port, count, tasks))


async def _dnspython(port: int, count: int, tasks: int) -> dict[str, float]:
    import dns.asyncresolver

    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], port, 10
    asked: set[str] = set()
    # The same mix as the whole: whole hundreds of numbers.
    names = iter([f"{label(number)}.zone" for number in range(count)])
    began, before = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_worker(resolver, names, asked) for _ in range(tasks)))
    return _told(count, began, before)


async def _worker(resolver: "Resolver", names: Iterator[str], asked: set[str]) -> None:
    for name in names:
        targets = [text.split()[1] for text in await _records(resolver, name, "MX")]
        for target in targets:
            if target != "." and target not in asked:
                asked.add(target)
                await _records(resolver, target, "A")
        if not targets and await _records(resolver, name, "A"):
            await _records(resolver, name, "TXT")


async def _records(resolver: "Resolver", name: str, kind: str) -> list[str]:
    import dns.resolver

    try:
        found = await resolver.resolve(name, kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    return [record.to_text() for record in found.rrset or ()]


def _told(count: int, began: float, before: float) -> dict[str, float]:
    wall, cpu = time.perf_counter() - began, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "domains_per_s": round(count / wall),
        "domains_per_cpu_s": round(count / cpu),
        "peak_mib": round(peak),
    }


def _client(*arguments: object) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.dns", *map(str, arguments)]
    told: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return told


def _ceiling(port: int, count: int, folder: Path) -> str:
    """What dnsperf gets out of the same server with MX questions."""
    if shutil.which("dnsperf") is None:
        return "dnsperf is not installed"
    (folder / "names").write_text("".join(f"{label(number)}.zone MX\n" for number in range(count)))
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", str(folder / "names"), "-q", "200", "-l", "5"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Queries per second:\s+([\d.]+)", told)
    return f"{float(rate[1]):,.0f} questions/s" if rate else "dnsperf told nothing"


def main(arguments: list[str]) -> None:
    """Prints both clients, their ratio, and the ceiling."""
    count = int(arguments[0]) if arguments else 300_000
    from tests.lookup.daemons import knot

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # `.invalid` too, of which every resolver says that it does not exist (RFC 6761 section 6.4).
        with knot(folder, {"zone": zone(count), "invalid": _SOA}) as port:
            print(f"{count:,} domains on one Knot")
            by_tasks = {tasks: _client("dnspython", port, min(SAMPLE, count), tasks) for tasks in TASKS}
            tasks, theirs = max(by_tasks.items(), key=lambda item: item[1]["domains_per_cpu_s"])
            print(f"dns.asyncresolver, {tasks} tasks:", json.dumps(theirs))
            mine = _client("ours", port, count)
            print("hygiene:", json.dumps(mine))
            print(f"ratio of domains per CPU second: {mine['domains_per_cpu_s'] / theirs['domains_per_cpu_s']:.1f}")
            print(f"dnsperf: {_ceiling(port, count, folder)}")


if __name__ == "__main__":
    client = {"ours": ours, "dnspython": dnspython}[sys.argv[1]]
    print(json.dumps(client(*map(int, sys.argv[2:]))))

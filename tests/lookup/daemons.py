"""Real name servers on loopback: Knot answers for zones, Unbound recurses in front of it; each lives for a test run."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import pytest

REQUIRED = "HYGIENE_TEST_DAEMONS"
"""Environment variable: `required` makes a missing daemon a failure instead of a skipped test."""
_KNOT = """\
server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
    pidfile: {folder}/knot.pid
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {folder}
log:
  - target: stderr
    any: warning
zone:
"""
_UNBOUND = """\
server:
    interface: 127.0.0.1
    port: {port}
    access-control: 127.0.0.0/8 allow
    do-not-query-localhost: no
    do-ip6: no
    num-threads: 1
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    logfile: "{folder}/unbound.log"
    ede: yes
    infra-host-ttl: 1
    trust-anchor: "bogus.zone. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
remote-control:
    control-enable: no
stub-zone:
    name: "."
    stub-addr: 127.0.0.1@{upstream}
"""


def program(name: str) -> str:
    """The path of a daemon; skips the test where it is not installed, and fails it where it must be."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        said = f"{name} is not installed (on Debian: apt-get install knot unbound)"
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(said)
        pytest.skip(said)
    return found


@contextmanager
def knot(folder: Path, zones: dict[str, str]) -> Iterator[int]:
    """An authoritative server for zones (name → zone file) until the block ends; gives its port."""
    path, port = program("knotd"), _free_port()
    config = _KNOT.format(port=port, folder=folder)
    for number, (name, text) in enumerate(zones.items()):
        (folder / f"{number}.zone").write_text(text, encoding="ascii")
        config += f"  - domain: {name}\n    file: {folder}/{number}.zone\n    journal-content: none\n"
    (folder / "knot.conf").write_text(config, encoding="ascii")
    with _running([path, "-c", str(folder / "knot.conf")], folder / "knot.log", port):
        yield port


@contextmanager
def unbound(folder: Path, upstream: int) -> Iterator[int]:
    """A recursive, validating server that asks the server at port `upstream` for everything; gives its port."""
    path, port = program("unbound"), _free_port()
    (folder / "unbound.conf").write_text(_UNBOUND.format(port=port, folder=folder, upstream=upstream), "ascii")
    with _running([path, "-d", "-c", str(folder / "unbound.conf")], folder / "unbound.out", port):
        yield port


@contextmanager
def _running(command: list[str], log: Path, port: int) -> Iterator[None]:
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as daemon:
        try:
            _wait(daemon, log, port)
            yield
        finally:
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()


def _wait(daemon: "subprocess.Popen[bytes]", log: Path, port: int) -> None:
    """Until it answers; fails with what it said where it does not."""
    asked = dns.message.make_query("canary.zone", "MX")
    for _ in range(150):
        if daemon.poll() is not None:
            break
        try:
            dns.query.udp(asked, "127.0.0.1", 0.2, port)
        except (OSError, dns.exception.DNSException):
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"no answer at port {port}: {log.read_text('utf-8', 'replace')}")


def _free_port() -> int:
    """A port that is free for UDP and TCP alike."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port = int(udp.getsockname()[1])
            try:
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    pytest.fail("no port is free for UDP and TCP alike")

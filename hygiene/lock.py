"""One run at a time: the kernel holds the lock and lets it go with the process, however that ends."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from hygiene.model.errors import LockedError, OutputError

LOCK = ".lock"
HOLDER = ".lock.json"
"""Who holds the lock, for people: what it says counts only while the lock is held."""


@contextmanager
def holding(out: Path) -> Iterator[None]:
    """Holds the folder of the published runs; raises LockedError, naming the holder, where another process has it."""
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise OutputError(
            f"the output folder cannot be made ({error.strerror}).", str(out), "Choose another."
        ) from error
    lock = FileLock(out / LOCK, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockedError(f"another run holds the job: {_holder(out)}.", str(out), "Wait for it, or end it.") from error
    try:
        _say_who(out)
        yield
    finally:
        (out / HOLDER).unlink(missing_ok=True)
        lock.release()


def _say_who(out: Path) -> None:
    who = {"pid": os.getpid(), "host": socket.gethostname(), "command": _command(sys.argv)}
    written = out / f"{HOLDER}.{os.getpid()}"
    written.write_text(json.dumps(who))
    written.chmod(0o600)
    written.replace(out / HOLDER)


def _command(arguments: list[str]) -> str:
    """The command line without the addresses that it may name."""
    name, *rest = arguments
    return " ".join([Path(name).name, *("…" if "@" in word else word for word in rest)])


def _holder(out: Path) -> str:
    """The process, host, command and time; a file that is missing or torn is no error, for the lock alone counts."""
    try:
        who = json.loads((out / HOLDER).read_text())
        since = datetime.fromtimestamp((out / HOLDER).stat().st_mtime, UTC)
        return f"process {who['pid']} on {who['host']} since {since:%Y-%m-%d %H:%M:%S} UTC ({who['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "its holder has not said who it is"

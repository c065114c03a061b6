"""Reading messages the way a night does."""

from pathlib import Path

from hygiene.config import EventSource
from hygiene.ingest.events import EventFile, EventRows, read_events
from tests.conftest import ROOT

SAMPLES = ROOT / "sample_data/formats"

FROM = b"From MAILER-DAEMON Mon Mar  2 09:15:33 2026\n"

BOUNCE = (SAMPLES / "dsn/postfix.eml").read_bytes()


def files(folder: Path, path: str, **how: str) -> list[EventFile]:
    (folder / "work").mkdir(exist_ok=True)
    return read_events(EventSource.model_validate({"path": path, **how}), folder, folder / "work")


def read(folder: Path, content: bytes, name: str = "bounces", **how: str) -> EventRows:
    (folder / name).write_bytes(content)
    return files(folder, name, **how)[0].read()


def sample(name: str, folder: Path) -> EventRows:
    return files(folder, str(SAMPLES / name))[0].read()


def bounce(number: int) -> bytes:
    return BOUNCE.replace(b"gone1@", b"gone%d@" % number).replace(b"<p1@", b"<p%d@" % number)


def mbox(*messages: bytes) -> bytes:
    return b"".join(FROM + message + b"\n" for message in messages)


def addresses(rows: EventRows) -> list[str]:
    return rows.events.collect().sort("address")["address"].to_list()

"""A folder of messages as one file a day, so that only days with new messages are read again."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hygiene.ingest.streams import digest_of

LETTER = (".eml",)
MAILDIR = {"cur", "new"}


@dataclass(frozen=True)
class Day:
    """The messages of a folder that were written on one day (UTC), by the time of their files."""

    folder: Path
    day: dt.date
    members: tuple[Path, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over what the messages say; names do not count, as a Maildir changes them."""
        return hashlib.sha256("".join(sorted(_digests(self.members))).encode()).hexdigest()


def days_of(folder: Path) -> list[Day]:
    """The days of a folder. Of a Maildir only `new` and `cur` count: what lies in `tmp` is still being written."""
    files = [path for path in folder.rglob("*") if path.is_file() and not _is_control(path, folder)]
    delivered = [path for path in files if path.parent.name in MAILDIR]
    return by_day(folder, delivered or [path for path in files if path.parent.name != "tmp"])


def by_day(folder: Path, files: Iterable[Path]) -> list[Day]:
    """Files of messages by the day they were written."""
    days: dict[dt.date, list[Path]] = {}
    for path in files:
        written = _written_on(path)
        if written is not None:
            days.setdefault(written, []).append(path)
    return [Day(folder, day, tuple(sorted(members))) for day, members in sorted(days.items())]


def is_letter(path: Path) -> bool:
    """Whether a file's name or place says that it is one message."""
    return path.suffix.lower() in LETTER or path.parent.name in MAILDIR


def _is_control(path: Path, folder: Path) -> bool:
    """Files that mail programs keep beside messages (`.DS_Store`, `dovecot-uidlist`, `maildirfolder`)."""
    name = path.relative_to(folder).name
    return name.startswith((".", "dovecot", "maildirfolder", "subscriptions"))


def _written_on(path: Path) -> dt.date | None:
    """None where it is gone again."""
    try:
        return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()
    except FileNotFoundError:
        return None


def _digests(members: Iterable[Path]) -> Iterable[str]:
    for path in members:
        try:
            yield digest_of(path)
        except FileNotFoundError:
            yield path.name.partition(":")[0]

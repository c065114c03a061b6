"""Where the event files of a job are: each known by the digest of what it says and of how the job has it read."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hygiene.config import EventSource
from hygiene.formats.format import formats
from hygiene.ingest.archives import is_archive, members
from hygiene.ingest.batches import in_threads
from hygiene.ingest.mail.folders import Day, by_day, days_of, is_letter
from hygiene.ingest.mail.letters import has_mail
from hygiene.ingest.streams import digest_of, files_of


@dataclass(frozen=True)
class Place:
    """A file, or the messages of a folder that are read together."""

    path: Path
    name: str
    """As the job sees it, relative to its folder."""
    digest: str
    """SHA-256."""
    content: str | None = None
    """SHA-256 of the bytes of `path`."""
    member: str | None = None
    """Name of the file inside the archive that `path` is."""
    messages: tuple[Path, ...] = ()


def places(source: EventSource, base: Path) -> list[Place]:
    """Those of one `[[events]]` entry, sorted; raises InputError where there is none, or one is empty.

    Messages in files of their own are taken together by folder and day. A log or a mailbox that is read by its format's
    name may be empty: it was rotated, or emptied.
    """
    folder, container = base / source.path, _container(source.format)
    if folder.is_dir() and (container == "mail" or source.format == "auto"):
        return [_day(day, source, base) for day in days_of(folder)]
    paths = files_of(source.path, base, may_be_empty=container in ("log", "mail"))
    lone = [path for path in paths if is_letter(path)]
    parents = sorted({path.parent for path in lone})
    days = [day for parent in parents for day in by_day(parent, [path for path in lone if path.parent == parent])]
    files = [path for path in paths if not is_letter(path)]
    contents = in_threads(digest_of, files)
    found = [one for path, content in zip(files, contents, strict=True) for one in _file(path, content, source, base)]
    return [*found, *(_day(day, source, base) for day in days)]


def _container(named: str) -> str | None:
    """What the named format is found in; None where the content must tell."""
    reading = formats()[named].read if named in formats() else None
    return reading.container if reading else None


def _file(path: Path, content: str, source: EventSource, base: Path) -> Iterator[Place]:
    """A file; of an archive each file in it, but messages are read together."""
    name = _name(path, base)
    if not is_archive(path) or _container(source.format) == "mail" or (source.format == "auto" and has_mail(path)):
        yield Place(path, name, _digest(content, source), content)
        return
    for member in members(path):
        yield Place(path, f"{name}/{member}", _digest(f"{content}{member}", source), content, member)


def _day(day: Day, source: EventSource, base: Path) -> Place:
    return Place(day.folder, _name(day.folder, base), _digest(day.digest, source), messages=day.members)


def _name(path: Path, base: Path) -> str:
    return (path.relative_to(base) if path.is_relative_to(base) else path).as_posix()


def _digest(content: str, source: EventSource) -> str:
    how = source.model_dump_json(exclude={"path"}, exclude_defaults=True)
    return sha256(f"{content}{how}".encode()).hexdigest()

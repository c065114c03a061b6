"""What one key alone cannot tell: keys that do not fit together, and files that are not there."""

import re
from glob import glob, has_magic
from pathlib import Path

from hygiene.config.job import Job, resolve
from hygiene.config.locate import Place
from hygiene.config.mistakes import Mistake

_SECRET = re.compile("secret|password|token|account_key|access_key$", re.IGNORECASE)


def inconsistent(job: Job) -> list[Mistake]:
    """Keys that contradict one another, and secrets."""
    names = [source.name for source in job.lists]
    twice = [
        Mistake(("lists", at, "name"), f'is "{name}", as of another list')
        for at, name in enumerate(names)
        if name in names[:at]
    ]
    snapshot = job.dns.mode == "snapshot" and job.dns.snapshot is None
    unsaid = [Mistake(("dns", "mode"), 'is "snapshot", and dns.snapshot does not say which file')] if snapshot else []
    secrets = [
        Mistake(("storage_options", key), f"a secret does not belong here; set the environment's {key.upper()}")
        for key in job.storage_options
        if _SECRET.search(key)
    ]
    return twice + unsaid + secrets


def missing_files(job: Job, base: Path) -> list[Mistake]:
    """Local files that the job names and that are not there; a pattern for events may match nothing yet."""
    named: list[tuple[Place, str, bool]] = [
        *((("lists", at, "path"), source.path, True) for at, source in enumerate(job.lists)),
        *((("events", at, "path"), source.path, False) for at, source in enumerate(job.events)),
        *((("suppressions", at, "path"), source.path, False) for at, source in enumerate(job.suppressions)),
    ]
    if job.dns.mode == "snapshot" and job.dns.snapshot:
        named.append((("dns", "snapshot"), job.dns.snapshot, True))
    return [
        Mistake(place, f"no file matches {path}" if has_magic(path) else f"there is no file {path}")
        for place, path, must_match in named
        if (must_match or not has_magic(path)) and not _is_there(resolve(base, path))
    ]


def _is_there(path: str) -> bool:
    return "://" in path or Path(path).exists() or bool(glob(path, recursive=True))

"""A run's folder: staged beside the published ones, checked, put on disk, and only then shown under its name.

A crash leaves the old output or the new: staged folders are thrown away by the next run, and `latest` is switched by
one rename.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from hygiene.model.errors import OutputError

STAGING = ".staging-"
MANIFEST = "manifest.json"
LATEST = "latest"
PROCESS = "process.json"
EVENT_REJECTS = "rejected-events.csv"
OF_THE_PROCESS = (MANIFEST, PROCESS, EVENT_REJECTS)
"""How the run went (times, files read); told apart from what it found, which a rerun repeats to the byte."""


def empty(work: Path) -> None:
    """Makes the folder for temporary files, without what a crashed run left in it."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o700)


def stage(out: Path, run_id: str) -> Path:
    """An empty folder for a run's files, after throwing away what crashed runs left; raises OutputError."""
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in out.glob(f"{STAGING}*"):
            left.unlink() if left.is_symlink() else shutil.rmtree(left)
        staged = out / f"{STAGING}{run_id}"
        staged.mkdir(mode=0o700)
    except OSError as error:
        raise OutputError(f"the output folder cannot be written ({error.strerror}).", str(out)) from error
    if (latest := out / LATEST).exists() and not latest.is_symlink():
        raise OutputError("this is not the link that a run leaves here.", str(latest), "Move it away.")
    return staged


def settle(staged: Path, out: Path, run_id: str, process: object) -> Path:
    """Writes the manifest, brings every file to disk and gives the folder its name; what stood there gives way."""
    write_manifest(staged)
    write_json(staged / PROCESS, process)
    return put(staged, out, run_id)


def put(staged: Path, out: Path, run_id: str) -> Path:
    """Brings a staged folder with its manifest to disk and gives it its name; what stood there gives way."""
    for file in sorted(staged.rglob("*")):
        if file.is_file():
            file.chmod(0o600)
        sync(file)
    sync(staged)
    final = out / run_id
    if final.exists() and (final / MANIFEST).read_bytes() == (staged / MANIFEST).read_bytes():
        shutil.rmtree(staged)
        return final
    if final.exists():
        final.rename(out / f"{STAGING}old-{run_id}")
    staged.rename(final)
    sync(out)
    return final


def switch(out: Path, run_id: str) -> None:
    """Points `latest` at a run, in one step."""
    fresh = out / f"{STAGING}{LATEST}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_id)
    fresh.replace(out / LATEST)
    sync(out)


def prune(out: Path, run_ids: list[str], keep: int) -> None:
    """Removes the folders of all but the newest runs; `run_ids` from old to new."""
    for run_id in run_ids[:-keep]:
        shutil.rmtree(out / run_id, ignore_errors=True)


def write_json(path: Path, content: object) -> None:
    """JSON for people and programs, readable by its owner only."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")


def write_text(path: Path, text: str) -> None:
    """A text that only its owner can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def write_manifest(folder: Path) -> None:
    """The digest and size of every file, for whoever takes them away."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name not in OF_THE_PROCESS)
    write_json(folder / MANIFEST, {str(file.relative_to(folder)): digest(file) for file in files})


def digest(path: Path) -> dict[str, object]:
    """SHA-256 and size of a file."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def sync(path: Path) -> None:
    """Fsync of a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

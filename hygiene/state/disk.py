"""What was written is on the disk, and readable by its owner only."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def put_on_disk(folder: Path, root: Path) -> Iterator[None]:
    """Makes the folder, and brings what is written there inside to disk, with the folders above it."""
    for made in (root, folder):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = _files(folder)
    yield
    fresh = _files(folder) - before
    for file in fresh:
        file.chmod(0o600)
    sync(fresh)
    # A name is on disk when its folder is; a removal likewise, so the folder counts even where nothing is new.
    top = root.resolve().parent
    above = {parent for path in (*fresh, folder / "any") for parent in path.resolve().parents}
    sync(sorted((parent for parent in above if parent.is_relative_to(top)), reverse=True))


def sync(paths: Iterable[Path]) -> None:
    """Waits until the disk holds these files or folders."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}

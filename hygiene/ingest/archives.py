"""ZIP archives: the files in them, unpacked one at a time."""

import errno
import shutil
import zipfile
import zlib
from pathlib import Path

from hygiene.ingest.streams import first_bytes, working_copy
from hygiene.model.errors import InputError

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""First bytes; the second are those of an empty archive."""
WORKBOOK = "[Content_Types].xml"
"""A member that only documents of office programs have."""
OF_THE_SYSTEM = ("__MACOSX/", ".DS_Store", "Thumbs.db")


def is_archive(path: Path) -> bool:
    """Whether the file is a ZIP archive, and no workbook."""
    return first_bytes(path).startswith(ZIP) and WORKBOOK not in _names(path)


def members(path: Path) -> list[str]:
    """Names of the files in an archive, sorted; raises InputError where there is none."""
    names = sorted(name for name in _names(path) if not name.endswith("/") and not _is_of_the_system(name))
    if not names:
        raise InputError("the archive holds no file.", str(path), "Export it again, or leave it out of the job.")
    return names


def unpacked(path: Path, member: str, work: Path) -> Path:
    """A working copy of one member; raises InputError where it is encrypted or damaged."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as source, working_copy(work, path) as target:
            shutil.copyfileobj(source, target)
    except RuntimeError as error:
        raise InputError(f"{member} is encrypted.", str(path), "Unpack it with its password.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ValueError) as error:
        raise InputError(f"{member} is damaged ({error}).", str(path), "Copy the file again.") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a full disk is no fault of the archive; a place before its begin is
            raise
        raise InputError(f"{member} is damaged (it has no place in the file).", str(path), "Copy it again.") from error
    return Path(target.name)


def _names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise InputError(f"the archive is damaged ({error}).", str(path), "Copy the file again.") from error


def _is_of_the_system(name: str) -> bool:
    return name.startswith(OF_THE_SYSTEM[0]) or name.rpartition("/")[2] in OF_THE_SYSTEM

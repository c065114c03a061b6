"""What a job needs, from its size: how many shards for the memory there is, and how much disk."""

import logging
import math
import os
import shutil
from pathlib import Path

from hygiene.model.errors import OutputError

log = logging.getLogger(__name__)

ROW_BYTES = 1_330
"""Memory that deciding about one row takes at its peak, measured with a quarter of a million rows and no event."""
EVENT_BYTES = 120
"""The same for one event that only counts, measured with two and a half million and no row."""
MOST_BYTES = 192 << 20
"""A shard is no larger even where there is more memory: larger ones are no faster, a quarter of it is slower."""
SHARE = 0.25
"""Share of the free memory that one shard may take: the rest is for reading, writing and the file cache."""
MOST_SHARDS = 256
"""Rows are scattered to a file each at once, which takes memory too; of longer lists, shards are larger."""
FAR_TOO_FEW = 2
"""So many times as many shards as there are must be needed for the rows to be scattered again."""
TOGETHER_BYTES = 1280 << 20
"""What reading events and looking up three hundred thousand domains may take together, with the process itself."""
WORK_ROW_BYTES = 250
"""Temporary files for one row of a list at their most, measured; events take none that last."""
CGROUP = Path("/sys/fs/cgroup")


def shards_for(rows: int, events: int, free: int | None = None) -> int:
    """Number of shards such that each fits; `free` is the memory in bytes, found out where it is not given."""
    largest = min(MOST_BYTES, SHARE * (free_memory() if free is None else free))
    return min(MOST_SHARDS, max(1, math.ceil((rows * ROW_BYTES + events * EVENT_BYTES) / largest)))


def are_far_too_few(shards: int, rows: int, events: int, free: int | None = None) -> bool:
    """Whether so many shards were made for a much lower estimate."""
    return shards_for(rows, events, free) > FAR_TOO_FEW * shards


def has_room_for_two() -> bool:
    """Whether the memory is enough for domains to be looked up while events are read."""
    return free_memory() >= TOGETHER_BYTES


def announce_work(rows: int, work: Path) -> None:
    """Says how much disk the temporary files of so many rows take; raises OutputError where there is less."""
    needed, free = rows * WORK_ROW_BYTES / 2**20, shutil.disk_usage(work).free / 2**20
    log.info("temporary files: up to %s MiB, %s MiB are free", f"{needed:,.0f}", f"{free:,.0f}")
    if needed > free:
        raise OutputError(
            f"temporary files need {needed:,.0f} MiB, and {free:,.0f} MiB are free.",
            str(work),
            "Free some, or name a folder on another disk as `work` in the job file.",
        )


def free_memory() -> int:
    """Bytes that this process may still take: what the machine has free, or what its control group allows."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    available = _meminfo().get("MemAvailable", free)
    return min([available, *_limits()])


def _meminfo() -> dict[str, int]:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith(" kB")}


def _limits() -> list[int]:
    """Limits of the control groups that this process is in, version 2 and 1, and of the shell (`ulimit -v`)."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    limits = [] if soft == resource.RLIM_INFINITY else [soft]
    for file in _limit_files():
        try:
            text = file.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            limits.append(int(text))
    return limits


def _limit_files() -> list[Path]:
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    names = [line.split(":", 2)[2].lstrip("/") for line in groups if line.count(":") >= 2]
    folders = [folder for name in names for folder in (Path(name), *Path(name).parents)]
    return [
        file for folder in folders
        for file in (CGROUP / folder / "memory.max", CGROUP / "memory" / folder / "memory.limit_in_bytes")
    ]  # fmt: skip

"""What deltalake is told, and what it says when it fails."""

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deltalake import DeltaTable, WriterProperties

CAUSE_LENGTH = 300
ROW_GROUP_ROWS = 65_536
"""Small enough that a look-up of one key reads little of a table that is sorted by it."""


def version_of(delta: "DeltaTable | None") -> int:
    """Number of the commit; -1 where there is no table yet."""
    return -1 if delta is None else int(delta.version())


def writing() -> "WriterProperties":
    """How data files are written."""
    from deltalake import WriterProperties

    return WriterProperties(compression="ZSTD", max_row_group_size=ROW_GROUP_ROWS)


def cause(error: Exception) -> str:
    """The library's words on one line, without colours and without its own stack trace, and not too long."""
    plain = re.sub(r"\x1b\[\d*m|↳", "", str(error)).strip().splitlines()
    lines = itertools.takewhile(lambda line: not line.strip().startswith("0:"), plain)
    return ": ".join(line.strip() for line in lines)[:CAUSE_LENGTH].rstrip(". ")

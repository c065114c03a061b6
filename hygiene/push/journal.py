"""What of an export was sent and taken, row by row, so that a push that was cut off goes on where it stopped.

One JSON object a line, put on disk before the next request; a line that a crash cut short counts as not written.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hygiene.model.errors import OutputError

JOURNAL = "sent.ndjson"


@dataclass(frozen=True)
class Sent:
    """Rows that the system answered for."""

    call: int
    """Number of the call in `[api]`."""
    first: int
    rows: int
    refused: dict[int, str] = field(default_factory=dict)
    """Row = why it was not taken."""
    unclear: int = 0
    """How many more were not taken, without being named."""


class Journal:
    """The journal in an export's folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self._is_whole = False

    @property
    def is_begun(self) -> bool:
        """Whether anything was ever sent."""
        return self.path.exists()

    def read(self) -> list[Sent]:
        """All that was answered for, in order."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").split("\n")[:-1]
        return [_sent(json.loads(line)) for line in lines]

    def add(self, sent: Sent) -> None:
        """Puts rows on disk as answered for; raises OutputError."""
        try:
            self._mend()
            with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
                file.write(json.dumps(asdict(sent)) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"the journal cannot be written ({error.strerror}).", str(self.path)) from error

    def gaps(self, call: int, total: int, batch: int) -> list[tuple[int, int]]:
        """First row and number of rows of what is still to be sent, in pieces of at most `batch`."""
        done = sorted((one.first, one.first + one.rows) for one in self.read() if one.call == call)
        pieces, at = [], 0
        for first, end in [*done, (total, total)]:
            pieces += [(start, min(batch, first - start)) for start in range(at, first, batch)]
            at = max(at, end)
        return pieces

    def _mend(self) -> None:
        """Cuts off a last line that a crash cut short."""
        if self._is_whole or not self.path.exists():
            return
        content = self.path.read_bytes()
        if content and not content.endswith(b"\n"):
            os.truncate(self.path, content.rfind(b"\n") + 1)
        self._is_whole = True


def _sent(line: dict[str, object]) -> Sent:
    refused = line.get("refused") or {}
    named = {int(row): str(why) for row, why in refused.items()} if isinstance(refused, dict) else {}
    return Sent(**{**line, "refused": named})  # type: ignore[arg-type]

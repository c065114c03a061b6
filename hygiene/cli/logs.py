"""What the program says while it works, on stderr: plain lines for people, JSON lines for schedulers.

No address is logged at info level or above; `--verbose` may show some.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest came in as `extra`."""


def set_up(*, log_json: bool = False, verbose: bool = False, quiet: bool = False) -> None:
    """Sends the log of `hygiene` to stderr in one form at one level; a second call replaces the first."""
    logger = logging.getLogger("hygiene")
    handler = _Stderr()
    handler.setFormatter(_Json() if log_json else _Text())
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").handlers = [handler]


class _Stderr(logging.Handler):
    """Writes below a progress bar, not through it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record as a line."""
        line = self.format(record)
        bars = sys.modules.get("tqdm")
        if bars is not None and sys.stderr.isatty():
            bars.tqdm.write(line, file=sys.stderr)
        else:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        mark = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        return f"{_instant(record):%H:%M:%S} {mark}{_message(self, record)}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": _instant(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(self, record),
            **{key: value for key, value in vars(record).items() if key not in _PLAIN},
        }
        return json.dumps(told, ensure_ascii=False, default=str)


def _instant(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _message(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = record.getMessage()
    return f"{text}\n{formatter.formatException(record.exc_info)}" if record.exc_info else text

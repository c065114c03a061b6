"""What can go wrong, as a tree; every error is one sentence for a person and an exit code for a scheduler.

HygieneError (2)
├── ConfigError (2)       the job file is wrong
├── InputError (2)        a list or an event file cannot be read
├── TableError (2)        a frame lacks what a stage needs
├── StateError (6)        the state folder is damaged or of another version
├── LockedError (5)       another run holds the job
├── OutputError (6)       the disk is full, a folder cannot be written
├── LookupFailedError (6) no resolver answers
├── PushError (6)         another system's API cannot be reached, or did not take all
└── UnbalancedError (70)  rows in are not rows out: a bug, nothing was published
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass
class HygieneError(Exception):
    """What happened, where, and what to do about it."""

    what: str
    where: str = ""
    fix: str = ""
    exit_code: ClassVar[int] = 2

    def __post_init__(self) -> None:
        # The fields are the arguments, so the error survives a process boundary.
        super().__init__(self.what, self.where, self.fix)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f" {self.fix}" if self.fix else "")


class ConfigError(HygieneError):
    """The job file is wrong; `what` may hold several lines, one a mistake."""


class InputError(HygieneError):
    """A list or an event file cannot be read."""


class TableError(HygieneError):
    """A frame lacks a column, or a column has another type, at a stage's door."""


class StateError(HygieneError):
    """The state folder is damaged, or was written by another version."""

    exit_code = 6


class LockedError(HygieneError):
    """Another run holds the job."""

    exit_code = 5


class OutputError(HygieneError):
    """Nothing can be written: the disk is full, or the folder is not ours."""

    exit_code = 6


class LookupFailedError(HygieneError):
    """No resolver answers, and the job says that DNS is needed."""

    exit_code = 6


class PushError(HygieneError):
    """Another system's API cannot be reached, or did not take all."""

    exit_code = 6


class UnbalancedError(HygieneError):
    """Rows in are not rows out by verdict."""

    exit_code = 70

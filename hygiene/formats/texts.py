"""What a format file says of texts that are no table and no JSON: lines of a mail server's log, and messages.

Patterns have named groups; each becomes a field of the record. Those of logs are read by polars and by Python, so they
hold no look-around and no back-reference; `%name%` in them stands for a piece out of `[read.log.pieces]`.
"""

from typing import Literal

from pydantic import Field

from hygiene.formats.part import Part


class Line(Part):
    """`[[read.log.lines]]`: a sort of line of a log.

    Every sort has the group `message` (the queue's id); `recipient` and `waiting` lines have `at` (when). A `recipient`
    line also has `to` (where this server sent it), and may have `orig_to` (whom it was for before a redirection).
    """

    about: Literal["recipient", "message", "waiting"]
    """`recipient`: what became of one, a record; `message`: its groups go to all recipients of the message; `waiting`:
    a record for every recipient whose last line before it has one of the values in `of`."""
    mark: str
    """What such a line holds; a `recipient` line that has it and does not fit the pattern is unreadable."""
    pattern: str
    """What the whole line looks like."""
    of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """For `waiting`: field = the values that mean that the recipient still waits."""


class LogReading(Part):
    """`[read.log]`: which lines of a log count, and what they say."""

    sign: str = ""
    """A pattern found in this system's logs alone."""
    pieces: dict[str, str] = Field(default_factory=dict)
    """Pieces of patterns by name."""
    lines: tuple[Line, ...] = ()
    """The sorts of line that count."""

    def whole(self, pattern: str) -> str:
        """A pattern with its pieces put in."""
        for name, piece in self.pieces.items():
            pattern = pattern.replace(f"%{name}%", piece)
        return pattern


class Notice(Part):
    """`[[read.mail.notices]]`: a bounce in words alone, as a mail server writes it that sends no report."""

    begins: str
    """What stands before the recipients."""
    recipient: str
    """A recipient, with the group `address`, and where the server tells them `text` and `original` (the address that
    was mailed, before a redirection)."""
    said: str = ""
    """What was said of all recipients together, in the group `text`."""
    ends: str = ""
    """What stands after the recipients."""
    delayed: str = ""
    """What a warning holds, when the server still goes on."""


class Recovery(Part):
    """`[[read.mail.recover]]`: where our own mail names its recipient, for reports that do not."""

    header: str
    """Of the report, or of the message that it returns."""
    pattern: str
    """With the group `address`, or `local` and `domain`."""


class MailReading(Part):
    """`[read.mail]`: how messages are read."""

    recipients: tuple[str, ...] = ()
    """Headers of the returned message in which the reporter names the recipient."""
    campaign: tuple[str, ...] = ()
    """Headers of the returned message that name the mailing; the first that is there counts."""
    recover: tuple[Recovery, ...] = ()
    """Tried in this order."""
    notices: tuple[Notice, ...] = ()
    """The first that is found counts."""
    servers: str = ""
    """Senders of notices: a pattern of the From header."""
    auto_replies: str = ""
    """Subjects of answers that nobody wrote."""

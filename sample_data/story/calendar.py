"""When mail went out: the weekly edition, the monthly digest, the monthly letter to customers."""

import datetime as dt
from dataclasses import dataclass

AS_OF = dt.datetime(2026, 7, 1, 3, 0, tzinfo=dt.UTC)
BAD_DAY = "2026-06-24"
"""Apple refuses our IP on this day."""
FIRST_DAY = dt.date(2025, 7, 1)
SES_FROM = "2026-01-01"
"""The newsletter moved from the house mail server to Amazon SES on this day; the letter always went by SendGrid."""


@dataclass(frozen=True)
class Mailing:
    """One mailing: `stream` is `weekly`, `monthly` or `letter`; `system` is `house`, `ses` or `sendgrid`."""

    day: str
    stream: str
    system: str

    @property
    def campaign(self) -> str:
        return f"{self.stream}-{self.day}"

    @property
    def starts_at(self) -> dt.datetime:
        hour = 13 if self.stream == "letter" else 6
        return dt.datetime.fromisoformat(self.day).replace(hour=hour, tzinfo=dt.UTC)


def _days(weekday: int) -> list[dt.date]:
    days = (FIRST_DAY + dt.timedelta(days=n) for n in range(365))
    return [day for day in days if day.weekday() == weekday]


def _newsletter(stream: str, days: list[dt.date]) -> list[Mailing]:
    texts = [day.isoformat() for day in days]
    return [Mailing(text, stream, "ses" if text >= SES_FROM else "house") for text in texts]


WEDNESDAYS, TUESDAYS = _days(2), _days(1)
WEEKLY = _newsletter("weekly", WEDNESDAYS)
MONTHLY = _newsletter("monthly", [day for day in WEDNESDAYS if 22 <= day.day <= 28])
LETTER = [Mailing(day.isoformat(), "letter", "sendgrid") for day in TUESDAYS if 8 <= day.day <= 14]
MAILINGS = {"weekly": WEEKLY, "monthly": MONTHLY, "letter": LETTER}

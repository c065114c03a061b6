"""A job, a system that answers on loopback, and what a push did to it."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from hygiene.config import LoadedJob
from hygiene.exchange.pushing import Pushed, Route, push
from hygiene.exchange.rows import Wanted
from tests.exchange.jobs import ANN, BOB, CY, DEE, LATER
from tests.push.server import Answer, Server
from tests.push.systems import Brevo, Mailgun, Postmark, SendGrid, SparkPost
from tests.push.systems_with_jobs import Klaviyo, Ses

SCOPES = {"mailgun": "news.example.com", "postmark": "broadcast", "ses": "eu-west-1"}

KEYS = ["SENDGRID_API_KEY", "MAILGUN_API_KEY", "SPARKPOST_API_KEY", "POSTMARK_SERVER_TOKEN", "BREVO_API_KEY",
        "KLAVIYO_API_KEY", "AWS_SECRET_ACCESS_KEY"]  # fmt: skip

KNOWN = {ANN, BOB, CY, DEE, *(f"reader{number}@example.org" for number in range(30_000))}

SYSTEMS: dict[str, Any] = {
    "sendgrid": SendGrid,
    "mailgun": Mailgun,
    "sparkpost": SparkPost,
    "postmark": Postmark,
    "brevo": lambda: Brevo(contacts=set(KNOWN)),
    "klaviyo": Klaviyo,
    "ses": Ses,
}

BUSY, DOWN = Answer(429, headers={"Retry-After": "7"}), Answer(503)


@dataclass
class Bench:
    """A job, a system, and what passed between them."""

    loaded: LoadedJob
    system: str
    book: Any
    server: Server
    slept: list[float] = field(default_factory=list)

    def push(self, **how: Any) -> list[Pushed]:
        wanted = Wanted(self.system, how.pop("scope", SCOPES.get(self.system, "")), **how)
        route = Route(self.server.base, self.bucket, self.slept.append)
        return push(self.loaded, wanted, route, LATER, lambda _: None)

    bucket: str = ""

    def theirs(self) -> set[str]:
        """Everybody on any of the system's lists."""
        if isinstance(self.book, Brevo):
            return {address for address, is_listed in self.book.of("blacklisted").items() if is_listed}
        return {address for rows in self.book.lists.values() for address in rows}

    def sent(self) -> list[str]:
        """Addresses of all requests that change something, in order; doubled where they were sent twice."""
        changing = [one for one in self.server.asked if one.method != "GET"]
        return [address for one in changing for address in known_in(one.body.decode() + one.path)]


def known_in(text: str) -> list[str]:
    return [address for address in (ANN, BOB, CY, DEE) if address in text]


every_system = pytest.mark.parametrize("bench", list(SYSTEMS), indirect=True)

one_system = pytest.mark.parametrize("bench", ["sendgrid"], indirect=True)

"""What the DNS said of every domain of the sample on the eve of the run; providers' real names, invented addresses."""

import json
from typing import Any

from story.draw import share
from story.names import COMPANIES
from story.people import Person

GOOGLE = {"aspmx.l.google.com.": ["142.250.102.27"], "alt1.aspmx.l.google.com.": ["142.250.153.27"]}
MICROSOFT = ["52.101.73.0", "52.101.68.5"]
HOSTER = "93.184.215.14"
"""A routable address that was the IANA's own for example.com."""
PROVIDERS = {
    "gmail.com": {"gmail-smtp-in.l.google.com.": ["142.250.102.27"]}, "googlemail.com": {"gmail-smtp-in.l.google.com.": ["142.250.102.27"]},
    "outlook.com": {"outlook-com.olc.protection.outlook.com.": ["52.101.9.4"]}, "hotmail.com": {"hotmail-com.olc.protection.outlook.com.": ["52.101.9.5"]},
    "live.com": {"live-com.olc.protection.outlook.com.": ["52.101.9.6"]}, "msn.com": {"msn-com.olc.protection.outlook.com.": ["52.101.9.7"]},
    "icloud.com": {"mx01.mail.icloud.com.": ["17.57.154.33"]}, "me.com": {"mx01.mail.icloud.com.": ["17.57.154.33"]},
    "mac.com": {"mx01.mail.icloud.com.": ["17.57.154.33"]}, "privaterelay.appleid.com": {"mx1.privaterelay.appleid.com.": ["17.57.154.34"]},
    "yahoo.com": {"mta5.am0.yahoodns.net.": ["67.195.204.72"]}, "yahoo.de": {"mx-eu.mail.am0.yahoodns.net.": ["188.125.72.73"]},
    "aol.com": {"mx-aol.mail.gm0.yahoodns.net.": ["67.195.204.75"]}, "gmx.de": {"mx00.emig.gmx.net.": ["212.227.15.9"]},
    "gmx.net": {"mx00.emig.gmx.net.": ["212.227.15.9"]}, "web.de": {"mx-ha02.web.de.": ["212.227.17.8"]},
    "t-online.de": {"mx00.t-online.de.": ["194.25.134.8"]}, "orange.fr": {"smtp-in.orange.fr.": ["80.12.26.32"]},
    "comcast.net": {"mx1h1.comcast.net.": ["96.102.18.147"]}, "proton.me": {"mail.protonmail.ch.": ["185.70.42.128"]},
    "duck.com": {"smtp-inbound1.duck.com.": ["20.67.22.50"]}, "mailinator.com": {"mail.mailinator.com.": ["23.239.11.30"]},
}  # fmt: skip


def _mx(targets: dict[str, list[str]], preferences: tuple[int, ...] = (10, 20, 30)) -> dict[str, Any]:
    return {"mx": [list(pair) for pair in zip(preferences, targets, strict=False)], "targets": targets}


def _seen(answer: dict[str, Any], *days: str) -> dict[str, Any]:
    """The answer, with the nights on which it was seen; without them it was seen just tonight."""
    return answer | {"observations": [f"{day}T03:00:00Z" for day in days]}


NULL_MX = {"mx": [[0, "."]]}
NOTHING: dict[str, Any] = {"mx": [], "a": [], "aaaa": []}
REFUSES = {"mx": [], "a": [HOSTER], "aaaa": [], "txt": ["v=spf1 -all"]}
ODD = {
    "gmail.co": NULL_MX,
    "no-mail.example": NULL_MX,
    "wrong-null.example": _seen({"mx": [[10, "."]]}, "2026-06-28", "2026-07-01"),
    "half-null.example": {
        "mx": [[0, "."], [10, "mx.half-null.example."]],
        "targets": {"mx.half-null.example.": [HOSTER]},
    },
    "half-private.example": _mx({"mx1.half-private.example.": ["10.1.2.3"], "mx2.half-private.example.": [HOSTER]}),
    "inside-only.example": _mx(
        {"mail.inside-only.example.": ["192.168.4.20"], "mail2.inside-only.example.": ["10.0.0.9"]}
    ),
    "localhost-mx.example": _mx({"localhost.": ["127.0.0.1"]}),
    "mx-literal.example": _mx({"93.184.215.14.": []}),
    "for-sale.example": _mx({"park-mx.above.com.": ["103.224.212.34"]}),
    "closed-shop.example": _seen({"rcode": "NXDOMAIN"}, "2026-06-28", "2026-07-01"),
    "vanished-today.example": {"rcode": "NXDOMAIN"},
    "empty-zone.example": _seen(NOTHING, "2026-06-22", "2026-06-27", "2026-07-01"),
    "empty-lately.example": _seen(NOTHING, "2026-06-30", "2026-07-01"),
    "lost-targets.example": _seen(
        _mx({"mx1.lost-targets.example.": [], "mx2.lost-targets.example.": []}),
        "2026-06-19",
        "2026-06-23",
        "2026-06-27",
        "2026-07-01",
    ),
    "spf-refuses.example": _seen(REFUSES, "2026-06-29", "2026-07-01"),
    "spf-once.example": REFUSES,
    "only-address.example": {"mx": [], "a": [HOSTER], "aaaa": [], "txt": []},
    "never-answered.example": {"rcode": "SERVFAIL"},
}
WAS_WELL = _seen(_mx({"mail.lame-servers.example.": [HOSTER]}), "2026-06-29")
"""Two lines of one domain are two observations: it took mail two days before its servers failed."""


def _company(name: str) -> dict[str, Any]:
    """Two of five are with Google, two with Microsoft, and one has a server of its own."""
    which = share("mail host", name)
    if which < 0.4:
        return _mx(GOOGLE)
    if which < 0.8:
        return _mx({f"{name}-example.mail.protection.outlook.com.": MICROSOFT}, (0,))
    return _mx({f"mail.{name}.example.": [HOSTER]})


def snapshot(people: list[Person]) -> bytes:
    """NDJSON with one observation a line, for every domain of the sample that can have one."""
    companies = {f"{name}.example": _company(name) for name in COMPANIES}
    known = {domain: _mx(targets) for domain, targets in PROVIDERS.items()} | companies | ODD
    mailed = {person.recipient.rpartition("@")[2].lower() for person in people}
    more = {domain for domain in mailed - set(known) if domain.endswith(".example") and domain[0] != "-"}
    answers = known | {domain.encode("idna").decode(): _company(domain.removesuffix(".example")) for domain in more}
    lines = [("lame-servers.example", WAS_WELL), ("lame-servers.example", {"rcode": "SERVFAIL"})]
    lines += [(domain, answer) for domain, answer in sorted(answers.items()) if domain != "lame-servers.example"]
    return "".join(json.dumps({"domain": domain} | answer) + "\n" for domain, answer in lines).encode()

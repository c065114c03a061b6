"""A recorded look-up: written by `record`, replayed with the same verdicts, offline and the same everywhere.

JSON, one object with a key per domain, or NDJSON, one object per line with the key `domain` beside the others; several
lines of one domain are several observations. Every key has a default (class `SnapshotEntry`):

    {"example.org": {"mx": [[10, "mx.example.org."]], "targets": {"mx.example.org.": ["9.9.9.9"]}, "ttl": 300},
     "bare.example": {"a": ["9.9.9.9"], "aaaa": [], "txt": ["v=spf1 -all"]},
     "gone.example": {"rcode": "NXDOMAIN", "observations": ["2026-05-01T02:00:00Z", "2026-05-03T02:00:00Z"]},
     "ill.example": {"rcode": "SERVFAIL", "ede": 22}}

A domain that is not there is unknown, not NXDOMAIN. A target that is not in `targets`, or null, is unknown; `[]` is
"has no address". Without `mx`, both `a` and `aaaa` must be there (`[]` for none), or the domain's address is unknown.
`observations` are the instants at which all this was seen; those after the run's instant are not known yet. Without
them it was seen just at the run's instant, so that every run on another day counts one observation more.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from hygiene.model.errors import InputError
from hygiene.validate.mx import UNKNOWN_HOST, DomainFacts, Host, Outcome, is_routable

Seen = tuple[str, DomainFacts, dt.datetime]


class SnapshotEntry(BaseModel):
    """What was seen of one domain."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rcode: Outcome = Outcome.NOERROR
    """How the MX question ended: a DNS rcode, or TIMEOUT, BOGUS, LAME, FILTERED, STALE, TRUNCATED, OTHER."""
    mx: list[tuple[int, str]] = Field(default_factory=list)
    """Preference and target of each MX record; the target `.` is the root (RFC 7505)."""
    targets: dict[str, list[str] | None] = Field(default_factory=dict)
    """Addresses of each target, IPv4 and IPv6; null where the look-up failed."""
    a: list[str] | None = None
    """IPv4 addresses of the domain itself; null where not asked for or failed."""
    aaaa: list[str] | None = None
    """IPv6 addresses of the domain itself."""
    txt: list[str] | None = None
    """TXT records of the domain, each as one text; null where not asked for or failed."""
    cname: bool = False
    """The domain is an alias; the rest is of the name it stands for."""
    wildcard: bool = False
    """A random sibling of the domain gets the same answer."""
    target_cnames: list[str] = Field(default_factory=list)
    """Targets that are aliases."""
    ede: int | None = None
    """Extended error (RFC 8914)."""
    ttl: int | None = Field(None, ge=0, le=0x7FFF_FFFF)
    """Seconds that the MX answer may be kept."""
    observations: list[AwareDatetime] = Field(default_factory=list)
    """When it was seen; just at the run's instant where none is given."""

    def facts(self) -> DomainFacts:
        """The same as facts for `mx_verdict`."""
        aliases = {_absolute(target) for target in self.target_cnames}
        hosts = {
            _absolute(name): Host(tuple(addresses or ()), addresses is not None, _absolute(name) in aliases)
            for name, addresses in self.targets.items()
        }
        own = Host((*(self.a or ()), *(self.aaaa or ())), is_complete=self.a is not None and self.aaaa is not None)
        return DomainFacts(
            self.rcode,
            tuple(sorted((preference, _absolute(target)) for preference, target in self.mx)),
            hosts,
            own,
            None if self.txt is None else tuple(self.txt),
            self.cname,
            self.wildcard,
            self.ede,
            self.ttl,
            "snapshot",
        )


def entry_of(facts: DomainFacts, seen_at: dt.datetime) -> dict[str, Any]:
    """An entry of a snapshot, as JSON has it, without needless keys; the inverse of `SnapshotEntry.facts`."""
    own = _lists_by_family(facts.own) if not facts.mx else (None, None)
    hosts = {target: facts.targets.get(target, UNKNOWN_HOST) for _, target in facts.mx}
    entry = SnapshotEntry(
        rcode=facts.outcome,
        mx=list(facts.mx),
        targets={target: _addresses(host) for target, host in hosts.items() if target in facts.targets},
        a=own[0],
        aaaa=own[1],
        txt=None if facts.txt is None else list(facts.txt),
        cname=facts.is_alias,
        wildcard=facts.is_wildcard,
        target_cnames=sorted(target for target, host in hosts.items() if host.is_alias),
        ede=facts.extended_error,
        ttl=facts.ttl,
        observations=[seen_at],
    )
    return entry.model_dump(mode="json", exclude_defaults=True)


def seen(path: Path, domains: set[str], as_of: dt.datetime) -> Iterator[Seen]:
    """What the file says of the domains, once per observation up to `as_of`; raises InputError."""
    for domain, raw in _entries(path):
        if domain not in domains:
            continue
        try:
            entry = SnapshotEntry.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InputError(f"the entry of {domain} is wrong at {place}: {first['msg']}.", str(path)) from error
        facts = entry.facts()
        for instant in entry.observations or [as_of]:
            if instant <= as_of:
                yield domain, facts, instant


def dump(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """A snapshot as text, one domain a line, the same bytes for the same entries."""
    lines = (f"{json.dumps(domain)}: {json.dumps(entries[domain], sort_keys=True)}" for domain in sorted(entries))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _entries(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        yield from _parsed(text)
    except (OSError, ValueError) as error:
        fix = "Record one with `hygiene dns record`, or set `[dns] mode`."
        raise InputError(f"the DNS snapshot cannot be read ({error}).", str(path), fix) from error


def _parsed(text: str) -> list[tuple[str, Any]]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
        return [_of_line(json.loads(line)) for line in text.splitlines() if line.strip()]
    if isinstance(whole, dict) and isinstance(whole.get("domain"), str):
        return [_of_line(whole)]
    if not isinstance(whole, dict):
        raise ValueError("it must be one object with a key per domain, or one object per line")
    return [(_name(domain), entry) for domain, entry in whole.items()]


def _of_line(line: Any) -> tuple[str, Any]:
    if not isinstance(line, dict) or not isinstance(line.get("domain"), str):
        raise ValueError("a line has no `domain`")
    return _name(line["domain"]), {key: value for key, value in line.items() if key != "domain"}


def _name(domain: str) -> str:
    return domain.strip().rstrip(".").lower()


def _absolute(target: str) -> str:
    return f"{_name(target)}."


def _addresses(host: Host) -> list[str] | None:
    is_enough = host.is_complete or any(map(is_routable, host.addresses))
    return list(host.addresses) if is_enough else None


def _lists_by_family(host: Host) -> tuple[list[str] | None, list[str] | None]:
    """A and AAAA apart; a family without addresses is "none" only where both are known."""
    four = [address for address in host.addresses if ":" not in address]
    six = [address for address in host.addresses if ":" in address]
    nothing: list[str] | None = [] if host.is_complete else None
    return four or nothing, six or nothing

"""The pinned lists that rules lean on: each has a version, a digest and entries, so that a verdict can name them."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

REFERENCES: Mapping[str, str] = {
    "roles_technical": "roles_technical.txt",
    "roles_business": "roles_business.txt",
    "disposable": "disposable.txt",
    "relay": "relay.txt",
    "parked_mx": "parked_mx.txt",
    "mailbox_rules": "mailbox_rules.toml",
    "providers": "providers.toml",
}
"""Each list's name and its file in `policy/lists`."""


@dataclass(frozen=True)
class Reference:
    """One list as it was read: `entries` are the lines of a text list, `tables` the content of a TOML one."""

    name: str
    version: str
    digest: str
    entries: tuple[str, ...]
    tables: Mapping[str, Any]


@cache
def reference(name: str) -> Reference:
    """The list of that name, read once in a process; raises KeyError for a name that REFERENCES lacks."""
    text = files("hygiene.policy").joinpath("lists", REFERENCES[name]).read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if REFERENCES[name].endswith(".toml"):
        tables = tomllib.loads(text)
        return Reference(name, tables.pop("version"), digest, (), tables)
    version = text.partition("\n")[0].removeprefix("# version: ")
    return Reference(name, version, digest, _entries(text), {})


def reference_versions() -> dict[str, str]:
    """Name to `version (first 12 digits of the SHA-256)`, as the summary and the audit trail record it."""
    return {name: f"{reference(name).version} ({reference(name).digest[:12]})" for name in REFERENCES}


def _entries(text: str) -> tuple[str, ...]:
    """The lines without comments and blanks."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)

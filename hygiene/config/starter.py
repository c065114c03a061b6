"""Commented files to start from, written from the same sentences that document the fields."""

import json
from collections.abc import Iterator
from textwrap import wrap
from typing import Any, Final

from pydantic import BaseModel

from hygiene.config.job import (
    DnsSettings,
    EventSource,
    Job,
    ListSource,
    PublishSettings,
    SenderSettings,
    SuppressionSource,
)
from hygiene.config.presets import PRESETS, preset

_SECTIONS: Final[tuple[tuple[str, type[BaseModel], dict[str, Any]], ...]] = (
    ("[[lists]]", ListSource, {"name": "newsletter", "path": "newsletter.csv"}),
    ("[[events]]", EventSource, {"path": "events/*.csv"}),
    ("#[[suppressions]]", SuppressionSource, {}),
    ("[dns]", DnsSettings, {"mode": "live"}),
    ("[publish]", PublishSettings, {}),
    ("[sender]", SenderSettings, {}),
)
_TOP = {"name": "nightly", "state": "state", "out": "out", "policy": "policy.toml"}
_EXAMPLES: Final[dict[str, Any]] = {
    "address_column": "email",
    "as_of": "2026-07-01T03:00:00Z",
    "columns": {"occurred_at": "time", "address": "recipient", "kind": "event"},
    "company": "Example Press",
    "confirmed_column": "confirmed",
    "delimiter": ";",
    "domains": ["news.example.org"],
    "encoding": "windows-1252",
    "has_header": True,
    "ips": ["192.0.2.1"],
    "kinds": {"hard_bounce": "bounced"},
    "name": "esp",
    "path": "suppressions/*.csv",
    "resolvers": ["127.0.0.1:53"],
    "shared_ip": False,
    "snapshot": "dns.csv",
    "storage_options": {"aws_region": "eu-central-1"},
    "subscribed_at_column": "joined",
    "work": "work",
}
"""What a key could hold, where it has no default that says so."""


def policy_text(name: str) -> str:
    """A policy file: every number of a preset, and where it comes from."""
    values = preset(name).model_dump(mode="json")
    tables = {key: values.pop(key) for key in list(values) if isinstance(values[key], dict)}
    lines = [*_comment(f"Policy `{name}`. {PRESETS[name][0]}"), *_keys(type(preset(name)), values, tables.keys())]
    for key, table in tables.items():
        lines += ["", *_comment(type(preset(name)).model_fields[key].description), f"[{key}]"]
        lines += [f"{name} = {_toml(value)}" for name, value in table.items()]
    return "\n".join(lines) + "\n"


def job_text() -> str:
    """A job file that names every key; a key that is commented out shows its default, or an example."""
    lines = _comment("One file is one job. Paths are relative to this file; check it with `hygiene config check`.")
    lines += _keys(Job, _TOP, {"lists", "events", "suppressions", "dns", "publish", "sender"})
    for header, section, values in _SECTIONS:
        lines += ["", "", *_comment((section.__doc__ or "").partition(": ")[2]), header, *_keys(section, values)]
    return "\n".join(lines) + "\n"


def _keys(model: type[BaseModel], values: dict[str, Any], without: Any = ()) -> Iterator[str]:
    """Every key with its sentence above it: `key = value` where it has a value, `#key = example` otherwise."""
    for name, field in model.model_fields.items():
        if name not in without:
            shown = values.get(name, _EXAMPLES.get(name, field.get_default(call_default_factory=True)))
            yield ""
            yield from _comment(field.description)
            yield f"{'' if name in values else '#'}{name} = {_toml(shown)}"


def _comment(text: str | None) -> list[str]:
    sentence = (text or "").strip()
    return [f"# {line}" for line in wrap(f"{sentence[:1].upper()}{sentence[1:]}", 100)]


def _toml(value: Any) -> str:
    """A value as TOML writes it; JSON agrees but for tables."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(inner)}' for key, inner in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)

"""One TOML file is one job: where the lists and histories are, what to publish, which policy."""

import datetime as dt
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hygiene.policy.policy import Policy


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ListSource(_Section):
    """`[[lists]]`: a subscriber list."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    """Name of the list, used in file names. With a glob, `-` and the file's stem are added."""
    path: str
    """File or glob, relative to the job file."""
    format: Literal["auto", "csv", "ndjson", "parquet"] = "auto"
    """`auto` goes by the content."""
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """Detected where it is not given (comma, semicolon, tab, bar)."""
    encoding: Literal["utf-8", "utf-16", "windows-1252"] | None = None
    """Detected where it is not given."""
    has_header: bool | None = None
    """Detected where it is not given."""
    address_column: str | None = None
    """Recognised where it is not given (`email`, `Email Address`, `subscriber_email`, …)."""
    subscribed_at_column: str | None = None
    """Column with the date or instant (ISO 8601) of subscription."""
    confirmed_column: str | None = None
    """Column that says `true`, `yes` or `1`, or holds a date, for a confirmed opt-in."""


class EventSource(_Section):
    """`[[events]]`: files of sends, deliveries, bounces, complaints, unsubscriptions, opens and clicks."""

    path: str
    """File or glob, relative to the job file; gzip and zstd are read as they are."""
    format: str = "auto"
    """Name of a format (`hygiene formats`), or `generic` with `columns`; `auto` goes by the content."""
    columns: dict[str, str] = Field(default_factory=dict)
    """For `generic`: our column = theirs, such as `occurred_at = "time"`."""
    kinds: dict[str, str] = Field(default_factory=dict)
    """For `generic`: their word = our event kind, such as `hard_bounce = "bounced"`."""
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """For CSV; detected where it is not given."""
    encoding: Literal["utf-8", "utf-16", "windows-1252"] | None = None
    """Detected where it is not given."""


class SuppressionSource(_Section):
    """`[[suppressions]]`: a list of suppressed addresses that another system keeps; read every night, never weakens ours."""

    path: str
    """CSV file or glob, relative to the job file."""
    format: str = "csv"
    """`ses`, `sendgrid` or `csv` (columns address and reason)."""
    name: str
    """Who says so; kept as the actor in the ledger."""


class DnsSettings(_Section):
    """`[dns]`: how domains are looked up."""

    mode: Literal["live", "snapshot", "off"] = "live"
    """`live` asks resolvers, `snapshot` replays a recorded file, `off` judges by no DNS at all."""
    snapshot: str | None = None
    """The recorded file, relative to the job file."""
    resolvers: list[str] = Field(default_factory=list)
    """`address` or `address:port`; the system's where none is given."""
    timeout_seconds: float = Field(5.0, gt=0)
    """Longest wait for one domain's answer."""
    deadline_minutes: float = Field(30.0, gt=0)
    """Longest time for all look-ups of a run; what is not answered by then is a temperror."""
    concurrency: int = Field(100, ge=1, le=1000)
    """Questions under way at once."""
    canary: str = "gmail.com"
    """A domain that surely takes mail; when it does not answer, the run has no DNS evidence."""


class PublishSettings(_Section):
    """`[publish]`: what is written beside the cleaned lists."""

    exports: list[str] = Field(default_factory=lambda: ["ses", "sendgrid", "csv"])
    """Forms of the delta of new suppressions and lifts."""
    keep_runs: int = Field(30, ge=2)
    """How many published run folders are kept."""


class SenderSettings(_Section):
    """`[sender]`: who we are, for the people whom a provider's block is reported to."""

    company: str = ""
    domains: list[str] = Field(default_factory=list)
    ips: list[str] = Field(default_factory=list)
    shared_ip: bool | None = None


class Job(_Section):
    """A whole job file; paths are relative to it."""

    name: str = Field("nightly", pattern=r"^[A-Za-z0-9._-]+$")
    """Name of the job."""
    as_of: AwareDatetime | dt.date | None = None
    """The instant to judge by; now where it is not given."""
    state: str = "state"
    """Folder or `s3://…` of the state tables."""
    storage_options: dict[str, str] = Field(default_factory=dict)
    """Options of the object store, such as `aws_region`; secrets come from the environment."""
    out: str = "out"
    """Folder of the published runs."""
    work: str | None = None
    """Folder for temporary files; below `out` where it is not given."""
    policy: str | Policy = Field(default_factory=Policy)
    """A policy file, or the policy's fields as a table."""
    lists: list[ListSource] = Field(min_length=1)
    events: list[EventSource] = Field(default_factory=list)
    suppressions: list[SuppressionSource] = Field(default_factory=list)
    dns: DnsSettings = Field(default_factory=DnsSettings)
    publish: PublishSettings = Field(default_factory=PublishSettings)
    sender: SenderSettings = Field(default_factory=SenderSettings)
    erasure_key_env: str = "HYGIENE_ERASURE_KEY"
    """Environment variable with the key of the erasure hashes."""


def resolve(base: Path, path: str) -> str:
    """A path of the job file, made absolute; object-store URIs stay as they are."""
    return path if "://" in path else str((base / path).resolve())

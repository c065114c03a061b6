"""One TOML file is one job: where the lists and histories are, what to publish, which policy."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from polars.exceptions import PolarsError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from hygiene.model.tables import EVENTS
from hygiene.model.words import EventKind
from hygiene.policy.policy import Policy

MAPPED = [name for name in EVENTS.columns if name not in ("address_key", "mailbox_key", "provider", "source", "line")]
"""Columns of EVENTS that a file's columns can be mapped to; the others are made while reading."""


def _mapped(column: str) -> str:
    if column not in MAPPED:
        raise ValueError(f"is no column of events; those are {', '.join(MAPPED)}")
    return column


def _from_iso(text: str) -> dt.date:
    try:
        return dt.datetime.fromisoformat(text) if len(text) > 10 else dt.date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'is "{text}", must be a date or an instant, such as 2026-07-01T03:00:00Z') from error


def _utc(value: Any) -> Any:
    """A date is its first moment in UTC; an instant needs its offset."""
    if isinstance(value, str):
        value = _from_iso(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} needs its offset, such as {value.isoformat()}Z")
        return value.astimezone(dt.UTC)
    return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC) if isinstance(value, dt.date) else value


def _known_zone(name: str) -> str:
    try:
        pl.Series([None], dtype=pl.Datetime("us")).dt.replace_time_zone(name)
    except PolarsError as error:
        raise ValueError("is no time zone; write one such as Europe/Berlin or UTC") from error
    return name


NAME = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Safe as part of a file name."""
EventColumn = Annotated[str, AfterValidator(_mapped)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Instant = Annotated[dt.datetime, BeforeValidator(_utc)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ListSource(_Section):
    """`[[lists]]`: a subscriber list."""

    name: str = Field(pattern=NAME)
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
    """File or glob, relative to the job file; gzip, zstd and ZIP are read as they are."""
    format: str = "auto"
    """Name of a format (`hygiene formats`), or `generic` with `columns`; `auto` goes by the content."""
    columns: dict[EventColumn, str] = Field(default_factory=dict)
    """For `generic`: our column = theirs, such as `occurred_at = "time"`."""
    kinds: dict[str, EventKind] = Field(default_factory=dict)
    """For `generic`: their word = our event kind, such as `hard_bounce = "bounced"`."""
    dated: Instant | None = None
    """The instant of records that name none, such as the day of a verifier's report."""
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """For CSV; detected where it is not given."""
    encoding: Literal["utf-8", "utf-16", "windows-1252"] | None = None
    """Detected where it is not given."""
    time_zone: TimeZone = "UTC"
    """Where the clock of a log stood, for times without an offset, such as `Europe/Berlin`."""


class SuppressionSource(_Section):
    """`[[suppressions]]`: suppressed addresses of another system; read every night, and never a reason to lift ours."""

    path: str
    """CSV, JSON or ZIP file or glob, relative to the job file."""
    format: str = "csv"
    """Name of a format (`hygiene formats`), or `csv` (columns address and reason)."""
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
    questions_per_second: int = Field(1000, ge=1)
    """Most questions a second to one resolver (Google Public DNS refuses a client above 1,500)."""
    canary: str = "gmail.com"
    """A domain that surely takes mail; when it does not answer, the run has no DNS evidence."""


class PublishSettings(_Section):
    """`[publish]`: what is written beside the cleaned lists."""

    exports: list[str] = Field(default_factory=lambda: ["ses", "sendgrid", "csv"])
    """Forms of the delta of new suppressions and lifts."""
    proposes_typos: bool = False
    """Whether rows whose domain is a slip of a mailbox provider's are written apart, with the address proposed."""
    keep_runs: int = Field(30, ge=2)
    """How many published run folders are kept."""


class SenderSettings(_Section):
    """`[sender]`: who we are, for the people whom a provider's block is reported to."""

    company: str = ""
    """Name of the company, as the provider's postmaster knows it."""
    domains: list[str] = Field(default_factory=list)
    """Domains that the mail is sent from."""
    ips: list[str] = Field(default_factory=list)
    """Addresses that the mail leaves from."""
    shared_ip: bool | None = None
    """Whether other senders use those addresses too; unknown where it is not given."""


class Job(_Section):
    """A whole job file; paths are relative to it."""

    name: str = Field("nightly", pattern=NAME)
    """Name of the job."""
    as_of: Instant | None = None
    """The instant to judge by, such as 2026-07-01T03:00:00Z, or a date; now where it is not given."""
    state: str = "state"
    """Folder or `s3://…` of the state tables."""
    storage_options: dict[str, str] = Field(default_factory=dict)
    """Options of the object store, such as `aws_region`; secrets come from the environment."""
    out: str = "out"
    """Folder of the published runs."""
    work: str | None = None
    """Folder for temporary files; below `out` where it is not given."""
    shards: int | None = Field(None, ge=1, le=1024)
    """In how many parts a run decides; chosen by size and free memory where it is not given. It changes no decision."""
    policy: str | Policy = Field(default_factory=Policy)
    """A policy file, or the policy's fields as a table."""
    lists: list[ListSource] = Field(min_length=1)
    """The subscriber lists, one `[[lists]]` each."""
    events: list[EventSource] = Field(default_factory=list)
    """The histories, one `[[events]]` each."""
    suppressions: list[SuppressionSource] = Field(default_factory=list)
    """Lists of suppressed addresses that other systems keep, one `[[suppressions]]` each."""
    dns: DnsSettings = Field(default_factory=DnsSettings)
    """How domains are looked up."""
    publish: PublishSettings = Field(default_factory=PublishSettings)
    """What is written beside the cleaned lists."""
    sender: SenderSettings = Field(default_factory=SenderSettings)
    """Who sends."""
    erasure_key_env: str = "HYGIENE_ERASURE_KEY"
    """Environment variable with the key of the erasure hashes."""


def resolve(base: Path, path: str) -> str:
    """A path of the job file, made absolute; object-store URIs stay as they are."""
    return path if "://" in path else str((base / path).resolve())

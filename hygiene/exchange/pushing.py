"""An export brought to the system by its API: what an earlier push left is finished first, then what changed since."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from filelock import FileLock, Timeout
from polars import col

from hygiene.config import LoadedJob
from hygiene.exchange.export import Made, export, exports_folder
from hygiene.exchange.rows import REFUSED, ROWS, Wanted, standing_of, write_refused
from hygiene.formats.api import Api
from hygiene.formats.format import format_named, formats
from hygiene.ledger.exports import Export
from hygiene.model.errors import InputError, LockedError
from hygiene.model.words import ExportStatus
from hygiene.publish.exports import writing_of
from hygiene.push.client import Client
from hygiene.push.http import HttpTransport
from hygiene.push.journal import Journal
from hygiene.push.send import Load, Sender, Tick, Transport, loads, refused_rows
from hygiene.push.ses import BULK, SesTransport
from hygiene.store import Store

SES = "ses"
PUSHER = "push"


@dataclass(frozen=True)
class Route:
    """How to reach the system."""

    base: str = ""
    """Another address than the format's."""
    bucket: str = ""
    """`s3://bucket/prefix` for the import jobs of SES."""
    sleep: Callable[[float], None] = time.sleep
    """How to wait, in seconds."""


@dataclass(frozen=True)
class Pushed:
    """How one export went."""

    export: Export
    folder: Path
    refused: int
    unclear: int


def api_of(system: str, scope: str) -> Api:
    """The system's API; raises InputError where it has none that we know, or wants a scope."""
    api = format_named(system).api
    if api is None:
        known = ", ".join(name for name, each in formats().items() if each.api)
        fix = f"By its API there are {known}. Of others, the files go and come through their web pages."
        raise InputError(f"no API of {system} is known.", fix=fix)
    if api.scope and not scope:
        raise InputError(f"say which: {api.scope}.", "--scope")
    return api


def plan(made: Made, route: Route) -> list[tuple[str, int, int]]:
    """What a push would ask: method with address, number of rows, and of requests."""
    api = api_of(made.export.system, made.export.scope)
    base = (route.base or api.base).rstrip("/")
    rows = {action: made.folder / name for action, name in ROWS.items()}
    with TemporaryDirectory(prefix="hygiene-") as work:
        every = list(loads(api, writing_of(made.export.system), rows, Path(work)))
    return [
        (f"{load.call.method} {base}{load.call.path}".replace("{scope}", made.export.scope), load.rows, requests)
        for load in every
        if (requests := -(-load.rows // _batch(load, route)))
    ]


def push(loaded: LoadedJob, wanted: Wanted, route: Route, as_of: dt.datetime, tick: Tick) -> list[Pushed]:
    """Finishes what a crash left of the series, then exports and sends the difference; each is confirmed by itself.

    Raises HygieneError where it must stop; the same command goes on then, and sends nothing twice that was taken.
    """
    api = api_of(wanted.system, wanted.scope)
    with _alone(loaded, wanted), closing(_transport(api, wanted, route)) as transport:
        store = Store(loaded.state, loaded.job.storage_options)
        left = [one for one in store.exports.of(wanted.series) if _is_begun(loaded, one)]
        done = [_sent(loaded, store, one, transport, route, tick) for one in left]
        made = export(loaded, wanted, as_of).export
        fresh = store.exports.find(made.export_id) or made
        return [*done, _sent(loaded, store, fresh, transport, route, tick)]


def _transport(api: Api, wanted: Wanted, route: Route) -> Transport:
    if wanted.system == SES:
        return SesTransport(wanted.scope, route.base, route.bucket, route.sleep)
    return HttpTransport(Client(api, route.base, sleep=route.sleep), wanted.scope)


def _is_begun(loaded: LoadedJob, one: Export) -> bool:
    folder = exports_folder(loaded) / one.export_id
    return one.status is ExportStatus.WRITTEN and Journal(folder).is_begun


def _sent(loaded: LoadedJob, store: Store, one: Export, transport: Transport, route: Route, tick: Tick) -> Pushed:
    """Sends an export and confirms it."""
    api = api_of(one.system, one.scope)
    folder = exports_folder(loaded) / one.export_id
    journal = Journal(folder)
    rows = {action: folder / name for action, name in ROWS.items()}
    sender = Sender(api, transport, journal, _stale(store, one), tick)
    with TemporaryDirectory(prefix="hygiene-") as work:
        every = list(loads(api, writing_of(one.system), rows, Path(work)))
        for load in every:
            sender.send(load, _batch(load, route))
        refused = _put_aside(folder, rows, journal, every)
    confirmed = store.exports.confirm(one.export_id, PUSHER, refused)
    return Pushed(confirmed, folder, refused, sum(sent.unclear for sent in journal.read()))


def _batch(load: Load, route: Route) -> int:
    return BULK[load.call.action] if route.bucket else load.call.batch


def _stale(store: Store, one: Export) -> pl.DataFrame:
    """Keys that were free when the export was made and are suppressed again: their removal is not sent any more."""
    if store.ledger.head().seq == one.ledger_seq:
        return pl.DataFrame(schema={"address_key": pl.String})
    now = standing_of(store.ledger.entries(), one.as_of)
    return now.filter(col("in_force") != 0).select("address_key").collect()


def _put_aside(folder: Path, rows: dict[str, Path], journal: Journal, every: list[Load]) -> int:
    """Writes what was refused beside what lacked an id, for the next export; how many the system refused."""
    told = pl.concat([refused_rows(journal, load) for load in every])
    refused = [
        pl.read_parquet(path).join(told.filter(col("action") == action), on="address_key")
        for action, path in rows.items()
    ]
    known = [pl.read_parquet(folder / REFUSED)] if (folder / REFUSED).exists() else []
    write_refused(pl.concat([*known, *refused], how="diagonal").unique(["address_key", "action"]), folder)
    return sum(frame.height for frame in refused)


@contextmanager
def _alone(loaded: LoadedJob, wanted: Wanted) -> Iterator[None]:
    """One push at a time to a list; the nightly run does not wait for it."""
    exports_folder(loaded).mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(exports_folder(loaded) / f".push-{wanted.system}.lock", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockedError(f"another push to {wanted.system} is under way.", str(loaded.out), "Wait for it.") from error
    try:
        yield
    finally:
        lock.release()

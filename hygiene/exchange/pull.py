"""A system's present suppression list, fetched by its API into a file that `hygiene ledger import` takes."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl

from hygiene.exchange.pushing import SES, api_of
from hygiene.formats.format import format_named
from hygiene.model.errors import InputError, OutputError
from hygiene.push.client import Client
from hygiene.push.pull import COLUMNS, listed, pages
from hygiene.push.ses import pages as ses_pages
from hygiene.stages import Tick


def pull(system: str, scope: str, base: str, path: Path, tick: Tick) -> Counter[str]:
    """Writes `address,reason,word,suppressed_at`, reason in our words; how many rows each reason has.

    The file is there whole or not at all. Raises HygieneError.
    """
    fresh = path.with_name(f".{path.name}.part")
    counts: Counter[str] = Counter()
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write((",".join(COLUMNS) + "\n").encode())
            for page in _frames(system, scope, base):
                page.write_csv(file, include_header=False)
                counts.update(dict(page.group_by("reason").len().rows()))
                tick(page.height)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise OutputError(f"the file cannot be written ({error.strerror}).", str(path)) from error
    finally:
        fresh.unlink(missing_ok=True)
    return counts


def _frames(system: str, scope: str, base: str) -> Iterator[pl.DataFrame]:
    api, reading = api_of(system, scope), format_named(system).suppressions
    if not api.list:
        raise InputError(f"the API of {system} gives no list.", "--from")
    if system == SES:
        yield from (listed(page, api.list[0], reading) for page in ses_pages(scope, base))
        return
    with closing(Client(api, base)) as client:
        for listing in api.list:
            yield from (listed(page, listing, reading) for page in pages(client, listing, scope))

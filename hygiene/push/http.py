"""Rows handed to an HTTP API as `[[api.call]]` says, and what its answer says of each."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import polars as pl

from hygiene.formats.api import Call, Job, Results
from hygiene.formats.writing import PLACE
from hygiene.model.errors import PushError
from hygiene.push.client import GO_ON, Client, RefusedError
from hygiene.push.send import Taken

log = logging.getLogger(__name__)

PARTLY = 207
"""Multi-Status (RFC 4918 section 13): some rows were taken."""
UNNAMED = "the answer does not name it among those taken"
PATIENCE = 900.0
"""Seconds that a job of the system may take."""


class HttpTransport:
    """Delivers to one list of one system."""

    def __init__(self, client: Client, scope: str) -> None:
        self.client = client
        self.scope = scope

    def deliver(self, call: Call, rows: pl.DataFrame) -> Taken:
        """Sends rows (row, address, word, item) in one request, and waits for the job where it makes one."""
        path = path_of(call.path, {"scope": self.scope, **(rows.row(0, named=True) if rows.height == 1 else {})})
        body = call.body.replace("{items}", rows["item"].str.join(",").item()) if call.body else ""
        answer = self.client.ask(call.method, path, body)
        if call.job is not None:
            return self._waited(call.job, answer)
        return _taken(call.results, answer, rows) if call.results else Taken()

    def close(self) -> None:
        """Lets the connection go."""
        self.client.close()

    def _waited(self, job: Job, answer: Any) -> Taken:
        where = job.path.replace("{job}", quote(str(at(answer, job.id)), safe=""))
        pause, waited = 1.0, 0.0
        while (status := at(told := self.client.ask("GET", where), job.status)) in job.running:
            if waited > PATIENCE:
                raise PushError(f"a job has been {status} for {waited:.0f} s.", where, GO_ON)
            self.client.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 30.0)
        if status not in job.good:
            raise PushError(f"a job ended as {status}.", where, "Look into the system's own log of it.")
        skipped = at(told, job.skipped) if job.skipped else 0
        return Taken(unclear=int(skipped or 0))


def path_of(template: str, values: Mapping[str, Any]) -> str:
    """The path with each name in braces replaced, percent-encoded."""
    return PLACE.sub(lambda found: quote(str(values[found[1]]), safe=""), template)


def at(answer: Any, path: str) -> Any:
    """What lies at a path of keys joined by dots; None where there is nothing."""
    for key in path.split(".") if path else ():
        answer = answer.get(key) if isinstance(answer, dict) else None
    return answer


def _taken(results: Results, answer: Any, rows: pl.DataFrame) -> Taken:
    row_of = dict(zip(rows["address"].str.to_lowercase(), rows["row"], strict=True))
    if results.failed:
        return _by_failures(at(answer, results.failed) or [], row_of)
    listed = at(answer, results.rows or results.echo)
    if not isinstance(listed, list):
        raise PushError(f"the answer has no list {results.rows or results.echo}.", fix="Has the API changed?")
    if results.echo:
        taken = {str(address).lower() for address in listed}
        return Taken({row: UNNAMED for address, row in row_of.items() if address not in taken})
    return _by_rows(results, listed, row_of)


def _by_failures(failed: list[Any], row_of: Mapping[str, int]) -> Taken:
    """Failures that name nobody are looked for in halves of the batch, down to the row."""
    named = [str(one).lower() for one in failed]
    refused = {row_of[name]: "the system lists it as failed" for name in named if name in row_of}
    if len(named) > len(refused):
        raise RefusedError(f"{len(named):,} failed, and are not named", PARTLY)
    return Taken(refused)


def _by_rows(results: Results, listed: list[Any], row_of: Mapping[str, int]) -> Taken:
    said = {str(one.get(results.address, "")).lower(): one for one in listed if isinstance(one, dict)}
    refused = {}
    for address, row in row_of.items():
        if address not in said:
            refused[row] = UNNAMED
        elif said[address].get(results.status) not in results.good:
            refused[row] = str(said[address].get(results.message) or said[address].get(results.status))
    return Taken(refused)

"""The state in an object store: moto answers as S3 does, on loopback."""

import multiprocessing
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from hygiene.model.errors import LockedError
from hygiene.model.table import Column, Table
from hygiene.state import StateTable
from tests.conftest import ROOT, copy_job, hygiene

NOTES = Table("NOTES", {"number": Column(pl.Int64, "its number", nullable=False)})
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
STARTS_WITHIN = 30.0


def _options(endpoint: str) -> dict[str, str]:
    return {"aws_region": "us-east-1", "aws_endpoint_url": endpoint, "aws_allow_http": "true"}


def _put_bucket(endpoint: str) -> None:
    """Makes the bucket, as soon as the server answers."""
    last = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(f"{endpoint}/bucket", method="PUT"), timeout=5).close()
            return
        except OSError:
            if time.monotonic() > last:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where the store answers; it has a bucket named `bucket`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _put_bucket(found := f"http://127.0.0.1:{port}")
            yield found
        finally:
            server.kill()


def test_a_run_with_its_state_in_a_bucket_decides_the_same(endpoint: str, sample: Path, tmp_path: Path) -> None:
    job = copy_job(tmp_path)
    options = ", ".join(f'{name} = "{value}"' for name, value in _options(endpoint).items())
    there = f's3://bucket/state"\nstorage_options = {{ {options} }}'
    job.write_text(job.read_text().replace('../state"', there))
    first = hygiene("run", str(job), "-q", cwd=ROOT, **CREDENTIALS)
    assert first.returncode == 0, first.stderr
    for name in ("newsletter.csv", "suppressed.csv", "held.csv", "review.csv"):
        assert (tmp_path / "out/latest" / name).read_bytes() == (sample / "out/latest" / name).read_bytes(), name
    assert " 0 new suppressions" in hygiene("run", str(job), "-q", cwd=ROOT, **CREDENTIALS).stdout
    verified = hygiene("audit", "verify", "--job", str(job), cwd=ROOT, **CREDENTIALS)
    assert (verified.returncode, verified.stdout[-21:]) == (0, " entries, unchanged.\n")
    assert not (tmp_path / "state").exists()


def _append_many(endpoint: str, first: int) -> None:
    os.environ.update(CREDENTIALS)
    for number in range(first, first + 5):
        while True:
            try:
                StateTable("s3://bucket/race", NOTES, storage_options=_options(endpoint)).append(
                    pl.DataFrame({"number": [number]})
                )
                break
            except LockedError:
                continue


def test_two_writers_at_once_in_a_bucket_lose_nothing(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_many, args=(endpoint, first)) for first in (100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    found = StateTable("s3://bucket/race", NOTES, storage_options=_options(endpoint)).scan().collect()
    assert sorted(found["number"]) == [*range(100, 105), *range(200, 205)]


def test_a_store_that_cannot_be_reached_is_told_in_one_sentence(tmp_path: Path) -> None:
    job = copy_job(tmp_path)
    there = (
        's3://bucket/state"\nstorage_options = { aws_region = "us-east-1", aws_endpoint_url = "http://127.0.0.1:9",'
        ' aws_allow_http = "true", max_retries = "1", retry_timeout = "3s" }'
    )
    job.write_text(job.read_text().replace('../state"', there))
    ran = hygiene("run", str(job), "-q", cwd=ROOT, **CREDENTIALS)
    assert (ran.returncode, ran.stderr.count("\n")) == (6, 1), ran.stderr
    assert not (tmp_path / "out/latest").exists()

"""What the tests of pushing and pulling share: credentials, and a system to push to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange.jobs import job
from tests.push.bench import KEYS, SYSTEMS, Bench
from tests.push.server import serving


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.setenv(key, "secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """By the name of a system, or a pair of it and a book."""
    name, book = request.param if isinstance(request.param, tuple) else (request.param, None)
    made = book or SYSTEMS[name]()
    with serving(made) as server:
        yield Bench(job(tmp_path), name, made, server)

"""What all tests of the sender's side share."""

from collections.abc import Iterator

import pytest

from tests.judged import judged_once


@pytest.fixture(autouse=True)
def _judged_once() -> Iterator[None]:
    with judged_once():
        yield

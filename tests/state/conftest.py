"""What the tests of the state share."""

from pathlib import Path

import pytest

from hygiene.state import StateTable
from tests.state.notes import NOTES


@pytest.fixture
def table(tmp_path: Path) -> StateTable:
    return StateTable(str(tmp_path / "state"), NOTES)

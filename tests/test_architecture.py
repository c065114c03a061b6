"""The core is pure: no file, no clock, no row at a time. Import contracts hold the rest (`make check`)."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

CORE = ["model", "policy", "formats", "normalize", "validate", "classify", "decide"]
SENDER = [file for file in (ROOT / "hygiene/sender").glob("*.py") if file.name != "records.py"]
"""Of the sender's side, only the record of incidents is kept in the state."""
FILES = [
    ROOT / "hygiene/shard.py",
    *SENDER,
    *(file for part in CORE for file in (ROOT / "hygiene" / part).rglob("*.py")),
]
OF_THE_PACKAGE = ("read_text", "read_bytes", "read_rules")
"""Tables that ship with the package, by importlib.resources."""
FORBIDDEN = ("read_", "scan_", "write_", "sink_", "map_elements", "iter_rows")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_core_touches_no_file_and_no_single_row(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = [each.attr for each in calls if isinstance(each, ast.Attribute)]
    assert [name for name in called if name.startswith(FORBIDDEN) and name not in OF_THE_PACKAGE] == []
    assert "open" not in [each.id for each in calls if isinstance(each, ast.Name)]


def test_no_module_is_longer_than_250_lines() -> None:
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in (ROOT / "hygiene").rglob("*.py")}
    assert {str(file.relative_to(ROOT)): lines for file, lines in lengths.items() if lines > 250} == {}

"""What several tests share: the sample job, run once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "hygiene"]


def hygiene(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command line, as a scheduler would call it."""
    import os

    known = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, env=known, text=True, capture_output=True, check=False)


def copy_job(folder: Path) -> Path:
    """The sample job with its own state and output."""
    shutil.copytree(ROOT / "sample_data", folder / "sample_data", ignore=shutil.ignore_patterns("story", "__pycache__"))
    shutil.copytree(ROOT / "configs", folder / "configs")
    return folder / "configs/nightly.toml"


def copy_night(ran: Path, folder: Path) -> Path:
    """A job that ran, with the state and output that it left, for a test that goes on from there."""
    shutil.copytree(ran, folder, symlinks=True, dirs_exist_ok=True)
    return folder / "configs/nightly.toml"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample job ran once; tests must not change it."""
    folder = tmp_path_factory.mktemp("sample")
    ran = hygiene("run", str(copy_job(folder)), "-q")
    assert ran.returncode == 0, ran.stderr
    return folder

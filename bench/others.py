"""The other ways to do the job, as commands; they run in an environment of their own, which `make bench` builds."""

import subprocess
import sys
from pathlib import Path

PYTHON = Path("build/others/bin/python")
SCRIPTS = Path(__file__).with_name("other")
COPY = [sys.executable, str(SCRIPTS / "polars_copy.py")]
"""The limit, with the polars that hygiene has."""
OTHERS = {name: [str(PYTHON), str(SCRIPTS / f"{name}.py")] for name in ("duckdb_job", "pandas_script")}


def missing() -> str | None:
    """What to do where the environment is not there."""
    return None if PYTHON.exists() else f"bench: {PYTHON} is not there; `make bench` builds it."


def versions() -> str:
    """Of the libraries that the other ways use."""
    code = "import duckdb, pandas; print(f'DuckDB {duckdb.__version__}, pandas {pandas.__version__}')"
    return subprocess.run([PYTHON, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

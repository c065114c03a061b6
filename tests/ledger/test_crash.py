"""A process that is killed leaves the ledger as it was before, or as it is after, and the next one goes on."""

import itertools
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest

from hygiene.ledger.audit import verify
from hygiene.ledger.erasure import ErasureKey, erased_match, forget
from hygiene.ledger.runs import Runs
from hygiene.ledger.store import Ledger
from tests.builders import AS_OF
from tests.ledger.entries import entries, entry

ROOT = Path(__file__).parents[2]
KEY = ErasureKey(b"0123456789abcdef")
BATCH = 5_000
WORK = textwrap.dedent("""
    import sys
    import polars as pl
    from hygiene.ledger.erasure import forget
    from hygiene.ledger.store import Ledger
    from tests.builders import AS_OF
    from tests.ledger.test_crash import BATCH, KEY, batch

    ledger, rows = Ledger(sys.argv[1]), batch()
    forget_me = iter(range(1, BATCH))
    for number in range(1000):
        print("append", number, flush=True)
        ledger.append(rows, f"run:{number}")
        print("forget", number, flush=True)
        forget(ledger, f"user{next(forget_me)}@example.org", [KEY], "dpo", "asked", AS_OF)
        print("tidy", number, flush=True)
        ledger.tidy(keep_days=30)
""")


def batch() -> pl.DataFrame:
    """Entries about as many people."""
    one = entries(entry("x", evidence='{"line": 3}'))
    address = pl.format("user{}@example.org", pl.int_range(1, BATCH + 1))
    return pl.concat([one] * BATCH).with_columns(address.alias(name) for name in ("key", "mailbox_key", "address"))


def killed_in(root: Path, step: str, seconds: float) -> list[str]:
    """What a process had begun when it was killed, so long after it began a step."""
    command = [sys.executable, "-c", WORK, str(root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        begun = list(itertools.takewhile(lambda line: line != f"{step}\n", worker.stdout))
        time.sleep(seconds)
        worker.send_signal(signal.SIGKILL)
        return [*begun, f"{step}\n", *worker.stdout]


@pytest.fixture(scope="module")
def moments() -> list[tuple[str, float]]:
    """Steps of a process, new and settled, and how long into them it is killed."""
    steps = [f"{step} {number}" for step in ("append", "forget", "tidy") for number in (0, 1)]
    return [(step, random.uniform(0, 0.08)) for step in steps for _ in range(2)]


def test_a_killed_process_leaves_before_or_after_and_never_between(
    tmp_path: Path, moments: list[tuple[str, float]]
) -> None:
    for number, moment in enumerate(moments):
        root = tmp_path / str(number)
        begun = killed_in(root, *moment)
        ledger = Ledger(str(root))
        appended = sum(1 for line in begun if line.startswith("append"))
        forgotten = sum(1 for line in begun if line.startswith("forget"))
        is_erasure = pl.col("scope") == "erased"
        counts = ledger.scan().select(entries=(~is_erasure).sum(), erasures=is_erasure.sum()).collect()
        runs, erasures = counts["entries"].item() / BATCH, counts["erasures"].item()
        assert verify(ledger, Runs(str(root))).is_sound, begun[-1]
        assert runs in (appended - 1, appended), begun[-1]
        assert erasures in (forgotten - 1, forgotten), begun[-1]
        _goes_on(ledger, int(runs))


def _goes_on(ledger: Ledger, runs: int) -> None:
    """The next process finishes what was begun, and no file holds who was forgotten."""
    ledger.append(batch(), f"run:{runs}")
    forget(ledger, "user1@example.org", [KEY], "dpo", "asked", AS_OF)
    assert verify(ledger, Runs(ledger.root)).is_sound
    assert erased_match(ledger, pl.Series(["user1@example.org", "nobody@example.org"]), [KEY]).height == 1
    left = [pl.read_parquet(file, columns=["key"]) for file in Path(ledger.state.uri).glob("*.parquet")]
    assert not (pl.concat(left)["key"] == "user1@example.org").any()

"""kill -9 at any moment, then a rerun: the bytes of an undisturbed run, and a ledger that verifies."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

from hygiene import flow
from hygiene.config import load_job
from hygiene.ledger.audit import verify
from hygiene.store import Store
from tests.builders import AS_OF
from tests.conftest import COMMAND, ROOT, copy_job

MOMENTS = int(os.environ.get("HYGIENE_CRASH_MOMENTS", "6"))


def published(folder: Path) -> bytes:
    return (folder / "out/latest/manifest.json").read_bytes()


def kill_after(seconds: float, job: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen([*COMMAND, "run", str(job), "-q"], env=environment, stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    run.send_signal(signal.SIGKILL)
    run.wait()


def test_a_rerun_after_a_kill_publishes_what_an_undisturbed_run_does(tmp_path: Path, sample: Path) -> None:
    moments = random.Random(20260701)
    for number in range(MOMENTS):
        folder = tmp_path / str(number)
        job = copy_job(folder)
        kill_after(moments.uniform(0.5, 4.5), job)
        told = load_job(job)
        assert flow.run(told, AS_OF).status == "published"
        if len([one for one in (folder / "out").iterdir() if one.name.startswith("2026")]) == 1:
            assert published(folder) == published(sample)
        store = Store(told.state, told.job.storage_options)
        assert verify(store.ledger, store.runs).is_sound

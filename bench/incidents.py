"""A million refusals of one bad day and the day before, on one core: doubts, incidents and their samples.

python -m bench.incidents [EVENTS]
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

GOAL_S = 10.0


def main(arguments: Sequence[str]) -> None:
    """Measures in a process of its own, which has one thread."""
    command = [sys.executable, "-m", "bench.incidents", "--here", *arguments]
    subprocess.run(command, env={**os.environ, "POLARS_MAX_THREADS": "1"}, check=True)


def here(events: int) -> None:
    """Generates, then measures."""
    from bench.bounces import generated
    from hygiene.classify.bounces import with_bounce_meaning
    from hygiene.model.tables import ACTIVITY, DNS_ANSWERS
    from hygiene.policy.policy import Policy
    from hygiene.sender.bursts import doubts, readers
    from hygiene.sender.incidents import incidents, large, with_ids
    from hygiene.sender.records import NOTHING_KNOWN
    from hygiene.sender.refusals import collected, refusals

    happened, policy = generated(events), Policy()
    before, wall = time.process_time(), time.perf_counter()
    meant = with_bounce_meaning(happened.lazy()).collect().lazy()
    judged = time.process_time()
    doubts(meant, ACTIVITY.empty().lazy(), readers(happened), DNS_ANSWERS.empty(), policy)
    doubted = time.process_time()
    rows, samples = collected(refusals(meant, DNS_ANSWERS.empty()))
    refused = large(with_ids(rows, NOTHING_KNOWN, policy), NOTHING_KNOWN, policy)
    found = incidents(refused, samples, NOTHING_KNOWN, {})
    done = time.process_time()
    print(f"{events:,} bounces: meaning {judged - before:.1f} s, doubts {doubted - judged:.1f} s, "
          f"{len(found):,} incidents {done - doubted:.1f} s; {done - before:.1f} s CPU of {GOAL_S:.0f}, "
          f"{time.perf_counter() - wall:.1f} s wall")  # fmt: skip


if __name__ == "__main__":
    rest = sys.argv[1:]
    if rest[:1] == ["--here"]:
        here(int(rest[1]) if len(rest) > 1 else 1_000_000)
    else:
        main(rest)

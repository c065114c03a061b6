"""A million bounces, each with its own address, IP and ids: read, judged and joined back by one process.

python -m bench bounces [EVENTS]
"""

import resource
import tempfile
import time
from pathlib import Path

import polars as pl
from polars import col

from hygiene.classify.bounces import bounce_action, with_bounce_meaning
from hygiene.model.tables import EVENTS, INSTANT
from hygiene.policy.policy import Policy
from tests.classify.replies import table

DOMAINS = 20_000


def generated(events: int) -> pl.DataFrame:
    """Bounces in the words of the truth tables; addresses, hosts, IPs and queue ids differ from event to event."""
    replies = [case["reply"] for name in ("bounce_wording.csv", "bounce_traps.csv") for case in table(name)]
    texts = pl.Series([reply.replace("bob@", "@@").replace("192.0.2.1", "##") for reply in replies], dtype=pl.String)
    number = pl.int_range(events, dtype=pl.Int64)
    address = pl.format("reader{}@domain{}.example", number, (number * 7919) % DOMAINS)
    ip = pl.format("198.51.{}.{}", (number // 251) % 100, number % 251)
    ending = pl.format(" (queue id {}f{}a, {} - gsmtp)", number * 48271, number * 16807, number)
    drawn = pl.DataFrame({"n": range(events)}).select(
        number.alias("n"), diagnostic=texts.gather(range_of(events, texts))
    )
    return EVENTS.fill(
        drawn.select(
            occurred_at=pl.lit("2026-06-01").str.to_datetime().cast(INSTANT),
            address=address,
            address_key=address,
            mailbox_key=address,
            kind=pl.lit("bounced"),
            diagnostic=(
                col("diagnostic")
                .str.replace("@@", pl.format("reader{}@", "n"), literal=True)
                .str.replace("##", ip, literal=True)
                + ending
            ),
            source=pl.lit("bench"),
        )
    )


def range_of(events: int, texts: pl.Series) -> pl.Series:
    """Which text each event has."""
    return pl.int_range(events, eager=True) * 7 % len(texts)


def main(arguments: list[str]) -> None:
    """Generates, then measures in this process."""
    events = int(arguments[0]) if arguments else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "events.parquet")
        generated(events).write_parquet(file)
        before, wall = time.process_time(), time.perf_counter()
        told = with_bounce_meaning(pl.scan_parquet(file)).with_columns(action=bounce_action(Policy()))
        counts = told.group_by("action").len().sort("action").collect()
    spent = f"{time.process_time() - before:.1f} s CPU, {time.perf_counter() - wall:.1f} s wall"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{events:,} bounces: {spent}, {memory:,.0f} MiB at most (with generating)")
    print(dict(counts.iter_rows()))

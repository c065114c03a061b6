"""Logs of mail servers: lines become records, and what other lines of the same message say is joined to them.

The lines that count go to the work folder; messages are joined a share at a time, so that memory does not grow with
the log.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from polars import col

from hygiene.formats.format import Format, Reading, formats
from hygiene.ingest.batch import Batch
from hygiene.ingest.batches import in_threads
from hygiene.ingest.encoding import MARK
from hygiene.ingest.logs.expiries import expired
from hygiene.ingest.logs.lines import Picked, Sort, picked, sorts_of
from hygiene.ingest.logs.redirections import with_address
from hygiene.ingest.logs.times import log_instant, written_at
from hygiene.ingest.meaning import meaning
from hygiene.ingest.text import TextFile
from hygiene.model.errors import InputError

BATCH_LINES = 25_000
RECIPIENTS_AT_ONCE = 150_000
BUCKETS = 1024
"""Messages are put into so many by their id; a share is some of them."""
ROW_GROUP = 4_096
"""Small, so that a share skips what is not its own."""
OTHERS = "a line about no recipient"


def log_format(named: str | None, head: str) -> Format | None:
    """The format of that name where it is a log's; without a name, that of a log which begins like this."""
    logs = [each for each in formats().values() if each.read and each.read.container == "log"]
    if named is not None:
        return next((each for each in logs if each.name == named), None)
    return next((each for each in logs if each.read and _is_of(each.read, head)), None)


def log_batches(text: TextFile, system: Format, work: Path, zone: str) -> Iterator[Batch]:
    """What the lines of a log mean; `zone` is where the server's clock is.

    Raises InputError where no line is of this log.
    """
    reading = system.read or Reading()
    sorts, written, recipients = sorts_of(reading.log), written_at(text.path), 0
    known = _is_of(reading, text.head)
    with TemporaryDirectory(dir=work, prefix="log-") as name:
        folder = Path(name)
        for number, found in enumerate(in_threads(lambda lines: picked(lines, sorts), _lines(text))):
            _keep(found, folder, number)
            recipients += found.recipient.height
            known = known or bool(found.recipient.height or found.message.height)
            yield _aside(found)
        if not known:
            raise InputError(f"holds no line of a log of {system.name}.", str(text.path), "Correct `format`.")
        shares = min(BUCKETS, 1 + recipients // RECIPIENTS_AT_ONCE)
        for share in range(shares):
            records = _records(folder, sorts, share, shares)
            at = log_instant(col("at"), written, zone).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
            meant = meaning(records.with_columns(at=at), system, reading, ())
            yield meant.with_rejects(meant.rejects, records.select("line", "raw"))


def _is_of(reading: Reading, head: str) -> bool:
    return bool(re.search(reading.log.whole(reading.log.sign), head))


def _lines(text: TextFile) -> Iterator[pl.DataFrame]:
    """Batches of `line` and `raw`."""
    numbered = text.lines().select(col("line").cast(pl.UInt32) + 1, raw=col("text").str.strip_chars_end("\r"))
    yield from numbered.collect_batches(chunk_size=BATCH_LINES, maintain_order=True)


def _keep(found: Picked, folder: Path, number: int) -> None:
    for about in ("recipient", "message", "waiting"):
        frame: pl.DataFrame = getattr(found, about)
        bucket = (col("message").hash(seed=0) % BUCKETS).cast(pl.UInt16)
        part = folder / f"{about}-{number}.parquet"
        frame.with_columns(bucket=bucket).sort("bucket").write_parquet(
            part, compression="lz4", row_group_size=ROW_GROUP
        )


def _aside(found: Picked) -> Batch:
    others = pl.DataFrame({"type": [OTHERS], "records": [found.others]}, schema=Batch.IGNORED)
    rejects = found.rejects.with_columns(col("raw").str.replace_all(MARK, "\ufffd", literal=True))
    return Batch(rejects=rejects, ignored=others.filter(col("records") > 0))


def _records(folder: Path, sorts: tuple[Sort, ...], share: int, shares: int) -> pl.DataFrame:
    """One record for each line about a recipient of this share of the messages, and for each who was given up."""
    recipients, messages, waiting = (
        _share(folder, about, share, shares) for about in ("recipient", "message", "waiting")
    )
    of = {name: values for sort in sorts for name, values in sort.line.of.items()}
    every = pl.concat([recipients, expired(recipients, waiting, of)]) if waiting.height else recipients
    told = messages.drop("line", "raw", "at", strict=False)
    facts = told.group_by("message").agg(pl.all().drop_nulls().last())
    readable = every.with_columns(
        pl.col(pl.String).exclude("to", "orig_to").str.replace_all(MARK, "\ufffd", literal=True)
    )
    return with_address(readable).join(facts, on="message", how="left", suffix=":message")


def _share(folder: Path, about: str, share: int, shares: int) -> pl.DataFrame:
    first, end = BUCKETS * share // shares, BUCKETS * (share + 1) // shares
    rows = pl.scan_parquet(folder / f"{about}-*.parquet")
    return rows.filter(col("bucket") >= first, col("bucket") < end).drop("bucket").collect().sort("line")

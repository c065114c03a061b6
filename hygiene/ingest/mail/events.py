"""Messages become events: each is read for its reports, and the records of many go through the meaning step at once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import polars as pl
from polars import col

from hygiene.config import EventSource
from hygiene.formats.format import Format, Reading, format_named, formats
from hygiene.ingest.batch import RAW_LENGTH, Batch
from hygiene.ingest.mail.letters import Letter, has_mail, letters
from hygiene.ingest.mail.parts import Record
from hygiene.ingest.mail.reports import Told, told
from hygiene.ingest.meaning import meaning
from hygiene.model.errors import InputError

BOUNCES = "dsn"
COMPLAINTS = "arf"
BOTH = f"{BOUNCES}+{COMPLAINTS}"
"""What a mailbox is read as that the job does not say: a bounce address gets both."""
LOOK = "Set `format` to what the file is, or leave it out."
BATCH_LETTERS = 1_000
STRIDE = 1 << 16
"""More records than that no message has."""
REJECTED = {"line": pl.UInt32, "raw": pl.String, "reason": pl.String}
FIELDS = (
    "report",
    "message_id",
    "occurred_at",
    "campaign",
    "list_id",
    "recovered",
    "original_recipient",
    "final_recipient",
    "action",
    "status",
    "diagnostic",
    "feedback_type",
    "address",
    "recipients",
    "source_ip",
    "raw",
)
"""Of the records, by which the format files of bounces and complaints speak."""


def mail_format(source: EventSource, path: Path, members: tuple[Path, ...]) -> Format | None:
    """The format of a file or folder of messages; None where it is something else.

    Raises InputError where the job says that it is mail, and it is not.
    """
    named = formats().get(source.format)
    if named and named.read and named.read.container == "mail":
        if not members and not has_mail(path):
            raise InputError(f"holds no mail, and format {named.name} is of messages.", str(path), LOOK)
        return named
    if members or (source.format == "auto" and has_mail(path)):
        return format_named(BOUNCES).model_copy(update={"name": BOTH})
    return None


def mail_batches(path: Path, members: tuple[Path, ...], name: str, format_name: str) -> Iterator[Batch]:
    """What the messages of a file or folder mean; `format_name` says which reports count.

    `name` is what the job calls the file; the events of a folder or an archive name the message's own file in it.
    """
    found = letters(path, members)
    while batch := list(islice(found, BATCH_LETTERS)):
        yield _placed(_read(batch, format_name.split("+")), batch, name)


def _read(batch: list[Letter], wanted: list[str]) -> Batch:
    """`line` is the record's number: that of its message in the batch, times STRIDE, and its own in the message."""
    bounces, complaints = format_named(BOUNCES), format_named(COMPLAINTS)
    readings = (bounces.read or Reading()), (complaints.read or Reading())
    said = [_told(letter, readings[0], readings[1]) for letter in batch]
    parts = [_aside(batch, said)]
    for system, reading, records in (
        (bounces, readings[0], [one.bounces for one in said]),
        (complaints, readings[1], [one.complaints for one in said]),
    ):
        flat = _flat(records)
        if flat.height:
            parts.append(_meant(flat, system, reading) if system.name in wanted else _not_wanted(system, flat))
    return Batch(
        pl.concat([part.events for part in parts]),
        pl.concat([part.rejects for part in parts]),
        pl.concat([part.ignored for part in parts]),
    )


def _meant(flat: pl.DataFrame, system: Format, reading: Reading) -> Batch:
    meant = meaning(flat, system, reading, ())
    return meant.with_rejects(meant.rejects, flat.select("line", "raw"))


def _told(letter: Letter, bounces: Reading, complaints: Reading) -> Told:
    if letter.problem:
        return Told([], [], problem=letter.problem)
    return told(letter.content, bounces.mail, complaints.mail)


def _flat(records: Iterable[list[Record]]) -> pl.DataFrame:
    rows = [
        (number * STRIDE + place, *map(record.get, FIELDS))
        for number, several in enumerate(records)
        for place, record in enumerate(several[:STRIDE])
    ]
    schema = {"line": pl.UInt32(), **dict.fromkeys(FIELDS, pl.String())}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _aside(batch: list[Letter], said: list[Told]) -> Batch:
    """Messages that are no report, counted, and those that cannot be read."""
    ignored = pl.Series("type", [one.ignored for one in said if one.ignored], dtype=pl.String)
    counted = ignored.to_frame().group_by("type").agg(records=pl.len().cast(pl.UInt32))
    bad = [
        (number * STRIDE, _start(batch[number].content), one.problem) for number, one in enumerate(said) if one.problem
    ]
    return Batch(rejects=pl.DataFrame(bad, schema=REJECTED, orient="row"), ignored=counted)


def _not_wanted(system: Format, flat: pl.DataFrame) -> Batch:
    label = f"{system.title}: another format than the job names"
    counted = {"type": [label], "records": [(flat["line"] // STRIDE).n_unique()]}
    return Batch(rejects=pl.DataFrame(schema=REJECTED), ignored=pl.DataFrame(counted, schema=Batch.IGNORED))


def _start(content: bytes) -> str:
    return content[: 2 * RAW_LENGTH].decode("utf-8", "replace")[:RAW_LENGTH]


def _placed(read: Batch, batch: list[Letter], name: str) -> Batch:
    """With the file and line of each message in place of its number."""
    places = pl.DataFrame(
        {
            "number": range(len(batch)),
            "at": [letter.line for letter in batch],
            "source": [f"{name}/{letter.name}" if letter.name else name for letter in batch],
        },
        schema={"number": pl.UInt32, "at": pl.UInt32, "source": pl.String},
    )
    events, rejects = (
        frame.with_columns(number=col("line") // STRIDE)
        .join(places, on="number", how="left", maintain_order="left")
        .with_columns(line=col("at"))
        .drop("at", "number")
        for frame in (read.events, read.rejects)
    )
    return Batch(events, rejects, read.ignored)

"""Avro files (binary, with their schema) become Parquet in the work folder, so that one way reads both."""

from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from hygiene.ingest.streams import working_copy
from hygiene.model.errors import InputError

AVRO = b"Obj\x01"


def as_parquet(path: Path, work: Path) -> Path:
    """A copy of the table in the work folder; raises InputError where it cannot be read."""
    try:
        frame = pl.read_avro(path)
    except (PolarsError, PanicException, OSError) as error:
        fix = "Copy it again, or export JSON."
        raise InputError(f"the Avro file cannot be read ({str(error).splitlines()[0]}).", str(path), fix) from error
    with working_copy(work, path) as target:
        frame.write_parquet(target, compression="lz4")
    return Path(target.name)

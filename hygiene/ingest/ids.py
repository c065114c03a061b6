"""The customer's own ids of people, for systems that know a person by nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from polars import col

from hygiene.formats.format import format_named
from hygiene.ingest.delimited import open_delimited
from hygiene.ingest.text import open_text
from hygiene.model.errors import InputError

ID = "external_id"


def read_ids(path: Path) -> pl.DataFrame:
    """Columns address and external_id of a CSV file that has both; raises InputError."""
    with TemporaryDirectory(prefix="hygiene-") as work:
        opened = open_delimited(open_text(path, Path(work)), Path(work), None, True)
        plain = {name.strip().lower().replace(" ", "_"): name for name in opened.columns}
        reading = format_named("csv").suppressions
        known = reading.columns["address"] if reading else ()
        address = next((plain[name] for name in known if name in plain), None)
        if address is None or ID not in plain:
            raise InputError(f"needs a column of addresses and one called {ID}.", str(path))
        rows = opened.scan().select(
            address=col(address).str.strip_chars(), external_id=col(plain[ID]).str.strip_chars()
        )
        return rows.filter((col("address") != "") & (col(ID) != "")).collect()

"""The subscriber lists of a job, opened: what can be read, what cannot and why, and where the address stands."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl
from polars import col

from hygiene.config import ListSource
from hygiene.ingest.delimited import Delimited, open_delimited
from hygiene.ingest.json_lines import JsonLines, open_json_lines
from hygiene.ingest.parquet_list import ParquetList, open_parquet
from hygiene.ingest.streams import PARQUET, files_of, first_bytes
from hygiene.ingest.text import open_text
from hygiene.ingest.times import instant, midnight
from hygiene.model.errors import InputError
from hygiene.model.tables import INSTANT, REJECTS
from hygiene.policy.policy import Policy

ADDRESS_NAMES = frozenset(
    {
        "email", "emailaddress", "emailaddr", "mail", "mailaddress", "address", "subscriberemail", "customeremail",
        "useremail", "contactemail", "recipient", "emailadresse", "mailadresse", "adresseemail", "adressemail",
        "courriel", "adressemel", "correo", "correoelectronico", "indirizzoemail", "emailadres", "eposta",
    }
)  # fmt: skip
"""Names of the address column, in lower case with letters only."""
NO_ADDRESS = "no address"
YES = ["true", "yes", "y", "1", "t", "ja", "oui", "si", "sí"]


class Rows(Protocol):
    """What a list is, whatever its format."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def records(self) -> int: ...
    @property
    def digest(self) -> str: ...
    def rejects(self) -> pl.DataFrame:
        """Columns line, row, reason, raw."""

    def scan(self) -> pl.LazyFrame:
        """`row` and the columns, in file order."""


@dataclass(frozen=True)
class OpenList:
    """A list that was looked at once; `scan` gives the same rows in the same order each time."""

    name: str
    path: Path
    source: ListSource
    form: Delimited | JsonLines | ParquetList
    address_column: str
    rejects: pl.DataFrame
    """REJECTS."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns as they are in the file."""
        return self.form.columns

    @property
    def records(self) -> int:
        """All records, unreadable ones included."""
        return self.form.records

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.form.digest

    def readable(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows without those that hold no address."""
        gone = self.rejects.filter(col("reason") == NO_ADDRESS)["row"]
        return rows if gone.is_empty() else rows.filter(~col("row").is_in(gone.implode()))

    def raw_subscribers(self) -> pl.LazyFrame:
        """Columns list, row, raw (the address cell), subscribed_at and is_confirmed of every readable record."""
        subscribed, confirmed = self.source.subscribed_at_column, self.source.confirmed_column
        at = _instants(col(subscribed).cast(pl.String)) if subscribed else pl.lit(None)
        said = (
            col(confirmed).cast(pl.String).str.strip_chars().str.to_lowercase()
            if confirmed
            else pl.lit(None, pl.String)
        )
        return self.readable(self.form.scan()).select(
            pl.lit(self.name).alias("list"),
            "row",
            col(self.address_column).cast(pl.String).alias("raw"),
            at.cast(pl.Datetime("us", "UTC")).alias("subscribed_at"),
            (said.is_in(YES) | said.str.contains(r"^\d{4}-\d\d-\d\d")).alias("is_confirmed"),
        )


def _instants(texts: pl.Expr) -> pl.Expr:
    """The instants of a column, in whatever form; each text that is no plain date is read once."""
    return texts.map_batches(_read_once, return_dtype=INSTANT, is_elementwise=True)


def _read_once(texts: pl.Series) -> pl.Series:
    rows = texts.to_frame("text").with_columns(day=midnight(col("text")))
    odd = rows.filter(col("day").is_null()).select(col("text").drop_nulls().unique())
    if odd.is_empty():
        return rows["day"]
    read = odd.with_columns(at=instant(col("text"), "auto").cast(INSTANT))
    joined = rows.join(read, on="text", how="left", maintain_order="left")
    return joined.select(pl.coalesce("day", "at")).to_series()


def open_lists(sources: Sequence[ListSource], base: Path, work: Path, policy: Policy) -> list[OpenList]:
    """Opens every list; raises InputError for what is no list, lacks its columns, or is mostly unreadable."""
    opened = []
    for source in sources:
        files = files_of(source.path, base)
        several = len(files) > 1 or "*" in source.path
        opened += [
            _opened(source, f"{source.name}-{_stem(file)}" if several else source.name, file, base, work)
            for file in files
        ]
    names = [one.name for one in opened]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"two lists would be called {twice}.", fix="Give each [[lists]] a name of its own.")
    for one in opened:
        _not_mostly_unreadable(one, policy)
    return opened


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _opened(source: ListSource, name: str, path: Path, base: Path, work: Path) -> OpenList:
    form = _form(source, path, work)
    address = _address_column(source, form, path)
    for wanted in (source.subscribed_at_column, source.confirmed_column):
        if wanted and wanted not in form.columns:
            raise _no_column(wanted, form.columns, path)
    here = str(path.relative_to(base) if path.is_relative_to(base) else path)
    rejects = form.rejects().with_columns(source=pl.lit(here))
    missing = _without_address(form, address).with_columns(source=pl.lit(here))
    both = pl.concat([rejects.select(*REJECTS.columns), missing.select(*REJECTS.columns)]).sort("row")
    return OpenList(name, path, source, form, address, REJECTS.conform(both))


def _form(source: ListSource, path: Path, work: Path) -> Delimited | JsonLines | ParquetList:
    if first_bytes(path, len(PARQUET)) == PARQUET:
        return open_parquet(path)
    if source.format == "parquet":
        raise InputError("is no Parquet file.", str(path), 'Set format = "auto".')
    text = open_text(path, work, source.encoding)
    is_json = text.head.lstrip().startswith("{")
    if source.format == "ndjson" or (source.format == "auto" and is_json):
        return open_json_lines(text)
    return open_delimited(text, work, source.delimiter, source.has_header)


def _address_column(source: ListSource, form: Rows, path: Path) -> str:
    """The column named, or the only one recognised by its name, or the only one that holds addresses."""
    if source.address_column:
        if source.address_column not in form.columns:
            raise _no_column(source.address_column, form.columns, path)
        return source.address_column
    named = [name for name in form.columns if re.sub(r"[^a-zà-ÿ]", "", name.lower()) in ADDRESS_NAMES]
    found = named or _holding_addresses(form)
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            f"no column holds addresses; there are {', '.join(form.columns)}.",
            str(path),
            "Set address_column for this list.",
        )
    raise InputError(
        f"{' and '.join(found)} could both be the address.", str(path), "Set address_column for this list."
    )


def _holding_addresses(form: Rows) -> list[str]:
    """Columns of text in which most of the first 200 cells hold one @."""
    texts = form.scan().drop("row").head(200).collect().select(pl.selectors.string())
    hits = texts.select((pl.all().str.count_matches("@", literal=True) == 1).sum())
    return [name for name in texts.columns if hits[name].item() > texts.height / 2]


def _no_column(name: str, columns: Sequence[str], path: Path) -> InputError:
    close = difflib.get_close_matches(name, columns, 1)
    hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(columns)}."
    return InputError(f"there is no column {name}.", str(path), hint)


def _without_address(form: Delimited | JsonLines | ParquetList, address: str) -> pl.DataFrame:
    """Rejects for the records whose address cell is empty."""
    cell = col(address).cast(pl.String).fill_null("")
    cells = pl.concat_str([col(name).cast(pl.String).fill_null("") for name in form.columns], separator=",")
    rows = form.scan().filter(cell.str.strip_chars() == "").select("row", raw=cells.str.head(500)).collect()
    return rows.with_columns(line=form.line_of(rows["row"]), reason=pl.lit(NO_ADDRESS))


def _not_mostly_unreadable(one: OpenList, policy: Policy) -> None:
    if one.rejects.height > policy.rejected_share * one.records and one.rejects.height > 1:
        first = one.rejects.row(0, named=True)
        raise InputError(
            f"{one.rejects.height:,} of {one.records:,} rows cannot be read (line {first['line']}: {first['reason']}); "
            f"the policy's rejected_share allows {policy.rejected_share:.0%}.",
            str(one.path),
            "Check delimiter and encoding of this list.",
        )

"""The cleaned lists: a second pass over each file, with the verdicts glued on by row, and nothing else changed."""

import codecs
import gzip
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl
from polars import col

from hygiene.ingest.delimited import Delimited
from hygiene.ingest.json_lines import JsonLines
from hygiene.ingest.lists import OpenList
from hygiene.ingest.text import TextFile
from hygiene.model.errors import UnbalancedError
from hygiene.model.spreadsheet import defused
from hygiene.model.words import Verdict

CHUNK = 1 << 20
BOMS = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def write_lists(
    opened: OpenList, decisions: pl.LazyFrame, mended: pl.LazyFrame, folder: Path, work: Path
) -> dict[Verdict, int]:
    """Writes the cleaned list; how many rows each verdict has.

    `decisions` (row, verdict) come in any order, `mended` has row and address of the rows that were repaired. Raises
    UnbalancedError where the decisions are not one per readable row.
    """
    verdicts = _by_row(opened, decisions)
    is_mailed = ((verdicts == Verdict.KEEP.value) | (verdicts == Verdict.REVIEW.value)).alias("is_mailed")
    glue = _Glue(opened, is_mailed, mended.select("row", mended="address").sort("row").collect())
    target = folder / f"{opened.name}{''.join(opened.path.suffixes) or '.csv'}"
    match opened.form:
        case Delimited():
            _delimited(glue, opened.form, target, work)
        case JsonLines():
            _json_lines(glue, opened.form, target, work)
        case _:
            glue.mailed(opened.form.scan()).sink_parquet(target)
    return {Verdict(word): count for word, count in verdicts.value_counts().rows()}


def _by_row(opened: OpenList, decisions: pl.LazyFrame) -> pl.Series:
    """The verdict of every readable row, in the order of the file."""
    found = decisions.select("row", "verdict").collect()
    readable = opened.records - opened.rejects.height
    verdicts = pl.Series("verdict", [None], found.schema["verdict"]).new_from_index(0, opened.records)
    verdicts = verdicts.scatter(found["row"], found["verdict"]).drop_nulls()
    if not len(verdicts) == found.height == readable:
        raise UnbalancedError(
            f"{readable:,} rows, {found.height:,} decisions.", f"list {opened.name}", "Please report it."
        )
    return verdicts


@dataclass(frozen=True)
class _Glue:
    """What is put to the rows of a file as it is read the second time."""

    opened: OpenList
    is_mailed: pl.Series
    """One value per readable row, in order."""
    mended: pl.DataFrame
    """`row` and the `mended` address."""

    def put_to(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows to be mailed, with `mended` where the address was repaired."""
        told = pl.concat([self.opened.readable(rows), self.is_mailed.to_frame().lazy()], how="horizontal")
        return told.filter("is_mailed").join(self.mended.lazy(), on="row", how="left", maintain_order="left")

    def mailed(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows to be mailed, with mended addresses, in the columns of the file."""
        name = self.opened.address_column
        return self.put_to(rows).with_columns(pl.coalesce("mended", name).alias(name)).select(self.opened.columns)


def _delimited(glue: _Glue, form: Delimited, target: Path, work: Path) -> None:
    terminator = form.text.line_terminator
    with _written(form.text, target, work) as file:
        head = form.shape.head
        file.write((head.replace("\n", terminator) if terminator == "\r" else head).encode())
        glue.mailed(form.scan(empty_is_null=True)).sink_csv(
            file,
            include_header=False,
            separator=form.shape.delimiter,
            line_terminator=terminator,
            quote_style="always" if form.shape.quotes_all else "necessary",
        )


def _json_lines(glue: _Glue, form: JsonLines, target: Path, work: Path) -> None:
    glued = glue.put_to(form.lines())
    mended = glued.filter(col("mended").is_not_null()).select("text", "mended").unique().collect()
    name = glue.opened.address_column
    new = [json.dumps({**json.loads(text), name: address}, ensure_ascii=False) for text, address in mended.rows()]
    table = mended.with_columns(new=pl.Series(new, dtype=pl.String)).lazy()
    lines = glued.join(table, on=["text", "mended"], how="left", maintain_order="left")
    with _written(form.text, target, work) as file:
        lines.select(pl.coalesce("new", "text")).sink_csv(
            file, include_header=False, line_terminator=form.text.line_terminator, quote_style="never"
        )


@contextmanager
def _written(text: TextFile, target: Path, work: Path) -> Iterator[IO[bytes]]:
    """A file to write UTF-8 to, which ends up in the list's own encoding and compression."""
    as_it_is = text.encoding == "utf-8" and text.compression is None
    plain = target if as_it_is else work / f"{target.name}.plain"
    with os.fdopen(os.open(plain, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        if as_it_is and text.has_bom:
            file.write(codecs.BOM_UTF8)
        yield file
    if not as_it_is:
        _packed(plain, target, text)
        plain.unlink()


def _packed(plain: Path, target: Path, text: TextFile) -> None:
    """Encodes and compresses; what the encoding cannot say is kept as a character reference."""
    encoder = codecs.getincrementalencoder(text.encoding)("xmlcharrefreplace")
    with plain.open("rb") as source, _packer(target, text.compression) as file:
        if text.has_bom:
            file.write(BOMS[text.encoding])
        decoder = codecs.getincrementaldecoder("utf-8")()
        while chunk := source.read(CHUNK):
            file.write(encoder.encode(decoder.decode(chunk)))


@contextmanager
def _packer(target: Path, compression: str | None) -> Iterator[IO[bytes]]:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
        if compression == "gzip":
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
                yield packed  # type: ignore[misc]  # a GzipFile writes bytes, though it is no IO[bytes] by name
        elif compression == "zstd":
            import zstandard

            with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as packed:
                yield packed
        else:
            yield raw


def write_rejects(rejects: pl.DataFrame, path: Path) -> None:
    """REJECTS as CSV for people, with no cell that a spreadsheet would execute."""
    texts = [name for name, dtype in rejects.schema.items() if dtype == pl.String]
    rejects.with_columns(defused(name) for name in texts).write_csv(path)

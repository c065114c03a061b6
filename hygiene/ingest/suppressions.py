"""Suppression lists of other systems, as rows of IMPORTS without the keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from polars import col

from hygiene.config import SuppressionSource
from hygiene.formats.format import Format, Reading, SuppressionReading, format_named, formats
from hygiene.ingest.archives import is_archive, members, unpacked
from hygiene.ingest.conditions import first, holds, meets
from hygiene.ingest.delimited import open_delimited
from hygiene.ingest.generic import folded
from hygiene.ingest.json_events import flat_records
from hygiene.ingest.list_forms import is_json, list_formats, refuse_events
from hygiene.ingest.paths import parts_of
from hygiene.ingest.streams import files_of
from hygiene.ingest.text import TextFile, open_text
from hygiene.ingest.times import instant
from hygiene.model.errors import InputError

COLUMNS = ["address", "family", "reason", "suppressed_at", "source", "line", "is_told_apart"]


def read_suppressions(source: SuppressionSource, base: Path) -> pl.DataFrame:
    """Columns address, family (a ReasonFamily), reason, suppressed_at, source and line; raises InputError.

    `is_told_apart`: the row has a reason that is known, or its file has rows that say they are not suppressed.
    """
    system = format_named(source.format)
    if system.suppressions is None:
        known = ", ".join(name for name, each in formats().items() if each.suppressions)
        raise InputError(f"format {source.format} has no suppression list.", source.path, f"There are: {known}.")
    with TemporaryDirectory(prefix="hygiene-") as work:
        files = [found for path in files_of(source.path, base) for found in _files(_checked(path), Path(work))]
        return pl.concat([_listed(path, name, system, system.suppressions, Path(work)) for path, name in files])


def _checked(path: Path) -> Path:
    """Raises InputError for our own files of removals: they name whom to mail again, most in the form of any list."""
    if re.match(rf"(?:{'|'.join(map(re.escape, formats()))})-remove(?:-\d+)?[.]", path.name):
        raise InputError("is a file of removals, which suppresses nobody.", str(path), "Leave it out, or rename it.")
    return path


def _files(path: Path, work: Path) -> Iterator[tuple[Path, str]]:
    """The file and its name, or those of all files in an archive."""
    if not is_archive(path):
        yield path, path.name
        return
    for member in members(path):
        yield unpacked(path, member, work), f"{path.name}/{member}"


def _listed(path: Path, name: str, system: Format, reading: SuppressionReading, work: Path) -> pl.DataFrame:
    text = open_text(path, work)
    if reading.is_bare:
        rows = _bare_rows(text)
    else:
        rows = _json_rows(text, system, reading, work) if is_json(text) else _table_rows(text, reading, work)
    default = _family(name, rows, reading)
    refuse_events(text, name)
    cell = {column: first(paths, rows.schema) for column, paths in reading.columns.items()}
    reason, at = (cell.get(column, pl.lit(None, pl.String)) for column in ("reason", "suppressed_at"))
    word = reason.str.to_lowercase().str.replace_all(r"[^a-z0-9]+", "_").str.strip_chars("_")
    known = {word: family.value for word, family in reading.reasons.items()}
    is_out = _is_not_listed(reading, rows.schema)
    listed = (
        rows.with_columns(has_both=is_out.any())
        .filter(~is_out)
        .select(
            address=cell["address"].str.strip_chars(),
            family=pl.when(word.is_null())
            .then(pl.lit(default))
            .otherwise(word.replace_strict(known, default="unknown", return_dtype=pl.String)),
            reason=reason,
            suppressed_at=instant(at, "auto"),
            source=pl.lit(name),
            line=col("line"),
            is_told_apart=word.is_in(list(known)).fill_null(False) | col("has_both"),
        )
    )
    return listed.filter(col("address").str.contains("@", literal=True)).select(COLUMNS)


def _wanted(reading: SuppressionReading) -> list[str]:
    """All paths that the format names."""
    paths = [path for paths in reading.columns.values() for path in paths]
    paths += [path for sort in reading.sort for path in sort.columns]
    return list(dict.fromkeys(part for path in [*paths, *reading.not_listed] for part in parts_of(path) or [path]))


def _table_rows(text: TextFile, reading: SuppressionReading, work: Path) -> pl.DataFrame:
    """`line` and the columns that the format names, under these names; raises InputError where no one is an address."""
    opened = open_delimited(text, work, None, reading.header)
    found = opened.scan(empty_is_null=True).collect()
    # Made-up names are those of a file without a header.
    numbers = {str(number): name for number, name in enumerate(opened.columns) if name == f"column_{number + 1}"}
    theirs = {folded(name): name for name in reversed(opened.columns)} | numbers
    here = {
        path: theirs[key] for path in _wanted(reading) if (key := path if path in numbers else folded(path)) in theirs
    }
    if not set(reading.columns["address"]) & here.keys():
        wanted, told = ", ".join(reading.columns["address"]), list_formats(text)
        raise InputError(
            f"no column holds addresses; there are {', '.join(opened.columns)}.",
            str(text.path),
            f"It is a list of {told[0]}: name that as its format."
            if len(told) == 1
            else f"The format looks for {wanted}; is it the file's? `hygiene formats` lists them all.",
        )
    cells = [_value(col(name).str.strip_chars()).alias(path) for path, name in here.items()]
    return found.select(opened.line_of(found["row"]).alias("line"), *cells)


def _bare_rows(text: TextFile) -> pl.DataFrame:
    """`line` and, as `0`, what stands first in it; a quoted local part may hold white space (RFC 5321 4.1.2)."""
    first = col("text").str.extract(r'^\s*((?:"(?:[^"\\]|\\.)*"|[^\s"#]+)@\S+)', 1)
    return text.lines().select((col("line") + 1).cast(pl.UInt32), first.alias("0")).collect()


def _value(text: pl.Expr) -> pl.Expr:
    """An empty text is no value."""
    return pl.when(text != "").then(text)


def _json_rows(text: TextFile, system: Format, reading: SuppressionReading, work: Path) -> pl.DataFrame:
    """`line` and a column for each path; a row for each element where a path leads into a list."""
    looked_for = Reading(roots=reading.roots, columns={path: (path,) for path in _wanted(reading)})
    plain = system.model_copy(update={"shape": (), "event": ()})
    rows = pl.concat(list(flat_records(text, plain, looked_for, work)), how="vertical_relaxed")
    lists = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.List)]
    return rows.explode(lists, empty_as_null=True) if lists else rows


def _family(name: str, rows: pl.DataFrame, reading: SuppressionReading) -> str:
    """The reason of a row that names none; raises InputError where the list is none of suppressed addresses."""
    present = {column for column in rows.columns if rows[column].null_count() < rows.height}
    for sort in reading.sort:
        named = not sort.file or any(meets(name, (one,)) for one in sort.file)
        if named and set(sort.columns) <= present:
            if sort.family is None:
                raise InputError(f"is {sort.refused}.", name, "Leave it out, or rename it.")
            return sort.family.value
    return reading.default.value


def _is_not_listed(reading: SuppressionReading, schema: pl.Schema) -> pl.Expr:
    conditions = [holds({path: values}, schema) for path, values in reading.not_listed.items()]
    return pl.any_horizontal(*conditions) if conditions else pl.lit(False)

"""Lines of JSON that are alike but for some values, as a program writes them: read without decoding each.

The CSV reader cuts lines at their quotes, and makes no more cells than are asked for. One line of each sort is decoded
with a mark in place of every value that varies: the column where a mark comes out is where the values of its cell go.
A line is of a sort only where that line, with its values put in, is the very same: nothing is guessed. Any other line
is left to be decoded. JSON in a string, as SNS sends it, is cut at its own quotes too.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from secrets import randbelow
from typing import Any

import polars as pl
from polars import col

from hygiene.ingest.flat import without_empty
from hygiene.ingest.sections import Lines

Columns = Mapping[str, pl.Expr]
"""A flat record as expressions over the cells of its line."""

LEAST = 2_000
"""With fewer lines at hand, to learn what they have in common costs more than to decode them."""
SAMPLE = 128
"""So many lines tell which sorts there are, and what varies in each."""
LONGEST = 1 << 15
"""Bytes of a line that is looked at: the cells of one without end would fill the memory."""
SEED = 1
"""Of the draw, so that a file is always read in the same way; at even distances lines may be alike by chance."""
MOST = 16
"""So many sorts; lines of rarer ones are decoded."""
NUMBER = r"^([\s:,\[\]{}]*)(0|[1-9][0-9]{0,17})([\s:,\[\]{}]*\\*)$"
"""The only number between two strings: whole, and not too large for any reader."""
DRAWN = 10**8 + randbelow(9 * 10**8)
"""Part of each mark, drawn for this process: no file can hold it."""
MARK = re.compile(rf" Märk{DRAWN} (\d+) |{DRAWN}(\d{{9}})")
"""In place of a string, or of a number, with the number of the cell: what no reader changes unnoticed."""


@dataclass(frozen=True)
class Sort:
    """What lines of one sort have in common."""

    line: str
    """One of them, with marks in place of what varies."""
    columns: Columns

    @cached_property
    def values(self) -> list[str]:
        """Names of the cells that are strings which vary."""
        return [value for value, _ in MARK.findall(self.line) if value]

    @cached_property
    def open(self) -> list[str]:
        """Names of those that end with an escaped quote."""
        return re.findall(rf" Märk{DRAWN} (\d+) \\", self.line)

    @cached_property
    def numbers(self) -> list[str]:
        """Names of the cells with a number that varies."""
        return [str(int(number)) for _, number in MARK.findall(self.line) if number]

    def split(self, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`line` and what varies of those lines (`line, text`, cells) that are of this sort, and the other lines."""
        numbers = [col(cell).str.extract(NUMBER, 2) for cell in self.numbers]
        read = lines.with_columns(*numbers, *(col(cell).str.strip_suffix("\\") for cell in self.open))
        is_same = read.select((self._put_in() == col("text")).fill_null(False) & ~self._is_escaped()).to_series()
        return read.select("line", *self.values, *self.numbers).filter(is_same), lines.filter(~is_same)

    def records(self, lines: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Flat records by `line` and what varies."""
        return without_empty(pl.concat(lines, rechunk=True).select("line", **self.columns))

    def _put_in(self) -> pl.Expr:
        """The line with the values of another put in."""
        fixed = [pl.lit(text) for text in MARK.split(self.line)[::3]]
        varying = [col(cell) for cell in _cells(self.line)]
        return pl.concat_str([*(part for pair in zip(fixed, varying, strict=False) for part in pair), fixed[-1]])

    def _is_escaped(self) -> pl.Expr:
        """Whether a value does not stand for itself."""
        texts = self.values if "\\" in self.line else ["text"]
        return pl.any_horizontal(pl.lit(False), *(col(text).str.contains("\\", literal=True) for text in texts))


@dataclass
class Alike:
    """The sorts of lines in a section of a file, as its first part has them."""

    decode: Callable[[pl.DataFrame], tuple[Sequence[pl.DataFrame], AbstractSet[int]]]
    """Flat records (`line`, a column for each path) of lines (`line, text`), and which lines hold anything else."""
    words: AbstractSet[str]
    """Values, in lower case, that tell what a record is: lines that differ in one are of two sorts."""
    known: dict[str, Sort | None]
    """What was learned of marked lines in other sections."""
    sorts: list[Sort] | None = field(default=None, init=False)
    found: dict[str, list[pl.DataFrame]] = field(default_factory=dict, init=False)

    def records(self) -> list[pl.DataFrame]:
        """Flat records of all lines that were of a known sort."""
        return [sort.records(self.found[sort.line]) for sort in self.sorts or () if sort.line in self.found]

    def others(self, lines: Lines) -> pl.DataFrame:
        """`line, text` of the lines that are of no known sort; keeps the others."""
        if self.sorts is None:
            self.sorts = self._learned(lines.all["text"])
        if not self.sorts:
            return lines.all
        place, words = _telling([sort.line.split('"') for sort in self.sorts])
        varying = {int(cell) for sort in self.sorts for cell in (*sort.values, *sort.numbers)}
        cells = lines.cells('"', sorted({place, *varying}))
        if cells.height != lines.all.height:
            return lines.all
        told = col(str(place)).replace_strict(words, default=None, return_dtype=pl.Int32).alias("told")
        others = []
        whole = pl.concat([lines.all, cells], how="horizontal").with_columns(told)
        for (word,), some in whole.partition_by("told", as_dict=True).items():
            for sort in (sort for sort in self.sorts if words[sort.line.split('"')[place]] == word):
                mine, some = sort.split(some)
                self.found.setdefault(sort.line, []).append(mine)
            others.append(some.select("line", "text"))
        return pl.concat(others)

    def _learned(self, texts: pl.Series) -> list[Sort]:
        """The sorts that are frequent in these lines."""
        short = texts.filter(texts.str.len_bytes() <= LONGEST)
        if short.len() < LEAST:
            return []
        alike: dict[tuple[str, ...], list[list[str]]] = {}
        for text in short.sample(SAMPLE, seed=SEED):
            cells = text.split('"')
            alike.setdefault(tuple(_fixed(cells, self.words)), []).append(cells)
        by_size = sorted(alike.items(), key=lambda one: len(one[1]), reverse=True)
        frequent = [(fixed, lines) for fixed, lines in by_size[:MOST] if len(lines) > 1]
        if 2 * sum(len(lines) for _, lines in frequent) < SAMPLE:
            return []
        marked = [_marked(lines, fixed) for fixed, lines in frequent]
        if new := [line for line in marked if line not in self.known]:
            self.known.update(self._sorts(new))
        return [sort for line in marked if (sort := self.known[line])]

    def _sorts(self, marked: Sequence[str]) -> Iterator[tuple[str, Sort | None]]:
        """What is learned of marked lines; nothing of one that is not one record, or whose marks come out changed."""
        numbered = pl.DataFrame({"line": range(len(marked)), "text": marked}, schema_overrides={"line": pl.UInt32})
        frames, others = self.decode(numbered)
        for number, line in enumerate(marked):
            records = [record for frame in frames if (record := frame.filter(col("line") == number)).height]
            is_one = sum(one.height for one in records) == 1 and number not in others
            columns = _columns(records[0].drop("line")) if is_one else None
            yield line, Sort(line, columns) if columns else None


def _telling(sorts: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """The cell that tells most sorts (as cells) apart and varies in none; and a number for each text in it."""
    texts = [dict.fromkeys(cells) for cells in zip(*sorts, strict=False)]
    most = max(range(len(texts)), key=lambda place: 0 if MARK.search("".join(texts[place])) else len(texts[place]))
    return most, {text: number for number, text in enumerate(texts[most])}


def _cells(marked: str) -> list[str]:
    """Names of the cells whose marks stand in a text."""
    return [value or str(int(number)) for value, number in MARK.findall(marked)]


def _fixed(cells: Sequence[str], words: AbstractSet[str]) -> Iterator[str]:
    """The cells without the values that may vary: what lines of one sort share."""
    is_string = is_open = False
    for cell, following in zip(cells, [*cells[1:], ""], strict=True):
        was_open, is_open = is_open, is_string and _is_open(cell)
        end = "\\" if is_open else ""
        text = cell.removesuffix(end)
        is_key = following.lstrip().startswith(":")
        if not is_string or (was_open and re.search(NUMBER, cell)):
            yield _without_number(cell)
        else:
            yield cell if "\\" in text or is_key or text.lower() in words else end
        is_string = is_open or not is_string


def _is_open(cell: str) -> bool:
    """Whether the quote behind a cell is escaped, so that the string goes on."""
    return cell.endswith("\\") and (len(cell) - len(cell.rstrip("\\"))) % 2 == 1


@lru_cache(maxsize=1024)
def _without_number(cell: str) -> str:
    return re.sub(NUMBER, r"\1 0 \3", cell)


def _marked(lines: Sequence[Sequence[str]], fixed: Sequence[str]) -> str:
    """One of the lines (as cells), with marks in place of what varies."""
    marked = list(lines[0])
    for number, cells in enumerate(zip(*lines, strict=True)):
        if len(set(cells)) > 1:
            string, mark = f" Märk{DRAWN} {number} {fixed[number]}", rf"\g<1>{DRAWN}{number:09}\g<3>"
            marked[number] = string if fixed[number] in ("", "\\") else re.sub(NUMBER, mark, marked[number])
    return '"'.join(marked)


def _columns(record: pl.DataFrame) -> Columns | None:
    """The columns of a flat record whose values are marks; None where a mark was changed."""
    values = dict(zip(record.columns, record.row(0), strict=True))
    if any(MARK.search(text) and not MARK.fullmatch(text) for text in _texts(values.values())):
        return None
    return {name: _told(value, record.schema[name]) for name, value in values.items()}


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """All texts in values of a record, however deep."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (list, dict)):
            yield from _texts(value.values() if isinstance(value, dict) else value)


def _told(value: Any, dtype: Any) -> pl.Expr:
    """A value with the cells that its marks stand for."""
    if not any(MARK.search(text) for text in _texts([value])):
        return pl.lit(pl.Series([value], dtype=dtype)).first()
    if isinstance(value, list):
        return pl.concat_list(_told(one, dtype.inner) for one in value)
    if isinstance(value, dict):
        return pl.struct(_told(value[one.name], one.dtype).alias(one.name) for one in dtype.fields)
    return col(_cells(value)[0])

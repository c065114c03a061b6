"""What can a line of a delimited file be? Regular expressions for each form, for files of any delimiter and width.

A line begins outside a quoted cell or inside one (RFC 4180 section 2.6), and ends outside or inside: four forms, and
whatever fits none of them has a quote where none may stand.
"""

import re
from dataclasses import dataclass

import polars as pl

QUOTED = '"(?:[^"]|"")*"'
OPEN = '"(?:[^"]|"")*'


@dataclass(frozen=True)
class Forms:
    """Regular expressions for the lines of a file with `columns` cells a record."""

    delimiter: str
    columns: int

    @property
    def _mark(self) -> str:
        return re.escape(self.delimiter)

    @property
    def _cell(self) -> str:
        # Quotes inside an unquoted cell stand for themselves, as in `Ann "Bo" Lee`; RFC 4180 has no word for them.
        return rf'(?:{QUOTED}|(?:[^"{self._mark}][^{self._mark}]*)?)'

    @property
    def whole(self) -> str:
        """A record with all its cells, as RFC 4180 has it."""
        cell = rf'(?:{QUOTED}|[^"{self._mark}]*)'
        return rf"^{cell}(?:{self._mark}{cell}){{{self.columns - 1}}}$"

    @property
    def closed(self) -> str:
        """Begins outside, ends outside; any number of cells."""
        return rf"^{self._cell}(?:{self._mark}{self._cell})*$"

    @property
    def opens(self) -> str:
        """Begins outside, ends inside a quoted cell."""
        return rf"^(?:{self._cell}{self._mark})*{OPEN}$"

    @property
    def stays(self) -> str:
        """Begins inside, ends inside."""
        return rf'^(?:[^"]|"")*(?:"(?:{self._mark}{self._cell})*{self._mark}{OPEN})?$'

    @property
    def ends(self) -> str:
        """Begins inside, ends outside."""
        return rf'^(?:[^"]|"")*"(?:{self._mark}{self._cell})*$'

    def cells(self, text: pl.Expr) -> pl.Expr:
        """How many cells a closed record has."""
        bare = text.str.replace_all(rf"(^|{self._mark}){QUOTED}", "${1}")
        return bare.str.count_matches(self.delimiter, literal=True) + 1

    def fits(self, text: pl.Expr) -> pl.Expr:
        """Whether a record of one or more lines can be read."""
        return text.str.contains(self.closed) & (self.cells(text) == self.columns)

    def miscount(self, text: pl.Expr) -> pl.Expr:
        """The reason told of a record with too few or too many cells."""
        return pl.format(f"{{}} cells instead of {self.columns}", self.cells(text))

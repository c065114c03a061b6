"""How a list is written down: what the reader found, and what the writer keeps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """The form of a text file apart from its records; a Parquet file has none."""

    encoding: str = "utf-8"
    """Python's name: `utf-8`, `utf-16-le`, `utf-16-be` or `windows-1252`."""
    has_bom: bool = False
    line_terminator: str = "\n"
    compression: str | None = None
    """`gzip` or `zstd`."""
    delimiter: str = ","
    has_header: bool = True
    head: str = ""
    """The lines before the first record as they stand there: the header, and what precedes it."""
    head_lines: int = 0
    """How many lines those are."""
    quotes_all: bool = False
    """Whether every cell stands in quotes."""

"""Where a value lies in a JSON record: paths of a format file as a type to decode by, and as expressions.

formats/README.md tells how paths are written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from hygiene.formats.format import Format, Reading, Shape

FILE = "$file"
"""The path of the file's name."""
PLAIN = "="
"""What begins so is no path but the text that follows."""
ELEMENT = "@"
"""The element of the list that a shape walks; also the column that holds it."""
Tree = dict[str, Any]
"""Keys to trees; `[]` leads to the elements of a list; an empty tree is a text."""


@dataclass(frozen=True)
class Layout:
    """All paths of a format, sorted by where they are looked up."""

    dtype: pl.Struct
    """What a record is decoded as: the fields that are used, all others left out."""
    flat: tuple[str, ...]
    """Paths from the record's top, each a column of the flat record."""
    elements: tuple[str, ...]
    """Paths from the element that a shape walks."""


def layout(system: Format, reading: Reading) -> Layout:
    """What of a record the format's tables use."""
    named = [path for paths in reading.names.values() for path in paths]
    asked_for = [part for path in [*_used(system, reading), *named] for part in parts_of(path) or [path]]
    used = {path for path in asked_for if path not in (*reading.names, FILE) and path[:1] != PLAIN}
    elements = sorted(path for path in used if _is_of_element(path))
    walked = {shape.each for shape in system.shape if shape.each}
    flat = sorted((used - set(elements)) | walked)
    tree: Tree = {}
    for path in flat:
        _grow(tree, f"{path}[]" if path in walked else path)
    for shape in system.shape:
        mine = {path for paths in shape.columns.values() for path in paths if path.startswith(f"{ELEMENT}.")}
        # A list whose elements have fields may be asked for any field that an event's `when` names.
        asked = [path for path in elements if path != ELEMENT] if mine else []
        for path in asked:
            _grow(tree, f"{shape.each}[].{path.removeprefix(f'{ELEMENT}.')}")
    return Layout(_struct(tree), tuple(flat), tuple(elements))


def parts_of(path: str) -> list[str]:
    """The paths in a text put together of several, `{a} {b}`; none in a plain path."""
    return re.findall(r"\{([^{}]+)\}", path)


def below(root: str, dtype: pl.Struct) -> pl.Struct:
    """What to decode a record as whose real record, or list of them, lies at a path."""
    *outer, last = root.removesuffix("[]").split(".")
    inner = pl.Struct({last: pl.List(dtype) if root.endswith("[]") else dtype})
    for key in reversed(outer):
        inner = pl.Struct({key: inner})
    return inner


def only(path: str) -> pl.Struct:
    """What to decode a record as for the value of one path."""
    tree: Tree = {}
    _grow(tree, path)
    return _struct(tree)


def value(path: str, record: pl.Expr) -> pl.Expr:
    """What stands at a path of a decoded record: a text, a list of texts, or the number of elements as text."""
    outer, is_list, inner = path.removesuffix("[#]").partition("[]")
    for key in outer.split("."):
        record = record.struct.field(key)
    if path.endswith("[#]"):
        return record.list.len().cast(pl.String)
    if is_list and inner:
        for key in inner.removeprefix(".").split("."):
            record = record.list.eval(pl.element().struct.field(key))
        return record
    return record


def element_value(path: str, dtype: pl.DataType) -> pl.Expr:
    """The value at `@` or `@.some.field` of an element; null where the element has no such field."""
    if not isinstance(dtype, pl.Struct):
        return _text(pl.col(ELEMENT)) if path == ELEMENT else pl.lit(None, pl.String)
    place, inner = pl.col(ELEMENT), path.removeprefix(f"{ELEMENT}.")
    if not _has(dtype, inner):
        return pl.lit(None, pl.String)
    for key in inner.split("."):
        place = place.struct.field(key)
    return _text(place)


def _used(system: Format, reading: Reading) -> Iterable[str]:
    yield from (*reading.type, *reading.machine, *reading.user_agent, *reading.reader_ip)
    for paths in reading.columns.values():
        yield from paths
    for shape in system.shape:
        yield from _paths_of(shape)
    for rule in system.event:
        yield from rule.when


def _paths_of(shape: Shape) -> Iterable[str]:
    yield from shape.when
    for paths in shape.columns.values():
        yield from paths


def _is_of_element(path: str) -> bool:
    return path == ELEMENT or path.startswith(f"{ELEMENT}.")


def _grow(tree: Tree, path: str) -> None:
    for key in path.replace("[#]", "[]").replace("[]", ".[]").split("."):
        tree = tree.setdefault(key, {})


def _struct(tree: Tree) -> pl.Struct:
    return pl.Struct({key: _dtype(below) for key, below in tree.items()})


def _dtype(tree: Tree) -> pl.DataType:
    if not tree:
        return pl.String()
    return pl.List(_dtype(tree["[]"])) if "[]" in tree else _struct(tree)


def _has(dtype: Any, path: str) -> bool:
    key, _, rest = path.partition(".")
    fields = dict(dtype.to_schema()) if isinstance(dtype, pl.Struct) else {}
    return key in fields and (not rest or _has(fields[key], rest))


def _text(text: pl.Expr) -> pl.Expr:
    """An empty text is no value."""
    return pl.when(text != "").then(text)

"""Where a value lies in a JSON record: paths of a format file as a type to decode by, and as expressions.

formats/README.md tells how paths are written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from hygiene.formats.format import Format, Reading, Shape

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
    used = {path for path in _used(system, reading) if path not in reading.names}
    used |= {path for paths in reading.names.values() for path in paths}
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


def only(path: str) -> pl.Struct:
    """What to decode a record as for the value of one path."""
    tree: Tree = {}
    _grow(tree, path)
    return _struct(tree)


def value(path: str, dtype: pl.Struct, record: pl.Expr) -> pl.Expr:
    """The value at a path of a decoded record: a text, a list of texts, or the number of elements as text."""
    outer, is_list, inner = path.removesuffix("[#]").partition("[]")
    for key in outer.split("."):
        record = record.struct.field(key)
    if path.endswith("[#]"):
        return record.list.len().cast(pl.String)
    if is_list and inner:
        for key in inner.removeprefix(".").split("."):
            record = record.list.eval(pl.element().struct.field(key))
        return record
    return record if isinstance(_at(dtype, outer), pl.List) else _text(record)


def element_value(path: str, dtype: pl.DataType) -> pl.Expr:
    """The value at `@` or `@.field` of an element; null where the element has no such field."""
    if not isinstance(dtype, pl.Struct):
        return _text(pl.col(ELEMENT)) if path == ELEMENT else pl.lit(None, pl.String)
    name = path.removeprefix(f"{ELEMENT}.")
    if name not in {field.name for field in dtype.fields}:
        return pl.lit(None, pl.String)
    return _text(pl.col(ELEMENT).struct.field(name))


def _used(system: Format, reading: Reading) -> Iterable[str]:
    yield from (*reading.type, *reading.machine, *reading.user_agent)
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


def _at(dtype: pl.DataType, path: str) -> pl.DataType:
    for key in path.split("."):
        if isinstance(dtype, pl.Struct):
            dtype = pl.Schema(dtype.to_schema())[key]
    return dtype


def _text(text: pl.Expr) -> pl.Expr:
    """An empty text is no value."""
    return pl.when(text != "").then(text)

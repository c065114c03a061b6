"""Lines of JSON become the texts of records: lists taken apart, envelopes opened, named steps done.

What a file of data cannot say stands here as a step that several formats may name:
`by_key`: an object whose values are lists of records; each goes by the key of its list (`hygiene:key`).
`json_api`: a document with `data` and `included` (jsonapi.org); what is included is put where it is referred to.
`avro_unions`: the JSON encoding of Avro, `{"string": "x"}` for `"x"`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from polars import col

from hygiene.formats.format import Paths, Reading
from hygiene.ingest.documents import records_in
from hygiene.ingest.paths import only, value
from hygiene.ingest.records import REJECTED, STRING, decoded

KEY = "hygiene:key"
UNION = rf'\{{\s*"(?:string|boolean|int|long|float|double)"\s*:\s*({STRING}|[^\s"{{}}\[\],]+)\s*\}}'


def opened(lines: pl.DataFrame, reading: Reading) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`line, text, is_opened` of every record in the lines, and `line, reason` of the unreadable."""
    texts = _apart(lines.with_columns(is_opened=pl.lit(False)))
    for step in reading.steps:
        if step in BY_HAND:
            texts = _each_apart(texts, ~col("text").str.contains(BY_HAND[step][0]), BY_HAND[step][1])
    broken = []
    for path in reading.unwrap if _may_be_wrapped(texts, reading.unwrap) else ():
        texts, bad = _unwrapped(texts, path)
        broken.append(bad)
    return texts.with_columns(_plain(reading)), pl.concat([pl.DataFrame(schema=REJECTED), *broken])


def _apart(texts: pl.DataFrame) -> pl.DataFrame:
    """A list of records in one line, as its records."""
    return _each_apart(texts, ~col("text").str.starts_with("["), records_in)


def _each_apart(texts: pl.DataFrame, is_plain: pl.Expr, parts: Any) -> pl.DataFrame:
    packed = texts.filter(~is_plain)
    if packed.is_empty():
        return texts
    lists = pl.Series("text", [list(parts(text)) for text in packed["text"]], dtype=pl.List(pl.String))
    each = packed.with_columns(lists).explode("text", empty_as_null=True).drop_nulls("text")
    return pl.concat([texts.filter(is_plain), each])


def _may_be_wrapped(texts: pl.DataFrame, unwrap: Paths) -> bool:
    """Whether the last key of a path, which is the rarest, is anywhere: mostly it is not."""
    last = {path.replace("[]", "").split(".")[-1] for path in unwrap}
    return any(texts["text"].str.contains(f'"{key}"', literal=True).any() for key in last)


def _unwrapped(texts: pl.DataFrame, path: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """With the JSON texts at a path put in place of their envelopes."""
    keys = path.replace("[]", "").split(".")
    might = pl.all_horizontal(*(col("text").str.contains(f'"{key}"', literal=True) for key in keys))
    wrapped = texts.filter(might)
    if wrapped.is_empty():
        return texts, pl.DataFrame(schema=REJECTED)
    records, bad = decoded(wrapped, only(path))
    inside = records.with_columns(value(path, col("record")).alias("inside"))
    if isinstance(inside.schema["inside"], pl.List):
        inside = inside.explode("inside", empty_as_null=True, keep_nulls=True)
    is_opened = col("is_opened") | col("inside").is_not_null()
    found = inside.select("line", pl.coalesce("inside", "text").str.strip_chars().alias("text"), is_opened)
    return pl.concat([texts.filter(~might), _apart(found)]), bad


def _plain(reading: Reading) -> pl.Expr:
    """With unions as plain values and a list where one text or many may stand.

    A key within a text has its quotes escaped, so all of this finds keys alone.
    """
    text = col("text")
    if "avro_unions" in reading.steps:
        text = text.str.replace_all(UNION, "${1}")
    for key in reading.one_or_many:
        is_one = text.str.contains(f'"{key}":"', literal=True) | text.str.contains(f'"{key}": "', literal=True)
        one = pl.when(is_one).then(text).str.replace_all(rf'"{key}": ?({STRING})', f'"{key}":[${{1}}]')
        text = pl.coalesce(one, text)
    return text


def _by_key(text: str) -> Iterator[str]:
    record = _loaded(text)
    lists = {key: many for key, many in record.items() if isinstance(many, list)}
    for key, many in lists.items():
        yield from (json.dumps({KEY: key, **one}) for one in many if isinstance(one, dict))
    if not lists:
        yield text


def _json_api(text: str) -> Iterator[str]:
    document = _loaded(text)
    included, data = document.get("included"), document.get("data")
    if not isinstance(included, list) or not isinstance(data, list):
        yield text
        return
    by_id = {(one.get("type"), one.get("id")): one for one in included if isinstance(one, dict) and _is_named(one)}
    yield json.dumps({"data": [_referring(one, by_id) for one in data if isinstance(one, dict)]})


def _referring(record: dict[str, Any], by_id: Mapping[tuple[Any, Any], dict[str, Any]]) -> dict[str, Any]:
    """The record with the attributes of what it refers to beside each reference."""
    relations = record.get("relationships")
    for relation in relations.values() if isinstance(relations, dict) else ():
        one = relation.get("data") if isinstance(relation, dict) else None
        if isinstance(one, dict) and _is_named(one):
            one["attributes"] = by_id.get((one["type"], one["id"]), {}).get("attributes")
    return record


def _is_named(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("type"), str) and isinstance(one.get("id"), str)


def _loaded(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


BY_HAND = {"by_key": ("", _by_key), "json_api": ('"included"', _json_api)}
"""Steps that take a document apart by hand: the documents they are for (a regex), and how."""

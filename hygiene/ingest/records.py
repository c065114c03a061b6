"""JSON records, one a line, decoded by polars many at a time; a record that does not fit takes a slower way of its own.

`str.json_decode` reads a column as one array, so a broken line can swallow its neighbour without an error. Every line
is therefore given its number, and must come back with it.
"""

import json
from typing import Any

import polars as pl
from polars import col
from polars.exceptions import PolarsError

NUMBER = "hygiene:number"
"""Key of a line's number inside its own record."""
BY_HAND = 64
"""So few records that do not fit are looked at one by one."""
NOT_JSON = "not a JSON object"


def decoded(lines: pl.DataFrame, dtype: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`line, raw, record` of the lines (`line, raw`) that can be read, and `line, raw, reason` of the others."""
    lines = lines.with_columns(col("raw").str.strip_chars()).filter(col("raw") != "")
    read = _decoded(lines, dtype)
    bad = lines.join(read, on=["line", "raw"], how="anti") if read.height < lines.height else lines.clear()
    return read, bad.with_columns(reason=pl.lit(NOT_JSON))


def _decoded(lines: pl.DataFrame, dtype: pl.Struct) -> pl.DataFrame:
    fast = _fast(lines, dtype)
    if fast is not None:
        return fast
    valid = lines.filter(col("raw").str.json_path_match("$").is_not_null() & col("raw").str.starts_with("{"))
    return _halves(valid, dtype)


def _halves(lines: pl.DataFrame, dtype: pl.Struct) -> pl.DataFrame:
    """Narrows down to the records that do not fit."""
    fast = _fast(lines, dtype)
    if fast is not None:
        return fast
    if lines.height <= BY_HAND:
        return _by_hand(lines, dtype)
    middle = lines.height // 2
    return pl.concat([_halves(lines[:middle], dtype), _halves(lines[middle:], dtype)])


def _fast(lines: pl.DataFrame, dtype: pl.Struct) -> pl.DataFrame | None:
    """The decoded lines; None where one of them does not fit."""
    if lines.is_empty():
        return lines.with_columns(record=pl.lit(None, dtype))
    if not lines["raw"].str.starts_with("{").all():
        return None
    numbered = pl.concat_str(pl.lit(f'{{"{NUMBER}":'), pl.int_range(pl.len()), pl.lit(","), col("raw").str.slice(1))
    wanted = pl.Struct([pl.Field(NUMBER, pl.Int64), *dtype.fields])
    try:
        records = lines.select(numbered.alias("text"))["text"].str.json_decode(wanted)
    except PolarsError:
        return None
    numbers = records.struct.field(NUMBER)
    if records.len() != lines.height or not numbers.equals(pl.int_range(lines.height, eager=True).alias(NUMBER)):
        return None
    return lines.with_columns(records.alias("record"))


def _by_hand(lines: pl.DataFrame, dtype: pl.Struct) -> pl.DataFrame:
    """A value of an unforeseen type (an object in place of a text) is kept as JSON text, or left out."""
    texts = [_fitted(raw, dtype) for raw in lines["raw"]]
    fitting = lines.with_columns(pl.Series("text", texts, dtype=pl.String)).filter(col("text").is_not_null())
    return fitting.with_columns(col("text").str.json_decode(dtype).alias("record")).drop("text")


def _fitted(raw: str, dtype: pl.DataType) -> str | None:
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return json.dumps(_fit(record, dtype)) if isinstance(record, dict) else None


def _fit(found: Any, dtype: pl.DataType) -> Any:
    if found is None:
        return None
    if isinstance(dtype, pl.Struct):
        return (
            {f.name: _fit(found.get(f.name), _plain(f.dtype)) for f in dtype.fields}
            if isinstance(found, dict)
            else None
        )
    if isinstance(dtype, pl.List):
        many = found if isinstance(found, list) else [found]
        return [_fit(one, _plain(dtype.inner)) for one in many]
    return found if isinstance(found, str) else json.dumps(found)


def _plain(dtype: Any) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()

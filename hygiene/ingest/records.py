"""JSON texts, decoded by polars many at a time; a record that does not fit takes a slower way of its own.

`str.json_decode` reads a column as one array, so a broken text can swallow its neighbour without an error. Every text
is therefore given its number, and must come back with it.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import polars as pl
from polars import col
from polars.exceptions import PolarsError

NUMBER = "hygiene:number"
"""Key of a text's number inside its own record."""
BY_HAND = 64
"""So few records that do not fit are looked at one by one."""
SLICE_BYTES = 1 << 20
"""So much is decoded at once: what that takes stays in the processor's own memory, which halves the time."""
STRING = r'"(?:[^"\\]|\\.)*"'
CONTROL = r"[\x00-\x1f]"
HALF = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
"""Half of a character (RFC 8259 section 8.2); two make one, as PAIR."""
PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
NOT_JSON = "not a JSON object"
REJECTED = {"line": pl.UInt32, "reason": pl.String}


def decoded(texts: pl.DataFrame, dtype: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The texts (`line, text` and more) that can be read, with `record`, and `line, reason` of the others."""
    read, bad = zip(*(_decoded(some, dtype) for some in _slices(texts)), strict=True)
    return pl.concat(read), pl.concat(bad)


def _slices(texts: pl.DataFrame) -> list[pl.DataFrame]:
    size = max(1, texts.height * SLICE_BYTES // max(1, int(texts["text"].str.len_bytes().sum())))
    return [texts[place : place + size] for place in range(0, max(1, texts.height), size)]


def _decoded(texts: pl.DataFrame, dtype: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
    text = col("text")
    if texts["text"].str.contains(HALF).any():
        unpaired = pl.when(text.str.contains(HALF)).then(text).str.replace_all(rf"\\\\|{PAIR}", "")
        texts = _mended(texts, unpaired.str.contains(HALF), _without_halves)
    read = _fast(texts, dtype)
    if read is not None:
        return read, pl.DataFrame(schema=REJECTED)
    numbered = _mended(texts, text.str.contains(CONTROL), _with_escapes).with_row_index(NUMBER)
    is_whole = text.str.json_path_match("$").is_not_null() & text.str.starts_with("{")
    slow = _halves(numbered.filter(is_whole), dtype)
    bad = numbered.join(slow, on=NUMBER, how="anti").select("line", reason=pl.lit(NOT_JSON))
    return slow.drop(NUMBER), bad.cast({"line": pl.UInt32})


def _mended(texts: pl.DataFrame, is_odd: pl.Expr, mend: Callable[[str], str]) -> pl.DataFrame:
    """With the few odd texts mended."""
    odd = texts.select(is_odd.fill_null(False)).to_series()
    mended = [mend(text) for text in texts["text"].filter(odd)]
    return texts.with_columns(texts["text"].scatter(odd.arg_true(), mended)) if mended else texts


def _without_halves(text: str) -> str:
    """With halves of characters marked as what cannot be decoded: polars would read them as some other character."""
    return re.sub(rf"(\\\\|{PAIR})|{HALF}", lambda one: one[1] or r"\ufffd", text)


def _with_escapes(text: str) -> str:
    """With control characters in strings escaped, as RFC 8259 section 7 has it and some programs forget."""
    return re.sub(STRING, lambda string: re.sub(CONTROL, lambda one: f"\\u{ord(one[0]):04x}", string[0]), text)


def _halves(texts: pl.DataFrame, dtype: pl.Struct) -> pl.DataFrame:
    """Narrows down to the records that do not fit."""
    fast = _fast(texts, dtype)
    if fast is not None:
        return fast
    if texts.height <= BY_HAND:
        return _by_hand(texts, dtype)
    middle = texts.height // 2
    return pl.concat([_halves(texts[:middle], dtype), _halves(texts[middle:], dtype)])


def _fast(texts: pl.DataFrame, dtype: pl.Struct) -> pl.DataFrame | None:
    """The decoded texts; None where one of them does not fit."""
    if texts.is_empty():
        return texts.with_columns(record=pl.lit(None, _with_number(dtype)))
    if not texts["text"].str.starts_with("{").all():
        return None
    numbered = pl.concat_str(pl.lit(f'{{"{NUMBER}":'), pl.int_range(pl.len()), pl.lit(","), col("text").str.slice(1))
    try:
        records = texts.select(numbered.alias("text"))["text"].str.json_decode(_with_number(dtype))
    except PolarsError:
        return None
    numbers = records.struct.field(NUMBER)
    if records.len() != texts.height or not numbers.equals(pl.int_range(texts.height, eager=True).alias(NUMBER)):
        return None
    return texts.with_columns(records.alias("record"))


def _with_number(dtype: pl.Struct) -> pl.Struct:
    return pl.Struct([pl.Field(NUMBER, pl.Int64), *dtype.fields])


def _by_hand(texts: pl.DataFrame, dtype: pl.Struct) -> pl.DataFrame:
    """A value of an unforeseen type (an object in place of a text) is kept as JSON text, or left out."""
    fitted = [_fitted(text, dtype) for text in texts["text"]]
    fitting = texts.with_columns(pl.Series("fitted", fitted, dtype=pl.String)).filter(col("fitted").is_not_null())
    return fitting.with_columns(col("fitted").str.json_decode(_with_number(dtype)).alias("record")).drop("fitted")


def _fitted(text: str, dtype: pl.DataType) -> str | None:
    try:
        record = json.loads(text)
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

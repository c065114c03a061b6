"""What address was meant by a cell: wrapping is taken off, never a letter changed, and each repair has a name.

A repair is made only where it cannot be mistaken. A cell in which no address is found keeps its text.
"""

from collections.abc import Mapping

import polars as pl

ATEXT = r"a-zA-Z0-9!#$&'*+/=?^_`{|}~\-"
"""RFC 5322 section 3.2.3 without the percent sign, which may stand for an encoded character."""

PLAIN = rf"^[{ATEXT}][{ATEXT}.]*@[a-zA-Z0-9](?:[a-zA-Z0-9.\-]*[a-zA-Z0-9])?$"
"""What needs no repair; all else takes the long way."""

SPACE = r"[\s\x00-\x1f\x7f]"
"""White space of every script, with the separators U+001C to U+001F that Unicode does not count in."""

INVISIBLE = r"[\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]"
"""Soft hyphen, zero-width space, direction marks, word joiner, byte order mark."""

JOINER = r"[\u200C\u200D]"
"""Zero-width (non-)joiner: a letter's form in Persian or Hindi (RFC 5892 appendix A), nothing beside ASCII."""

CURLY = "\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
"""Quotation marks that a word processor makes."""

ROUNDS = 4
"""How deep the wrapping may be nested: `"<mailto:ann@x.org>",` takes three."""

REPAIRED = pl.Struct({"address": pl.String, "repair": pl.String})

Steps = tuple[tuple[str, str], ...]

REPAIRS: Mapping[str, Steps] = {
    "spaces": ((rf"^{SPACE}+|{SPACE}+$", ""), (rf"^([^\s@]+){SPACE}*@{SPACE}*([^\s@]+)$", "${1}@${2}")),
    "invisible": (
        (INVISIBLE, ""),
        (rf"([\x00-\x7F]){JOINER}+|^{JOINER}+|{JOINER}+$", "${1}"),
        (rf"{JOINER}+([\x00-\x7F])", "${1}"),
    ),
    "full_width": (),
    "brackets": (
        (r"^<+([^<>]*)>*$|^([^<>]*)>+$", "${1}${2}"),
        (r"^\(([^()]*)\)$|^\[([^\[\]]*)\]$|^\{([^{}]*)\}$", "${1}${2}${3}"),
    ),
    # RFC 5322 section 3.4: the address stands in the angle brackets, whatever the name before them holds.
    "display_name": (
        (r"^[^>]*\w[^>]*<([^<>]*@[^<>]*)>[^<@]*$", "${1}"),
        (r"(?is)^[^<>\[\]@]*\[(mailto:[^\[\]]*)\][^<>\[\]@]*$", "${1}"),
    ),
    # RFC 6068 section 2. Slack writes `mailto:ann@x.org|ann@x.org`.
    "mailto": (
        (r"(?is)^mailto:(?://)?([^?|]*)(?:[?|].*)?$", "${1}"),
        (r"(?is)^([^?]*@[^?@]*)\?(?:subject|body|cc|bcc)=.*$", "${1}"),
    ),
    # A straight mark before the address may be part of it (`'ann@x.org` is valid), so it goes with its partner only.
    "quotes": (
        (r"""^"([^"]*)"?$|^([^"]*)"$""", "${1}${2}"),
        (r"^'(.*)'$|^`(.*)`$|^([^'].*)'$", "${1}${2}${3}"),
        (rf"^[{CURLY}]+|[{CURLY}]+$", ""),
    ),
    "punctuation": ((r"^[.,;:]+|[.,;:!?\u3001\u3002]+$", ""),),
    "percent": (),
    # RFC 5321 section 4.1.2: the quoted and the plain form of a local part are one.
    "unquote": ((rf'^"([{ATEXT}%]+(?:\.[{ATEXT}%]+)*)"@([^@"]*)$', "${1}@${2}"),),
}
"""Each repair's patterns and what is put in their place; the names are joined in this order."""

FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\ufe6b": "@"}
"""The full-width forms of ASCII and the small at sign: the code points whose NFKC form is ASCII."""

ENCODED = {f"%{code:{form}}": chr(code) for code in range(0x20, 0x7F) for form in ("02X", "02x")}
"""Percent-encoded printable ASCII (RFC 3986 section 2.1)."""


def repaired(raw: str | pl.Expr) -> pl.Expr:
    """A struct of `address` and `repair` (names joined by `+`, null where the cell is as it was); null stays null."""
    cell = pl.col(raw) if isinstance(raw, str) else raw
    return cell.map_batches(_repaired_rows, return_dtype=REPAIRED, is_elementwise=True)


def _repaired_rows(cells: pl.Series) -> pl.Series:
    """Repairs of a column that is mostly plain: each distinct odd cell is worked on once."""
    places = (~cells.str.contains(PLAIN)).arg_true()
    odd = cells.gather(places).alias("cell").to_frame()
    repairs = odd.join(_repairs(odd.unique()), on="cell", how="left", maintain_order="left")
    address = cells.scatter(places, repairs["text"]).alias("address")
    repair = pl.Series("repair", [None], pl.String).new_from_index(0, len(cells)).scatter(places, repairs["repair"])
    return pl.select(pl.struct(address, repair)).to_series()


def _repairs(odd: pl.DataFrame) -> pl.DataFrame:
    """`cell`, its repaired `text` and the names of the repairs, for distinct cells."""
    untouched = {f"by_{name}": pl.lit(False) for name in REPAIRS}
    left = odd.with_columns(text=pl.col("cell"), **untouched)
    done: list[pl.DataFrame] = []
    # Most odd cells only have spaces round them: they are spared the other patterns.
    for names in (["spaces"], *[list(REPAIRS)] * ROUNDS):
        before = left["text"]
        for name in names:
            left = left.with_columns(after=_step(name)).with_columns(*_taken(name)).drop("after")
        if len(names) > 1 and left["text"].equals(before):
            break
        is_plain = left["text"].str.contains(PLAIN)
        done.append(left.filter(is_plain))
        left = left.filter(~is_plain)
    return pl.concat([*done, left]).select("cell", *_outcome())


def _step(name: str) -> pl.Expr:
    """`text` after one repair."""
    text = pl.col("text")
    if name == "full_width":
        return text.str.replace_many(list(FULL_WIDTH), list(FULL_WIDTH.values()))
    if name == "percent":
        return _decoded(text)
    for pattern, instead in REPAIRS[name]:
        text = text.str.replace_all(pattern, instead)
    return text


def _decoded(text: pl.Expr) -> pl.Expr:
    """All of it where the @ itself is encoded and stands once; else the few codes that no living local part holds."""
    codes = r"^(?:[^%@]|%[2-7][0-9a-fA-F])*$"
    is_encoded = text.str.contains(codes) & (text.str.count_matches("%40", literal=True) == 1)
    whole = text.str.replace_many(list(ENCODED), list(ENCODED.values()))
    few = text.str.replace_all("^(?:%20)+|(?:%20)+$", "").str.replace_all("%2[bB]", "+").str.replace_all("%27", "'")
    has_at = text.str.count_matches("@", literal=True) == 1
    return pl.when(is_encoded).then(whole).when(has_at).then(few).otherwise(text)


def _taken(name: str) -> tuple[pl.Expr, pl.Expr]:
    """The repaired text, and whether this repair was made, now or in a round before."""
    flag = f"by_{name}"
    return pl.col("after").alias("text"), (pl.col(flag) | (pl.col("after") != pl.col("text"))).alias(flag)


def _outcome() -> tuple[pl.Expr, pl.Expr]:
    """Text and names; a cell without an @ after all repairs has but its outer spaces taken off."""
    found = pl.col("text").str.contains("@", literal=True)
    bare = pl.col("cell").str.replace_all(REPAIRS["spaces"][0][0], "")
    made = [pl.when(f"by_{name}").then(pl.lit(name)) for name in REPAIRS]
    names = pl.concat_str(*made, separator="+", ignore_nulls=True)
    stripped = pl.when(bare != pl.col("cell")).then(pl.lit("spaces"))
    text = pl.when(found).then("text").otherwise(bare).alias("text")
    return text, pl.when(~found).then(stripped).when(names != "").then(names).alias("repair")

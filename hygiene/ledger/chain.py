"""Each entry is tied to the one before by SHA-256, so that a changed past is found, and an erased person is not kept.

    personal_digest = SHA-256(text of salt, key, mailbox_key, address, evidence, reason)
    hash            = SHA-256(prev_hash, text of seq, entered_at, action, scope, rule, actor, run_id, policy_digest,
                              expires_at, personal_digest)

The text of fields is one netstring a field, `<bytes>:<content>,`, or `-` for null, so that no two contents share a
text; instants are microseconds since 1970 in UTC. The first entry's prev_hash is 64 zeros; digests are lower-case hex.

The hash covers the digest of the personal fields, not the fields. Erasure blanks those fields and the salt: the chain
still holds, and without the salt the digest tells nothing about the address. An entry may be blank only where a later
erasure entry names it in its evidence (`"entries": [3, 9]`): blanking a complaint to mail its sender again is found.
"""

import hashlib
import json
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
import polars_hash  # noqa: F401 - registers `chash`
from polars import col

GENESIS = "0" * 64
PERSONAL = ("key", "mailbox_key", "address", "evidence", "reason")
SALTED = ("salt", *PERSONAL)
CHAINED = (
    "seq", "entered_at", "action", "scope", "rule", "actor", "run_id", "policy_digest", "expires_at", "personal_digest",
)  # fmt: skip
SALT_BYTES = 16


@dataclass(frozen=True)
class Head:
    """The last entry: its number (0 for none) and its hash."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class Break:
    """The first entry that does not fit, and what is wrong with it."""

    seq: int
    problem: str


def chained(entries: pl.DataFrame, head: Head) -> pl.DataFrame:
    """Entries with `seq`, `salt`, `personal_digest`, `prev_hash` and `hash`, continuing from the head."""
    salted = entries.with_columns(
        pl.int_range(head.seq + 1, head.seq + 1 + entries.height, dtype=pl.Int64, eager=True).alias("seq"),
        pl.Series("salt", _salts(entries.height), dtype=pl.String),
    )
    digested = salted.with_columns(personal_digests(salted).alias("personal_digest"))
    hashes = pl.Series("hash", _hashes(digested, head.hash), dtype=pl.String)
    return digested.with_columns(hashes.shift(1, fill_value=head.hash).alias("prev_hash"), hashes)


def head_of(entries: pl.DataFrame, before: Head) -> Head:
    """The head after these entries, which are in order."""
    return Head(*entries.select("seq", "hash").row(-1)) if entries.height else before


def first_break(entries: pl.DataFrame, head: Head, erased: Collection[int]) -> Break | None:
    """The first of these entries that does not continue from the head; `erased` are those that may be blank."""
    is_blank = pl.all_horizontal(col(name).is_null() for name in SALTED)
    checked = entries.with_columns(
        is_lawful_blank=is_blank & col("seq").is_in(list(erased)),
        fits_before=col("prev_hash") == col("hash").shift(1, fill_value=head.hash),
        expected_digest=personal_digests(entries),
        expected_hash=pl.Series(_hashes(entries, head.hash), dtype=pl.String),
    ).with_columns(
        expected_seq=pl.int_range(head.seq + 1, head.seq + 1 + entries.height, dtype=pl.Int64, eager=True),
        is_intact=(col("personal_digest") == col("expected_digest")).fill_null(False) | col("is_lawful_blank"),
        is_chained=(col("hash") == col("expected_hash")).fill_null(False),
    )
    problem = (
        pl.when(col("seq") != col("expected_seq")).then(pl.lit("an entry is missing, doubled or out of order here"))
        .when(is_blank & ~col("is_intact")).then(pl.lit("its person was removed, and no erasure says so"))
        .when(~col("is_intact")).then(pl.lit("its address, evidence or reason was changed"))
        .when(~col("fits_before").fill_null(False)).then(pl.lit("it does not continue from the entry before"))
        .when(~col("is_chained")).then(pl.lit("it was changed"))
    )  # fmt: skip
    bad = checked.select("expected_seq", problem=problem).filter(col("problem").is_not_null()).head(1)
    return Break(*bad.row(0)) if bad.height else None


def erased_numbers(evidence: pl.Series) -> set[int]:
    """Numbers of the entries that erasure entries blanked, from their evidence; what cannot be read names none."""
    numbers: set[int] = set()
    for text in evidence.drop_nulls():
        with suppress(ValueError, AttributeError, TypeError):
            numbers.update(json.loads(text).get("entries", []))
    return numbers


def personal_digests(entries: pl.DataFrame) -> pl.Series:
    """SHA-256 of the personal fields with their salt."""
    text = cast(Any, col("text"))
    return _text(entries, SALTED).to_frame().select(text.chash.sha2_256()).to_series()


def _hashes(entries: pl.DataFrame, prev_hash: str) -> list[str]:
    """One hash an entry, each over the one before as it should be."""
    hashes = []
    for text in _text(entries, CHAINED):
        prev_hash = hashlib.sha256(f"{prev_hash}{text}".encode()).hexdigest()
        hashes.append(prev_hash)
    return hashes


def _text(entries: pl.DataFrame, names: tuple[str, ...]) -> pl.Series:
    parts = [part for name in names for part in _netstring(entries[name])]
    return entries.with_columns(text=pl.concat_str(parts))["text"]


def _netstring(field: pl.Series) -> list[pl.Expr]:
    """What to put together; most fields have one length in all entries, which is put into words once."""
    content = (field.dt.epoch("us") if field.dtype.is_temporal() else field).cast(pl.String)
    size = content.str.len_bytes()
    if content.is_empty() or content.null_count():
        return [pl.format("{}:{},", pl.lit(size), pl.lit(content)).fill_null("-")]
    length = [pl.lit(f"{size[0]}:")] if size.min() == size.max() else [pl.lit(size.cast(pl.String)), pl.lit(":")]
    return [*length, pl.lit(content), pl.lit(",")]


def _salts(count: int) -> list[str]:
    pool, width = secrets.token_bytes(SALT_BYTES * count).hex(), 2 * SALT_BYTES
    return [pool[start : start + width] for start in range(0, len(pool), width)]

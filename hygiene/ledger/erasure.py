"""Forgetting a person without forgetting the promise: a keyed hash stays, and blocks the next import.

The hash is HMAC-SHA-256 of the `mailbox_key`; without its key nobody can try addresses against it. The first eight hex
digits of the key's own SHA-256 tell which key made it. To rotate, move the old key to the variable with `_OLD` behind
its name (several are parted by spaces): old hashes stay good as long as their key stands there.

Earlier entries about the person are blanked in the same commit that enters the erasure (chain.py tells why the chain
still holds), and the files of older versions are removed at once.
"""

import datetime as dt
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl
from polars import col

from hygiene.ledger.by_hand import ERASED_RULE, told
from hygiene.ledger.chain import SALTED, chained
from hygiene.ledger.store import Ledger, complete
from hygiene.model.errors import ConfigError, InputError, StateError
from hygiene.model.tables import INSTANT, LEDGER
from hygiene.model.words import LedgerAction, Scope

KEY_ENV = "HYGIENE_ERASURE_KEY"
KEY_LENGTH = 16
"""Least length of a key, in characters."""


@dataclass(frozen=True, repr=False)
class ErasureKey:
    """A secret that hashes are made with; never shown."""

    secret: bytes

    @property
    def id(self) -> str:
        """What may be written down of it."""
        return hashlib.sha256(self.secret).hexdigest()[:8]

    def hash(self, mailbox_key: str) -> str:
        """What stands for an erased mailbox."""
        return hmac.digest(self.secret, mailbox_key.encode(), "sha256").hex()


def erasure_keys(name: str = KEY_ENV) -> list[ErasureKey]:
    """The keys in the environment, the one for new hashes first; none where it is not set; raises ConfigError."""
    values = os.environ.get(name, "").split() + os.environ.get(f"{name}_OLD", "").split()
    if any(len(value) < KEY_LENGTH for value in values):
        raise ConfigError(f"a key is shorter than {KEY_LENGTH} characters.", name, "Make one: openssl rand -hex 32.")
    return [ErasureKey(value.encode()) for value in values]


def forget(
    ledger: Ledger, mailbox_key: str, keys: Sequence[ErasureKey], actor: str, reason: str, as_of: dt.datetime
) -> int:
    """Enters the erasure, blanks every entry about the mailbox and removes old versions; how many entries were blanked.

    Doing it twice changes nothing, and finishes what a crash cut short. Raises ConfigError and InputError.
    """
    if not keys:
        raise ConfigError("forgetting needs a key.", KEY_ENV, "Set it; make one: openssl rand -hex 32.")
    told(actor, reason)
    if "@" in reason:
        raise InputError("the reason of an erasure must hold no address.", fix="Write it without one.")
    blanked = 0

    def erase(version: int) -> bool:
        nonlocal blanked
        mine = ledger.history_of(mailbox_key)
        blanked = mine.height
        if mine.is_empty() and not _matches([mailbox_key], ledger.erasures(), keys).is_empty():
            return False
        entry = _entry(keys[0], mailbox_key, mine["seq"].to_list(), as_of).with_columns(
            actor=pl.lit(actor), reason=pl.lit(reason)
        )
        erased = mine.with_columns(pl.lit(None, pl.String).alias(name) for name in SALTED)
        ledger.state.rewrite(pl.concat([erased, chained(complete(entry), ledger.head())]), on="seq", base=version)
        return True

    ledger.commit(erase)
    ledger.state.purge()
    return blanked


def erased_match(ledger: Ledger, mailbox_keys: pl.Series, keys: Sequence[ErasureKey]) -> pl.DataFrame:
    """LEDGER rows that suppress those of the mailboxes that were erased, under their plain key, in memory only.

    Costs nothing where nobody was erased. Raises StateError where a key that some hash was made with is not at hand.
    """
    erasures = ledger.erasures()
    if erasures.is_empty():
        return LEDGER.empty()
    return _matches(mailbox_keys.drop_nulls().unique(), erasures, keys)


def _matches(mailbox_keys: Iterable[str], erasures: pl.DataFrame, keys: Sequence[ErasureKey]) -> pl.DataFrame:
    key_id = col("evidence").str.json_path_match("$.key_id")
    used = set(erasures.select(key_id.alias("id"))["id"])
    missing = used - {key.id for key in keys}
    if missing:
        raise StateError(
            f"people were erased with a key that is not set (id {', '.join(sorted(map(str, missing)))}), "
            "so they cannot be told from others.",
            fix=f"Set it as {KEY_ENV} or {KEY_ENV}_OLD.",
        )
    wanted = set(erasures["key"])
    hashes = [partial(hmac.digest, key.secret, digest="sha256") for key in keys if key.id in used]
    found = [
        (made, plain)
        for plain in mailbox_keys
        for hashed in hashes
        if (made := hashed(msg=plain.encode()).hex()) in wanted
    ]
    plain = pl.DataFrame(found, schema={"key": pl.String, "plain": pl.String}, orient="row")
    named = erasures.join(plain, on="key").with_columns(
        scope=pl.lit(Scope.MAILBOX.value), key=col("plain"), mailbox_key=col("plain")
    )
    return LEDGER.conform(named.sort("seq").unique("key", keep="first", maintain_order=True))


def _entry(key: ErasureKey, mailbox_key: str, blanked: list[int], as_of: dt.datetime) -> pl.DataFrame:
    return pl.select(
        entered_at=pl.lit(as_of).cast(INSTANT),
        action=pl.lit(LedgerAction.SUPPRESS.value),
        scope=pl.lit(Scope.ERASED.value),
        key=pl.lit(key.hash(mailbox_key)),
        rule=pl.lit(ERASED_RULE),
        evidence=pl.lit(json.dumps({"key_id": key.id, "entries": blanked})),
    )

"""Is it an address? email-validator's verdict, with a vectorised short cut for the plain ones.

The short cut only ever accepts: what it does not accept is asked of the library, each distinct address once. It is
sound under every option of the library, as those only enlarge what is accepted beyond it or concern addresses of more
than 64 octets. A run checks that on canaries before it relies on it.
"""

import re
from collections.abc import Iterable
from functools import cache

import polars as pl

from hygiene.model.table import Frame
from hygiene.model.words import Syntax

ATEXT = r"a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~"
"""RFC 5322 section 3.2.3. Spelled out, as `\\w` would take in every alphabet."""

LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9\-]*[a-zA-Z0-9])?"
"""RFC 1123 section 2.1."""

U_LABEL = r"[^\W_](?:(?:[^\W_]|-)*[^\W_])?"
"""The same in any alphabet."""

PLAIN = rf"^[{ATEXT}]+(?:\.[{ATEXT}]+)*@(?:{LABEL}\.)+(?:[a-zA-Z0-9][a-zA-Z0-9\-]*)?[a-zA-Z]$"
"""Dot-atom, @, host name of two labels or more; the last need only end in a letter."""

PLAIN_MAX_OCTETS = 64
"""So short an address has no label over 63 octets (RFC 1035 section 2.3.1) and no other length to check."""

ADDRESS_MAX_OCTETS = 254
"""RFC 5321 section 4.5.3.1.3, less the angle brackets."""

JUDGED = pl.Schema({"syntax": pl.String, "syntax_message": pl.String, "needs_smtputf8": pl.Boolean})
"""What is known of an address's form; `syntax_message` and `needs_smtputf8` are null where they mean nothing."""


def with_syntax(frame: Frame, column: str = "address") -> Frame:
    """The frame with `syntax` (a Syntax), `syntax_message` and `needs_smtputf8` of the addresses in `column`."""
    address = pl.col(column)
    plain = is_plain(address) if fast_path_agrees() else pl.lit(False)
    asked = pl.when(~plain).then(address).map_batches(_judged_rows, return_dtype=pl.Struct(JUDGED), is_elementwise=True)
    return (
        frame.with_columns(asked.alias("_asked"), plain.alias("_plain"))
        .with_columns(
            pl.when(pl.col("_plain")).then(pl.lit(Syntax.VALID.value)).otherwise(_asked("syntax")).alias("syntax"),
            _asked("syntax_message"),
            pl.when(pl.col("_plain")).then(pl.lit(False)).otherwise(_asked("needs_smtputf8")).alias("needs_smtputf8"),
        )
        .drop("_asked", "_plain")
    )


def is_plain(address: pl.Expr) -> pl.Expr:
    """Whether an address is so plain that the library must accept it: the short cut, false for all others."""
    return pl.all_horizontal(grounds(address).values()).fill_null(False)


def grounds(address: pl.Expr) -> dict[str, pl.Expr]:
    """What must hold for the short cut to accept; a test drops each in turn and must find it missed."""
    return {
        "shape": address.str.contains(PLAIN),
        "length": address.str.len_bytes() <= PLAIN_MAX_OCTETS,
        # RFC 5890 section 2.3.1 keeps labels with `--` in the third and fourth place; xn-- needs the library.
        "hyphens": ~address.str.contains("--", literal=True),
        "special_use": ~address.str.contains(_special_use()),
    }


def to_ask(column: str) -> pl.Expr:
    """The addresses that the library must judge; null for those that the short cut accepts."""
    address = pl.col(column)
    return pl.when(~is_plain(address)).then(address) if fast_path_agrees() else address


def judged(distinct: pl.Series) -> pl.DataFrame:
    """The library's verdict on each of some distinct addresses: `address` and the columns of JUDGED."""
    verdicts = [_verdict(address) for address in distinct]
    found = pl.DataFrame(verdicts, schema=JUDGED, orient="row")
    return found.select(distinct.alias("address"), pl.all())


@cache
def fast_path_agrees() -> bool:
    """Whether the installed library accepts every canary that the short cut accepts, and changes but its case."""
    addresses = pl.Series("address", list(_canaries()))
    accepted = addresses.filter(pl.select(is_plain(pl.lit(addresses))).to_series())
    return len(accepted) > 0 and all(_is_kept_as_is(address) for address in accepted)


def _asked(name: str) -> pl.Expr:
    return pl.col("_asked").struct.field(name)


def _special_use() -> str:
    """A pattern for the names that the installed library keeps from mail (a list that its users may change)."""
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return rf"(?i)[@.](?:{'|'.join(re.escape(name) for name in SPECIAL_USE_DOMAIN_NAMES)})$"


def _judged_rows(addresses: pl.Series) -> pl.Series:
    """Verdicts of a mostly null column; Python sees each distinct address once."""
    table = judged(addresses.drop_nulls().unique())
    joined = addresses.to_frame("address").join(table, on="address", how="left", maintain_order="left")
    return joined.select(pl.struct(*JUDGED)).to_series()


def _verdict(address: str) -> tuple[str, str | None, bool | None]:
    """Syntax, the library's words, and whether the local part needs SMTPUTF8."""
    from email_validator import EmailNotValidError, validate_email

    octets = len(address.encode())
    if octets > ADDRESS_MAX_OCTETS:
        # The library refuses it too, but its work grows with the length, and a cell may hold a whole file.
        excess = octets - ADDRESS_MAX_OCTETS
        return Syntax.TOO_LONG, f"The email address is too long ({excess} octets too many).", None
    try:
        return Syntax.VALID, None, validate_email(address, check_deliverability=False).smtputf8
    except EmailNotValidError as error:
        return _why_refused(address), str(error), None


def _why_refused(address: str) -> Syntax:
    """What kind of refusal it is, found by asking again with options rather than by reading the message."""
    if '"' in address and _is_accepted(address, quoted=True, literal=False):
        return Syntax.QUOTED
    if "[" in address and _is_accepted(address, quoted=True, literal=True):
        return Syntax.DOMAIN_LITERAL
    local_part, _, domain = address.rpartition("@")
    if _is_special_use(domain) and _is_accepted(f"{local_part}@example.com", quoted=True, literal=False):
        return Syntax.SPECIAL_USE
    return Syntax.INVALID


def _is_special_use(domain: str) -> bool:
    """A host name under one of the special-use names (RFC 6761), or of one label."""
    is_host = re.fullmatch(rf"{U_LABEL}(?:\.{U_LABEL})*", domain) is not None
    return is_host and ("." not in domain or re.search(_special_use(), f"@{domain}") is not None)


def _is_accepted(address: str, *, quoted: bool, literal: bool) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False, allow_quoted_local=quoted, allow_domain_literal=literal)
    except EmailNotValidError:
        return False
    return True


def _is_kept_as_is(address: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return found.normalized.lower() == address.lower() and not found.smtputf8


def _canaries() -> Iterable[str]:
    """A few hundred addresses at the edges of what the short cut accepts."""
    local_parts = [f"a{mark}b" for mark in "!#$%&'*+-/=?^_`{|}~."] + [
        "a",
        "Z9",
        "0",
        "-",
        "Postmaster",
        "a" * 50,
        "!.~",
    ]
    domains = [
        "x.org",
        "X-1.Co",
        "1.2.a",
        "a.b.c.d",
        "x.9z",
        "x.y-z",
        "example.com",
        "x.test",
        "a.local",
        "xn--a.de",
        "a-b.x1y",
    ]
    yield from (f"{local_part}@{domain}" for local_part in local_parts for domain in domains)
    yield from ("a" * 60 + "@b.c", "a@" + "b" * 60 + ".c", "a@b." + "c" * 60)

"""What a reply says once everything that names a person, a host or a message is blanked out; and its codes.

`folded` is cheap, and runs on every event so that a campaign becomes some thousand distinct texts; the rest runs
on those.
"""

import re
import unicodedata
from collections.abc import Mapping

import polars as pl

_WORD = r"""[^\s<>()\[\]{}"',;:]"""
_VOLATILE = "|".join(
    [
        rf"{_WORD}+@{_WORD}+",  # an address
        r"(?-u:\b)\d{1,3}(?:\.\d{1,3}){3}(?-u:\b)",  # IPv4
        r"(?-u:\b)[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}",  # IPv6
        r"(?-u:\b)\d{1,4}[/-]\d{1,2}[/-]\d{1,4}",  # a date
        r"t?\d{1,2}:\d{2}:\d{2}(?:\.\d+)?z?",  # a time
        r"(?-u:\b)(?:[a-z0-9]+-)?[a-z0-9]*\d[a-z0-9]{9,}(?:\.\d+)?",  # a queue id, a message id, hex
        r"(?-u:\b)\d{5,}",  # a size, a serial number
    ]
)

_TOP_LEVEL = (
    "com|net|org|edu|gov|mil|int|info|biz|name|pro|mobi|asia|cat|jobs|coop|museum|xyz|top|shop|site|store|club|online|"
    "tech|cloud|email|app|dev|art|blog|agency|digital|media|studio|berlin|wien|koeln|hamburg|paris|london|nyc|swiss|"
    "local|lan|intern|internal|arpa|example|invalid|test|[a-z]{2}"
)
_HOST = rf"(?-u:\b)(?:https?://)?(?:[a-z0-9_-]+\.)+(?:{_TOP_LEVEL})(?-u:\b)\.?(?:[/?#][^\s)\]>\"]*)?"
_URL = r"(?:https?|mailto|ftp):[^\s)\]>\"]*"

_CODE = r"[245][0-5]\d"
_STATUS = r"[245]\.\d{1,3}\.\d{1,3}"
_OPENING = rf"^[\s<>*:.'\"]*(?:(?:smtp|lmtp|unix|x-[a-z0-9-]+)\s*;\s*)?['\"<>\s*]*(?:{_CODE}[ :]+)??"
"""What may stand before the reply: a diagnostic-type (RFC 3464 section 2.3.6), quotes, a code said twice."""
_LEAD_CODE = rf"{_OPENING}({_CODE})(?:[^0-9a-z.]|$)"
_LEAD_STATUS = rf"{_OPENING}(?:{_CODE}[ :#(-]+)?#?({_STATUS})(?:[^0-9.]|$)"
_TELLS = (
    r"said|was|were|with|returned|replied|answered|responded|response|reason|error|failure|failed|because|code|"
    r"diagnostic|led"
)
_AFTER = rf"(?:{_TELLS})[^0-9a-z]{{1,6}}|[*>)]\]?: ?['\"(]?|<<< |smtp ?; ?|(?:data|connection|command)s? ?: |[(\['\"]"
_INNER = rf"(?:{_AFTER})({_CODE})[ -]"
_INNER_STATUS = rf"{_INNER}+[('\"#]*({_STATUS})(?:[^0-9.]|$)"
_TRANSCRIPT = rf"({_CODE})[ -](?:{_STATUS} )?[^0-9]{{1,200}}503[ -](?:{_STATUS} )?[^.]{{0,40}}(?:rcpt|recipient)"
"""In a transcript, 503 "need RCPT" only follows from the rejection before it: that one counts."""
_ANY_STATUS = rf"(?:#|- |\(|: ?)({_STATUS})(?:[^0-9.]|$)"
_CODE_PAIR = rf"(?-u:\b){_CODE}(?:[ -]?#?{_STATUS}[ :-]|-)"
"""A code that opens a continuation line (RFC 5321 section 4.2.1), or a code with its status."""


_LOGGED = "|".join(
    [
        r"(?-u:\b)(?:relay|helo|ehlo|proto|from|to|client|ctladdr|mta|sid|dsn) ?=[^\s,;]*",
        r"\[[^\[\]{}]{0,60}(?-u:\b)ip ?[:=] ?\*[^\[\]{}]{0,20}\]",
        r"\{(?:msg|fqdn|ip|lrt) ?= ?[^{}]*\}",
        r"\{led ?= ?",
    ]
)
"""What a mail server's log appends to a reply: `proto=ESMTP helo=<mx>`, `[MA2hk IP: *]`, `{FQDN=mx};{IP=*}`."""

_PHASE = (
    r"(?:pipelined )?(?:end of data|initial connection|sending data block|"
    r"(?:rcpt to|mail from|ehlo|helo|data|starttls|text)(?: command)?(?: ?: ?\S*)?(?: size ?= ?\S*)?)"
)
_AT = r"(?:host ?:? ?[~*] ?(?:[\[(][^\])]*[\])])?)"
_REASON = rf"(?:{_AT}[ :]*)?(?:reason ?:)?"
_SAYING = r"(?:said|returned|responded|replied|answered)(?: with)?(?: ?\[?[a-z ]*\]?)? ?:?"
_FRAME = "|".join(
    [
        r"^.*diagnostic-code ?: ?(?:smtp ?;)?",  # a copied delivery status (RFC 3464 section 2.3.6)
        r"^(?:(?:smtp|lmtp|x-[a-z]+) ?; ?)+",
        rf"(?-u:\b){_AT} ?said ?:",  # Postfix
        rf"(?:{_AT} )?smtp error from remote (?:mail )?(?:server|mailer) (?:after|for) {_PHASE}[ :,]*{_REASON}",  # Exim
        r"\* (?:failed after i sent the message|does not like recipient)\.?",  # qmail
        r"connected to [*~] but (?:the )?recipient was rejected\.?",
        r"giving up on [*~]\.?",
        rf"(?:the )?remote (?:mail )?(?:host|server|mta|system)(?: at [~*])?(?: ?\([^()]*\))? {_SAYING}",  # Exchange
        r"delivery to the following recipients? failed permanently ?:? ?\*?|technical details of \w+ failure ?:",
        r"google tried to deliver your message, but it was rejected by [^.]{0,80}?(?:\.|the error)",
        r"we recommend contacting the other email provider[^.]*\.?",
        r"(?:the (?:error|response) )?(?:that the other server returned|from the remote server) (?:was|is) ?:",
        rf"while talking to [~*]\.? ?:? ?(?:{_PHASE})?",  # sendmail
        r"error[ _]code ?: ?(?:\d{3})?(?: ?-)?",  # Zoho
        r"permanent failure for one or more recipients \(\* ?: ?\d{3} ?",  # Barracuda
        r"\(in reply to [a-z ]{1,24} command\)",
    ]
)
"""What a mail server puts around the reply of the next one: it says nothing of the reason."""


_INNER_DOT = r"([a-z])\.([a-z])"
"""A dot in a name (`ann.lee`, `Resolver.Adr`), which ends no sentence."""

_UNMARKED = r"(?-u:\b)(ca|wo|is|was|are|were|do|does|did|has|have|could|would)nt(?-u:\b)"
"""Contractions that some servers write without an apostrophe."""


_UMLAUT = re.compile("([äöü])")


def folded(diagnostic: pl.Expr) -> pl.Expr:
    """The reply in lower case, with addresses, IP addresses, ids, dates and long numbers blanked to `*`."""
    return diagnostic.str.to_lowercase().str.replace_all(_VOLATILE, "*")


def wording(text: pl.Expr, pages: Mapping[str, str]) -> pl.Expr:
    """The words of a folded reply: no accents, no codes, a host as `~`; a known block page stays by its name."""
    text = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_all("ł", "l", literal=True)
    text = text.str.replace_all(r"\\r|\\n|\s|[<>\"]", " ").str.replace_all("[’`´]", "'")
    text = text.str.replace_all(_UNMARKED, "${1}n't")
    for page, name in pages.items():
        text = text.str.replace_all(page, f" {name} ")
    text = text.str.replace_all(f"{_URL}|{_HOST}", "~").str.replace_all(_CODE_PAIR, " ")
    text = text.str.replace_all(_INNER_DOT, "${1}-${2}")
    text = text.str.replace_all(_LOGGED, " ").str.replace_all(r"\s+", " ").str.strip_chars()
    text = text.str.replace_all(_FRAME, " ")
    return text.str.replace_all(r"\s+", " ").str.strip_chars()


def plain(words: str) -> str:
    """A rule's pattern as `wording` leaves texts: without accents; an umlaut stands for its spelling with e, too."""
    apart = unicodedata.normalize("NFKD", _UMLAUT.sub(r"\1e?", words))
    return "".join(letter for letter in apart if not unicodedata.category(letter).startswith("M")).replace("ł", "l")


def with_codes(replies: pl.DataFrame) -> pl.DataFrame:
    """Adds `code`, `enhanced`, `is_transient` (null without a code) and `is_reply` to replies with `text` (folded).

    The innermost reply is nearest to the truth; the ESP's own fields count only where the text has none, and its status
    only where it is of the same class. Any 4xx among them makes the failure transient.
    """
    text = pl.col("text").str.replace_all(r"\\r|\\n|\s+", " ")
    found = replies.with_columns(
        lead=pl.coalesce(text.str.extract(_TRANSCRIPT), text.str.extract(_LEAD_CODE)),
        lead_status=text.str.extract(_LEAD_STATUS),
        inner=_last(text.str.extract_all(_INNER), _CODE),
        has_inner_four=text.str.extract_all(_INNER)
        .list.eval(pl.element().str.contains(r"4\d\d[ -]$"))
        .list.any()
        .fill_null(False),
        inner_status=_last(text.str.extract_all(_INNER_STATUS), _STATUS),
        any_status=text.str.extract(_ANY_STATUS),
        said_code=pl.col("reply_code").str.extract(rf"^\s*({_CODE}|60[567])\s*$"),
        said_status=pl.col("status").str.extract(rf"({_STATUS})"),
        is_transcript=text.str.contains(_TRANSCRIPT),
    )
    return _chosen(found).select(*replies.columns, "code", "enhanced", "is_transient", "is_reply")


def _last(found: pl.Expr, pattern: str) -> pl.Expr:
    """The last of several inner replies that is not 503: that one only says that no recipient was left."""
    codes = found.list.eval(pl.element().filter(~pl.element().str.contains(r"503[ -]")))
    return codes.list.last().str.extract(rf"({pattern})[^0-9]*$")


def _chosen(found: pl.DataFrame) -> pl.DataFrame:
    in_text = pl.coalesce("inner", "lead")
    code = pl.when("is_transcript").then("lead").otherwise(pl.coalesce(in_text, "said_code"))
    status = pl.coalesce("inner_status", "lead_status", "any_status")
    fits = pl.col("said_status").str.head(1) == pl.coalesce(code, "said_status").str.head(1)
    enhanced = pl.coalesce(status, pl.when(fits).then("said_status"))
    fours = [_is_four(name) for name in ("lead", "lead_status", "inner_status", "any_status")] + [
        pl.col("has_inner_four")
    ]
    any_four = pl.when("is_transcript").then(_is_four("lead")).otherwise(pl.any_horizontal(fours))
    is_silent = pl.all_horizontal(pl.col(name).is_null() for name in ("lead", "inner", "lead_status", "any_status"))
    by_fields = _is_four("said_code") | (pl.col("said_code").is_null() & _is_four("said_status"))
    known = code.is_not_null() | enhanced.is_not_null()
    return found.with_columns(
        code=code,
        enhanced=enhanced,
        is_transient=pl.when(known).then(any_four | (is_silent & by_fields)),
        is_reply=~is_silent,
    )


def _is_four(name: str) -> pl.Expr:
    return pl.col(name).str.starts_with("4").fill_null(False)

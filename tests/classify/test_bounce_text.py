"""What is left of a reply, and where its codes stand."""

import polars as pl
import pytest

from hygiene.classify.bounce_rules import known_pages
from hygiene.classify.bounce_text import folded, plain, with_codes, wording

Codes = tuple[str | None, str | None, bool | None]


def words(reply: str) -> str:
    frame = pl.DataFrame({"reply": [reply]})
    return str(frame.select(wording(folded(pl.col("reply")), known_pages())).item())


def codes(reply: str, reply_code: str | None = None, status: str | None = None) -> Codes:
    frame = pl.DataFrame(
        {"text": [reply], "reply_code": [reply_code], "status": [status]},
        schema_overrides={"reply_code": pl.String, "status": pl.String},
    )
    found = with_codes(frame.with_columns(folded(pl.col("text")))).row(0, named=True)
    return found["code"], found["enhanced"], found["is_transient"]


@pytest.mark.parametrize(
    ("reply", "left"),
    [
        ("550 user@blocked-domain.com unknown", "550 * unknown"),
        ("554 spamhaus@example.org", "554 *"),
        ("host mx.blacklist-museum.org[192.0.2.1] said", "host ~[*] said"),
        ("550-5.1.1 The account\n550 5.1.1 does not exist", "the account does not exist"),
        ("550 Boîte pleine", "550 boite pleine"),
        ("552 skrzynka pełna", "552 skrzynka pelna"),
        ("id 4c5f6a7b8c9d0e - gsmtp", "id * - gsmtp"),
        ("see https://example.org/why?ip=192.0.2.1 now", "see ~ now"),
        ("see https://www.spamhaus.org/query/ip/192.0.2.1", "see dnsbl_spamhaus"),
        ("550 no account [MA2hk3Xy IP: 192.0.2.7]. See", "550 no account . see"),
        ("host mx.example.org[192.0.2.1] said: 550 5.1.1 unknown (in reply to RCPT TO command)", "unknown"),
        ("550 user ann.lee unknown. See Resolver.Adr", "550 user ann-lee unknown. see resolver-adr"),
        ("size 34000000 exceeds 2001:db8::1:2:3", "size * exceeds *"),
    ],
)
def test_what_names_a_person_or_a_host_is_blanked(reply: str, left: str) -> None:
    assert words(reply) == left


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("550 5.1.1 unknown", ("550", "5.1.1", False)),
        ("smtp;550-5.7.1 no", ("550", "5.7.1", False)),
        ("smtp; 450 4.2.1 later", ("450", "4.2.1", True)),
        ("552 #5.2.2 full", ("552", "5.2.2", False)),
        ("Sorry, no mailbox here. (#5.1.1)", (None, "5.1.1", False)),
        ("host mx.example.org[192.0.2.1] said: 550 5.1.1 unknown", ("550", "5.1.1", False)),
        ("5.1.0 - Unknown address error 550-'5.7.1 Access denied'", ("550", "5.7.1", False)),
        ("550 permanent failure (bob@example.org:550 5.1.1 unknown)", ("550", "5.1.1", False)),
        ("450 4.1.1 unverified: host x said: 550 5.1.1 unknown", ("550", "5.1.1", True)),
        ("450 busy 551 not our customer 503 need RCPT [data]", ("551", None, False)),
        ("Action: failed Status: 5.1.1", (None, "5.1.1", False)),
        ("host mx.example.org said: 4.1.1 user unknown", (None, "4.1.1", True)),
        ("450 4.1.1 user unknown 503 5.5.1 need RCPT", ("450", "4.1.1", True)),
        ("host x said: 450 4.1.1 not verified: host y said: 550 5.1.1 unknown", ("550", "5.1.1", True)),
        ("[{LED=450 4.4.317 cannot connect};{MSG=}]", ("450", "4.4.317", True)),
        ("while talking to mx.example.org: >>> RCPT To:<a@example.org> <<< 450 4.2.0 later", ("450", "4.2.0", True)),
        ("message of 550 kB from 192.0.5.1 on port 587", (None, None, None)),
    ],
)
def test_codes_are_read_where_they_stand(reply: str, found: Codes) -> None:
    assert codes(reply) == found


def test_the_esps_status_counts_only_if_it_fits_the_reply_code() -> None:
    assert codes("550 no", status="5.1.1") == ("550", "5.1.1", False)
    assert codes("550 no", status="4.4.7") == ("550", None, False)
    assert codes("no", reply_code="550", status="5.1.1") == ("550", "5.1.1", False)


def test_patterns_are_made_plain_as_texts_are() -> None:
    assert plain("adresse n'éxiste|przepełniona") == "adresse n'existe|przepelniona"


def test_an_umlaut_in_a_pattern_stands_for_both_spellings() -> None:
    assert plain("gelöscht") == "geloe?scht"

"""The verdict is email-validator's, whichever way it was come by."""

import csv
import os
from pathlib import Path

import email_validator
import polars as pl
import pytest
from email_validator import EmailNotValidError, EmailSyntaxError, ValidatedEmail, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.model.words import Syntax
from hygiene.validate import syntax
from tests.validate.address_grammar import addresses, one_by_one

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases" / "addresses.csv").read_text("utf-8").splitlines()))
COUNT = int(os.environ.get("HYGIENE_FUZZ_ADDRESSES", "100000"))
"""HYGIENE_FUZZ_ADDRESSES=2000000 takes two minutes."""


def library(address: str) -> str | None:
    """The normalised form, or None where the library refuses."""
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def normalised(address: str) -> str:
    """What the library must make of a plain address: nothing but case is changed (RFC 2142 names, domain)."""
    local_part, _, domain = address.partition("@")
    is_known = local_part.lower() in CASE_INSENSITIVE_MAILBOX_NAMES
    return f"{local_part.lower() if is_known else local_part}@{domain.lower()}"


def judged(*given_addresses: str) -> list[str]:
    frame = pl.DataFrame({"address": given_addresses}, schema={"address": pl.String})
    return syntax.with_syntax(frame)["syntax"].to_list()


@pytest.fixture(scope="module")
def corpus() -> pl.DataFrame:
    """Distinct addresses with what the library makes of each."""
    found = list(dict.fromkeys([*addresses(COUNT), *one_by_one("a.b@c-d.ef")]))
    return pl.DataFrame({"address": found, "library": [library(address) for address in found]})


def wrongly_accepted(corpus: pl.DataFrame, *conditions: pl.Expr) -> list[str]:
    """Addresses that these conditions accept, and the library refuses or changes in more than case."""
    rows = corpus.filter(pl.all_horizontal(conditions)).select("address", "library").rows()
    return [address for address, verdict in rows if verdict != normalised(address)]


@pytest.mark.parametrize("case", CASES, ids=[case["address"][:60] for case in CASES])
def test_the_truth_table_of_addresses_holds(case: dict[str, str]) -> None:
    assert judged(case["address"].encode().decode("unicode_escape")) == [case["syntax"]]


def test_the_short_cut_accepts_nothing_that_the_library_refuses_or_changes(corpus: pl.DataFrame) -> None:
    assert wrongly_accepted(corpus, syntax.is_plain(pl.col("address"))) == []


def test_the_verdict_is_valid_just_where_the_library_accepts(corpus: pl.DataFrame) -> None:
    found = syntax.with_syntax(corpus)
    assert found.filter((pl.col("syntax") == Syntax.VALID) != pl.col("library").is_not_null()).is_empty()


def test_the_short_cut_spares_the_library_most_of_what_it_accepts(corpus: pl.DataFrame) -> None:
    accepted = corpus.filter(pl.col("library").is_not_null())
    assert accepted.select(syntax.is_plain(pl.col("address")).mean()).item() > 0.7


@pytest.mark.parametrize("name", list(syntax.grounds(pl.col("address"))))
def test_no_condition_of_the_short_cut_can_be_dropped(corpus: pl.DataFrame, name: str) -> None:
    rest = [ground for key, ground in syntax.grounds(pl.col("address")).items() if key != name]
    assert wrongly_accepted(corpus, *rest)


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("^", "(?m)^"),
        (syntax.ATEXT, syntax.ATEXT + r"\w"),
        ("[a-zA-Z]$", "[a-zA-Z0-9]$"),
        (r"\.)+", r"\.)*"),
        ("^", ""),
    ],
)
def test_no_part_of_the_shape_can_be_loosened(corpus: pl.DataFrame, part: str, instead: str) -> None:
    shape = syntax.PLAIN.replace(part, instead)
    rest = [ground for key, ground in syntax.grounds(pl.col("address")).items() if key != "shape"]
    assert wrongly_accepted(corpus, pl.col("address").str.contains(shape), *rest)


TEXTS = st.one_of(st.emails(), st.from_regex(r"[^@]{1,9}@[\w.-]{1,12}\.\w{1,4}", fullmatch=True), st.text())


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=9))
def test_any_text_gets_the_verdict_of_the_library(texts: list[str]) -> None:
    verdicts = judged(*texts)
    assert [verdict == Syntax.VALID for verdict in verdicts] == [library(text) is not None for text in texts]


def test_every_address_is_asked_of_a_library_that_judges_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_plus(address: str, *, check_deliverability: bool) -> ValidatedEmail:
        if "+" in address:
            raise EmailSyntaxError("No plus here.")
        return validate_email(address, check_deliverability=check_deliverability)

    monkeypatch.setattr(email_validator, "validate_email", without_plus)
    syntax.fast_path_agrees.cache_clear()
    try:
        assert judged("a+b@x.org", "ann@x.org") == [Syntax.INVALID, Syntax.VALID]
        assert pl.select(address=pl.lit("ann@x.org")).select(syntax.to_ask("address")).item() == "ann@x.org"
    finally:
        syntax.fast_path_agrees.cache_clear()


def test_the_installed_library_agrees_with_the_short_cut() -> None:
    assert syntax.fast_path_agrees()


def test_special_use_names_that_a_user_of_the_library_adds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_validator, "SPECIAL_USE_DOMAIN_NAMES", ["internal.example"])
    assert judged("a@internal.example", "a@x.internal.example", "a@b.test", "a@xinternal.example") == [
        Syntax.SPECIAL_USE,
        Syntax.SPECIAL_USE,
        Syntax.VALID,
        Syntax.VALID,
    ]


def test_a_non_ascii_local_part_needs_smtputf8_and_a_non_ascii_domain_does_not() -> None:
    frame = syntax.with_syntax(pl.DataFrame({"address": ["ü@x.org", "u@ü.org", "u@x.org", "u u@x.org"]}))
    assert frame["needs_smtputf8"].to_list() == [True, False, False, None]


def test_a_refusal_carries_the_words_of_the_library_and_an_accept_carries_none() -> None:
    frame = syntax.with_syntax(pl.DataFrame({"address": ["ann", "ann@x.org", "ü@x.org", None]}))
    assert frame["syntax_message"].to_list() == ["An email address must have an @-sign.", None, None, None]


def test_a_cell_that_holds_a_whole_file_is_too_long_at_once() -> None:
    assert judged("ann@x.org\n" * 1_000_000) == [Syntax.TOO_LONG]


def test_a_lazy_frame_of_many_batches_gets_the_same_verdicts(corpus: pl.DataFrame) -> None:
    some = corpus.head(5000).with_row_index()
    lazy = syntax.with_syntax(pl.concat([some[:7], some[7:3000], some[3000:]]).lazy()).collect().sort("index")
    assert lazy.equals(syntax.with_syntax(some))


def test_what_is_asked_and_its_judgement_make_up_the_whole_verdict(corpus: pl.DataFrame) -> None:
    some = corpus.sample(3000, seed=1)
    table = syntax.judged(some.select(syntax.to_ask("address")).to_series().drop_nulls().unique())
    joined = some.join(table, on="address", how="left", maintain_order="left")["syntax"].fill_null(Syntax.VALID.value)
    assert joined.to_list() == syntax.with_syntax(some)["syntax"].to_list()

"""The quick way to the numbers of keys gives those of the keys themselves."""

import polars as pl
import pytest
from polars import col

from hygiene.normalize.keys import mailbox_rules, with_keys
from hygiene.normalize.numbers import is_own_key, key_numbers, number
from tests.normalize.test_keys import CASES
from tests.validate.address_grammar import addresses

NAMES = ["ann", "ann.lee", "a.n.n", ".", "..ann", "Ann.Lee", "ann+x", "ann.lee+x", "ann-x", "änn.lee", "ann@lee", ""]
DOMAINS = [name for rule in mailbox_rules() for name in rule.domains]
OTHERS = ["x.org", "x.gmail.com", "gmail.com.x.org", "xgmail.com", "gmail.com.", "GMAIL.COM", "münchen.de", "gmail_com"]


def numbers(given: list[str]) -> pl.DataFrame:
    rows = pl.DataFrame({"address": given}, schema={"address": pl.String})
    return key_numbers(rows["address"], rows.select(is_own_key(col("address"))).to_series())


def plainly(given: list[str]) -> pl.DataFrame:
    """The same by the keys alone."""
    keyed = with_keys(pl.DataFrame({"address": given}, schema={"address": pl.String}))
    both = keyed.select(mailbox=number("mailbox_key"), address=number("address_key"))
    return both.with_columns(address=pl.when(col("address") != col("mailbox")).then("address"))


@pytest.mark.parametrize(
    "given",
    [
        [f"{name}@{domain}" for name in NAMES for domain in [*DOMAINS, *OTHERS]],
        [case["address"].encode().decode("unicode_escape") for case in CASES],
        list(addresses(20_000, seed=5)),
        ["ann", "", "@"],
        ["ann@x.org"],
        [],
    ],
    ids=["every provider", "truth table", "grammar", "no address", "own key", "nothing"],
)
def test_the_quick_way_finds_the_numbers_of_the_keys(given: list[str]) -> None:
    assert numbers(given).equals(plainly(given))


def test_dots_count_where_the_provider_says_so() -> None:
    found = numbers(["a.b@gmail.com", "ab@gmail.com", "ab@googlemail.com", "a.b@x.org", "ab@x.org"])
    assert found["mailbox"].n_unique() == 3
    assert found["address"].is_null().to_list() == [False, True, False, True, True]

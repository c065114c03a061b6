"""Whatever is suppressed and lifted, a system that takes every export ends up with what is in force."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene.decide.standing import NEVER, additions, removals, standing
from hygiene.formats.format import format_named
from hygiene.model.exchange import STANDING
from hygiene.model.tables import LEDGER
from hygiene.policy.families import bits_of
from tests.builders import AS_OF
from tests.ledger.entries import entries, entry

PEOPLE = {"a1@x.org": "a@x.org", "a2@x.org": "a@x.org", "b@x.org": "b@x.org", "c@x.org": "c@x.org"}
RULES = ["CMP101", "UNS111", "BNC201", "DOM303", "SFT601", "ENG701", "MAN002"]
steps = st.tuples(
    st.sampled_from(sorted(PEOPLE)), st.sampled_from(RULES), st.sampled_from(["suppress", "suppress", "lift", "all"])
)


def ledger(taken: list[tuple[str, str, str]]) -> pl.LazyFrame:
    told = []
    for address, rule, action in taken:
        by_mailbox = rule in ("CMP101", "UNS111", "ENG701", "MAN002")
        cells = {"scope": "mailbox", "key": PEOPLE[address]} if by_mailbox else {"scope": "address", "key": address}
        said = ("*", "lift") if action == "all" else (rule, action)
        told.append(entry(address, said[0], said[1], **cells, mailbox_key=PEOPLE[address]))
    rows = LEDGER.fill(entries(*told)) if told else LEDGER.empty()
    return rows.with_columns(seq=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).lazy()


def stands(rows: pl.LazyFrame) -> pl.LazyFrame:
    suppressing = rows.filter(pl.col("action") == "suppress").sort("seq").unique("address", keep="last")
    named = suppressing.select("address", pl.col("address").alias("address_key"), "mailbox_key")
    return standing(named, rows, AS_OF)


@settings(max_examples=60, deadline=None)
@given(
    nights=st.lists(st.lists(steps, max_size=6), min_size=1, max_size=4),
    system=st.sampled_from(["ses", "mailgun", "klaviyo"]),
)
def test_a_system_that_takes_every_export_has_what_is_in_force(
    nights: list[list[tuple[str, str, str]]], system: str
) -> None:
    writing = format_named(system).write
    assert writing is not None
    theirs: dict[str, str] = {}
    then = STANDING.empty().lazy()
    taken: list[tuple[str, str, str]] = []
    for night in nights:
        taken += night
        now = stands(ledger(taken))
        added = additions(now, then, bits_of(None), writing.words).collect()
        gone = removals(now, then, bits_of(None), writing.words, AS_OF).collect()
        assert not set(added["address"]) & set(gone["address"])
        theirs |= dict(added.select("address", "word").rows())
        theirs = {address: word for address, word in theirs.items() if address not in set(gone["address"])}
        then = now
        ours = now.filter(pl.col("in_force") != 0).collect()
        complained = set(now.filter(pl.col("ever") & NEVER != 0).collect()["address"])
        assert set(ours["address"]) <= set(theirs)
        assert set(theirs) - set(ours["address"]) <= complained
        first = additions(now, STANDING.empty().lazy(), bits_of(None), writing.words).collect()
        assert dict(first.select("address", "word").rows()).items() <= theirs.items()

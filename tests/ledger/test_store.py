"""Entries are added once, in one commit, chained; and found again."""

from pathlib import Path

import polars as pl
import pytest

from hygiene.ledger.audit import verify
from hygiene.ledger.chain import GENESIS, Head
from hygiene.ledger.runs import Runs
from hygiene.ledger.store import Ledger
from hygiene.model.errors import TableError
from hygiene.model.tables import LEDGER
from hygiene.state import StateTable
from tests.ledger.entries import entries, entry


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(str(tmp_path))


def test_an_empty_ledger_has_no_head(ledger: Ledger) -> None:
    assert (ledger.head(), ledger.scan().collect().height) == (Head(0, GENESIS), 0)


def test_entries_are_numbered_from_one_and_go_on(ledger: Ledger) -> None:
    ledger.append(entries(entry("ann@example.org"), entry("bob@example.org")), "run:1")
    ledger.append(entries(entry("cid@example.org")), "run:2")
    assert ledger.scan().sort("seq").collect()["seq"].to_list() == [1, 2, 3]


def test_a_run_enters_once(ledger: Ledger) -> None:
    ann = entries(entry("ann@example.org"))
    assert (ledger.append(ann, "run:1"), ledger.append(ann, "run:1")) == (1, 0)
    assert ledger.head().seq == 1


def test_no_entries_are_no_commit(ledger: Ledger) -> None:
    assert ledger.append(entries(entry("ann@example.org")).clear(), "run:1") == 0
    assert ledger.state.version() == -1


def test_the_order_of_one_mailbox_is_kept(ledger: Ledger) -> None:
    lifted = entry("ann@example.org", action="lift")
    ledger.append(entries(entry("bob@example.org"), lifted, entry("ann@example.org")), "run:1")
    assert ledger.history_of("ann@example.org")["action"].to_list() == ["lift", "suppress"]


def test_the_history_of_a_mailbox_holds_its_aliases(ledger: Ledger) -> None:
    alias = entry("ann+x@gmail.com", scope="address", mailbox_key="ann@gmail.com")
    ledger.append(entries(alias, entry("ann@gmail.com"), entry("bob@gmail.com")), "run:1")
    assert sorted(ledger.history_of("ann@gmail.com")["address"]) == ["ann+x@gmail.com", "ann@gmail.com"]


def test_entries_without_a_crashed_run_are_as_before_it(ledger: Ledger) -> None:
    ledger.append(entries(entry("ann@example.org", run_id="1")), "run:1")
    ledger.append(entries(entry("bob@example.org", run_id="2"), entry("cid@example.org", run_id=None)), "run:2")
    assert sorted(ledger.entries(without_run="2").collect()["key"]) == ["ann@example.org", "cid@example.org"]


@pytest.mark.parametrize("lacking", ["key", "rule", "actor", "entered_at"])
def test_an_entry_that_lacks_what_is_needed_is_refused(ledger: Ledger, lacking: str) -> None:
    broken = entries(entry("ann@example.org")).with_columns(pl.lit(None, LEDGER.schema[lacking]).alias(lacking))
    with pytest.raises(TableError, match=lacking):
        ledger.append(broken, "run:1")


def test_an_address_entry_must_name_its_mailbox(ledger: Ledger) -> None:
    with pytest.raises(TableError, match="mailbox_key"):
        ledger.append(entries(entry("ann@example.org", scope="address", mailbox_key=None)), "run:1")


def test_an_entry_that_another_process_adds_meanwhile_comes_first(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, others = StateTable.version, iter(["bob@example.org"])

    def read_just_before_another_commit(table: StateTable) -> int:
        seen = version(table)
        for other in others:
            ledger.append(entries(entry(other)), "run:other")
        return seen

    monkeypatch.setattr(StateTable, "version", read_just_before_another_commit)
    ledger.append(entries(entry("ann@example.org")), "run:mine")
    assert ledger.scan().sort("seq").collect()["key"].to_list() == ["bob@example.org", "ann@example.org"]
    assert verify(ledger, Runs(ledger.root)).is_sound


def test_many_entries_are_one_chain_in_one_commit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.ledger.store.BATCH_ROWS", 7)
    ledger.append(entries(*(entry(f"user{number}@example.org") for number in range(50))), "run:1")
    assert (ledger.state.version(), ledger.head().seq, verify(ledger, Runs(ledger.root)).is_sound) == (1, 50, True)

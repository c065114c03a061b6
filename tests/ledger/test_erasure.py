"""An erased person is gone from every file, stays blocked, and the chain still holds."""

from pathlib import Path

import polars as pl
import pytest

from hygiene.ledger.audit import verify
from hygiene.ledger.erasure import ErasureKey, erased_match, erasure_keys, forget
from hygiene.ledger.runs import Runs
from hygiene.ledger.store import Ledger
from hygiene.model.errors import ConfigError, InputError, StateError
from hygiene.state import StateTable
from tests.builders import AS_OF
from tests.ledger.entries import entries, entry

KEY, OLD_KEY = ErasureKey(b"0123456789abcdef"), ErasureKey(b"an older key of ours")
ANN = "ann@example.org"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Ann by her mailbox and by an alias, and Bob."""
    ledger = Ledger(str(tmp_path))
    alias = entry("ann+x@example.org", scope="address", mailbox_key=ANN, reason="550 <ann+x@example.org> unknown")
    ledger.append(entries({**entry(ANN), "reason": None}, alias, {**entry("bob@example.org"), "reason": None}), "run:1")
    return ledger


def erase(ledger: Ledger, *keys: ErasureKey, mailbox_key: str = ANN, reason: str = "asked by letter") -> int:
    return forget(ledger, mailbox_key, keys or [KEY], "dpo", reason, AS_OF)


def matched(ledger: Ledger, *addresses: str, keys: tuple[ErasureKey, ...] = (KEY,)) -> list[str]:
    return erased_match(ledger, pl.Series(addresses, dtype=pl.String), keys)["key"].to_list()


def files_that_hold(ledger: Ledger, text: bytes) -> list[Path]:
    return [file for file in Path(ledger.root).rglob("*") if file.is_file() and text in file.read_bytes()]


def test_no_file_holds_the_person_any_more(ledger: Ledger) -> None:
    assert files_that_hold(ledger, b"ann@example.org")
    assert erase(ledger) == 2
    assert (files_that_hold(ledger, b"ann@"), files_that_hold(ledger, b"ann+x@")) == ([], [])


def test_the_others_stay_as_they_were(ledger: Ledger) -> None:
    before = ledger.history_of("bob@example.org")
    erase(ledger)
    assert before.equals(ledger.history_of("bob@example.org"))


def test_the_chain_still_holds(ledger: Ledger) -> None:
    erase(ledger)
    ledger.append(entries(entry("cid@example.org")), "run:2")
    verified = verify(ledger, Runs(ledger.root))
    assert (verified.is_sound, verified.entries) == (True, 5)


def test_blanking_without_an_erasure_is_found(ledger: Ledger) -> None:
    personal = ["key", "mailbox_key", "address", "evidence", "reason", "salt"]
    blank = ledger.history_of("bob@example.org").with_columns(pl.lit(None, pl.String).alias(name) for name in personal)
    ledger.state.rewrite(blank, on="seq")
    broken = verify(ledger, Runs(ledger.root)).broken
    assert broken is not None
    assert (broken.seq, "no erasure" in broken.problem) == (3, True)


def test_the_erased_are_known_again_under_their_plain_key(ledger: Ledger) -> None:
    erase(ledger)
    found = erased_match(ledger, pl.Series([ANN, "bob@example.org", None, ANN]), [KEY])
    assert found.select("scope", "key", "rule", "action").rows() == [("mailbox", ANN, "MAN001", "suppress")]


def test_what_folds_into_the_state_has_neither_blanks_nor_hashes(ledger: Ledger) -> None:
    erase(ledger)
    assert ledger.entries().collect()["key"].to_list() == ["bob@example.org"]


def test_erasing_twice_is_once(ledger: Ledger) -> None:
    assert (erase(ledger), erase(ledger)) == (2, 0)
    assert ledger.erasures().height == 1


def test_somebody_unknown_is_blocked_too(ledger: Ledger) -> None:
    assert erase(ledger, mailbox_key="new@example.org") == 0
    assert matched(ledger, "new@example.org") == ["new@example.org"]


def test_an_entry_made_after_the_erasure_is_blanked_by_the_next(ledger: Ledger) -> None:
    erase(ledger)
    ledger.append(entries(entry(ANN)), "run:2")
    assert erase(ledger) == 1
    assert files_that_hold(ledger, b"ann@example.org") == []
    assert verify(ledger, Runs(ledger.root)).is_sound


def test_an_old_hash_is_good_as_long_as_its_key_is_set(ledger: Ledger) -> None:
    erase(ledger, OLD_KEY)
    erase(ledger, KEY, OLD_KEY, mailbox_key="bob@example.org")
    assert sorted(matched(ledger, ANN, "bob@example.org", keys=(KEY, OLD_KEY))) == [ANN, "bob@example.org"]


@pytest.mark.parametrize("keys", [(), (KEY,)])
def test_a_key_that_is_missing_stops_the_run(ledger: Ledger, keys: tuple[ErasureKey, ...]) -> None:
    erase(ledger, OLD_KEY)
    with pytest.raises(StateError, match=OLD_KEY.id):
        matched(ledger, ANN, keys=keys)


def test_without_erasures_no_key_is_needed(ledger: Ledger) -> None:
    assert matched(ledger, ANN, keys=()) == []


def test_a_key_is_never_shown() -> None:
    assert "0123456789abcdef" not in repr(KEY)


def test_keys_come_from_the_environment_the_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "0123456789abcdef")
    monkeypatch.setenv("A_KEY_OLD", "second-oldest-key oldest-key-of-all")
    assert [key.secret for key in erasure_keys("A_KEY")] == [
        b"0123456789abcdef",
        b"second-oldest-key",
        b"oldest-key-of-all",
    ]
    assert erasure_keys("NO_KEY") == []


def test_a_short_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "short")
    with pytest.raises(ConfigError, match="A_KEY"):
        erasure_keys("A_KEY")


@pytest.mark.parametrize("reason", ["", "ann@example.org asked"])
def test_a_reason_is_given_and_names_nobody(ledger: Ledger, reason: str) -> None:
    with pytest.raises(InputError):
        erase(ledger, reason=reason)


def test_forgetting_without_a_key_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ConfigError):
        forget(ledger, ANN, [], "dpo", "asked", AS_OF)


def test_the_next_tidy_finishes_an_erasure_that_was_cut_short(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(StateTable, "purge", lambda _: None)
        erase(ledger)
    assert files_that_hold(ledger, b"ann@example.org")
    ledger.tidy(keep_days=30)
    assert files_that_hold(ledger, b"ann@example.org") == []

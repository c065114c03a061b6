"""Whatever is done to the past is found, with the first entry that is wrong."""

import datetime as dt
import stat
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from hygiene.ledger.audit import export, verify
from hygiene.ledger.chain import Head, chained
from hygiene.ledger.runs import Run, Runs
from hygiene.ledger.store import Ledger, complete
from hygiene.model.errors import InputError, OutputError
from hygiene.model.words import RunStatus
from tests.builders import AS_OF
from tests.ledger.entries import entries, entry

col = pl.col
Harm = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Ten entries of two runs, of which the second recorded its head; read three at a time."""
    monkeypatch.setattr("hygiene.ledger.store.BATCH_ROWS", 3)
    ledger, runs = Ledger(str(tmp_path / "state")), Runs(str(tmp_path / "state"))
    for run in (1, 2):
        ledger.append(entries(*(entry(f"user{number}@example.org") for number in range(5))), f"run:{run}")
    head = ledger.head()
    runs.record(Run("2", "nightly", RunStatus.PUBLISHED, AS_OF, ledger_seq=head.seq, ledger_head=head.hash))
    return ledger


def first_bad(ledger: Ledger) -> int | None:
    broken = verify(ledger, Runs(ledger.root)).broken
    return None if broken is None else broken.seq


def at(seq: int, **cells: object) -> Harm:
    return lambda every: every.with_columns(
        pl.when(col("seq") == seq).then(pl.lit(value)).otherwise(col(name)).alias(name) for name, value in cells.items()
    )


def without(*numbers: int) -> Harm:
    return lambda every: every.filter(~col("seq").is_in(numbers))


def renumbered(every: pl.DataFrame) -> pl.DataFrame:
    return without(4)(every).with_columns(seq=pl.int_range(1, 10, dtype=pl.Int64))


def swapped(every: pl.DataFrame) -> pl.DataFrame:
    return every.with_columns(seq=col("seq").replace({4: 5, 5: 4}))


def doubled(every: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([every, every.filter(col("seq") == 3)])


def unnumbered(every: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([every, every.filter(col("seq") == 3).with_columns(seq=pl.lit(None, pl.Int64))])


def enlarged(every: pl.DataFrame) -> pl.DataFrame:
    """An erasure entry whose evidence is no JSON, put in at the end."""
    return pl.concat(
        [
            every,
            every.filter(col("seq") == 3).with_columns(
                seq=pl.lit(11, pl.Int64), scope=pl.lit("erased"), evidence=pl.lit("{")
            ),
        ]
    )


def forged(every: pl.DataFrame) -> pl.DataFrame:
    """All entries chained anew after one was changed: sound in itself, and not what the run saw."""
    return chained(complete(at(2, rule="SFT601")(every)), Head())


def cut_and_forged_on(every: pl.DataFrame) -> pl.DataFrame:
    """The last entry is replaced by another that continues the chain."""
    start = every.filter(col("seq") <= 9)
    last = chained(complete(entries(entry("mallory@example.org"))), Head(9, start["hash"][-1]))
    return pl.concat([start, last])


@pytest.mark.parametrize(
    ("harm", "seq"),
    [
        (at(7, rule="SFT601"), 7),
        (at(7, address="other@example.org"), 7),
        (at(7, key="other@example.org"), 7),
        (at(7, hash="0" * 64), 7),
        (at(7, prev_hash="0" * 64), 7),
        (at(1, action="lift"), 1),
        (without(4), 4),
        (without(1), 1),
        (without(4, 5, 6), 4),
        (without(10), 10),
        (without(8, 9, 10), 8),
        (without(*range(1, 11)), 1),
        (renumbered, 4),
        (swapped, 4),
        (doubled, 4),
        (unnumbered, 11),
        (enlarged, 11),
        (forged, 10),
        (cut_and_forged_on, 10),
    ],
)
def test_what_was_done_to_the_past_is_found(ledger: Ledger, harm: Harm, seq: int) -> None:
    ledger.state.replace(harm(ledger.scan().collect().sort("seq")))
    assert first_bad(ledger) == seq


def test_an_untouched_ledger_is_sound(ledger: Ledger) -> None:
    verified = verify(ledger, Runs(ledger.root))
    assert (verified.is_sound, verified.entries, verified.head) == (True, 10, ledger.head())


def test_order_in_the_files_means_nothing(ledger: Ledger) -> None:
    ledger.state.replace(ledger.scan().collect().sample(fraction=1, shuffle=True, seed=1))
    assert first_bad(ledger) is None


def test_tidying_changes_nothing(ledger: Ledger) -> None:
    ledger.tidy(keep_days=30)
    assert first_bad(ledger) is None


def test_an_empty_ledger_is_sound(tmp_path: Path) -> None:
    assert verify(Ledger(str(tmp_path)), Runs(str(tmp_path))).is_sound


def test_the_export_is_in_order_and_ours_alone(ledger: Ledger, tmp_path: Path) -> None:
    assert export(ledger, tmp_path / "audit.parquet") == 10
    assert pl.read_parquet(tmp_path / "audit.parquet")["seq"].to_list() == list(range(1, 11))
    assert stat.S_IMODE((tmp_path / "audit.parquet").stat().st_mode) == 0o600


def test_a_spreadsheet_executes_nothing_of_the_csv(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(entries(entry("=cmd|'/c calc'!a0@example.org", reason="-1+1")), "run:3")
    assert export(ledger, tmp_path / "audit.csv") == 11
    found = pl.read_csv(tmp_path / "audit.csv", infer_schema=False).row(-1, named=True)
    assert (found["address"][:2], found["reason"], found["seq"]) == ("'=", "'-1+1", "11")
    assert found["entered_at"] == "2026-07-01T03:00:00Z"


def test_an_export_starts_where_it_is_told(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(entries(entry("ann@example.org", entered_at=AS_OF + dt.timedelta(days=1))), "run:3")
    assert export(ledger, tmp_path / "audit.csv", since=AS_OF + dt.timedelta(hours=1)) == 1


def test_another_kind_of_file_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        export(ledger, tmp_path / "audit.xlsx")


def test_an_export_that_cannot_be_written_is_told_and_leaves_nothing(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "audit.csv").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        export(ledger, tmp_path / "audit.csv")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []

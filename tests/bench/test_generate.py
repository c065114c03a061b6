"""Generated jobs are the same for the same size, look like lists of people, and are what the product reads."""

import json
from pathlib import Path

import polars as pl
import pytest
from polars import col
from polars.testing import assert_frame_equal

from bench.agree import decided, differences
from bench.generate import FORMS, MADE, generate, is_there
from bench.happenings import bounces, last_night, mailings, objections
from bench.measure import measured
from bench.others import COPY, missing
from bench.people import PROVIDERS, companies, subscribers
from bench.sizes import Size
from hygiene.config import EventSource
from hygiene.ingest.events import read_events
from hygiene.lookup.memory import DnsMemory
from hygiene.validate.syntax import is_plain

ROWS = 50_000


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    """A list, with the addresses as they are meant."""
    rows = subscribers(0, ROWS, ROWS).collect()
    return rows.with_columns(meant=col("email").str.strip_chars().str.to_lowercase())


def test_the_same_size_gives_the_same_files(tmp_path: Path) -> None:
    size = Size(2_000, 20_000)
    one, other = (generate(tmp_path / name, size).parent for name in ("one", "other"))
    for name in ("list.csv", "list-second.csv", "dns.json", "first.toml", "second.toml"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    for file in one.rglob("events*/*.parquet"):
        assert_frame_equal(pl.read_parquet(file), pl.read_parquet(other / file.relative_to(one)))


def test_a_list_written_in_parts_is_the_list_written_at_once(people: pl.DataFrame) -> None:
    parts = [subscribers(start, start + ROWS // 2, ROWS) for start in (0, ROWS // 2)]
    assert_frame_equal(pl.concat(parts).collect(), people.drop("meant"))


@pytest.mark.parametrize(
    ("share", "least", "most"),
    [
        (col("meant").str.extract("@([^@]+)$").is_in(PROVIDERS), 0.55, 0.62),
        (~is_plain(col("meant")), 0.01, 0.02),
        (col("email").str.contains("[A-Z]"), 0.04, 0.06),
        (col("email") != col("email").str.strip_chars(), 0.013, 0.020),
        (~col("meant").is_first_distinct(), 0.04, 0.06),
        (col("email").str.contains(r"[^\x00-\x7f]"), 0.0004, 0.0012),
    ],
    ids=["providers", "malformed", "case", "spaces", "duplicates", "non-ascii"],
)  # fmt: skip
def test_rows_have_the_stated_skew(people: pl.DataFrame, share: pl.Expr, least: float, most: float) -> None:
    assert least < people.select(share.mean()).item() < most


def test_most_companies_have_a_reader_and_the_first_have_many(people: pl.DataFrame) -> None:
    found = people["meant"].str.extract(r"@(company\d+\..*example)$").drop_nulls().value_counts(sort=True)
    assert 0.9 * companies(ROWS) < found.height <= companies(ROWS)
    assert found["count"][0] > 5 * found["count"].median()  # type: ignore[operator]


def test_events_are_deliveries_opens_and_clicks_of_people_of_the_list(people: pl.DataFrame) -> None:
    events = mailings(0, 10_000, ROWS).collect()
    shares = dict(events["kind"].value_counts(normalize=True).iter_rows())
    assert 0.7 < shares["delivered"] < 0.9 > 0.01 < shares["clicked"] < shares["opened"]
    assert events["address"].is_in(people["meant"].implode()).mean() > 0.9  # type: ignore[operator]


def test_bounces_are_real_wordings_and_few_are_the_same() -> None:
    found = bounces(ROWS).collect()
    assert 0.04 < found.height / ROWS < 0.06
    assert found["diagnostic"].n_unique() > 0.9 * found.height
    assert found["diagnostic"].null_count() == 0
    assert set(found["esp_verdict"]) == {"hard", "soft", "block"}


def test_the_second_night_comes_after_everything_else() -> None:
    before = pl.concat([mailings(0, 1_000, ROWS), bounces(ROWS), objections(ROWS)]).collect()["occurred_at"].max()
    assert last_night(0, 1_000, ROWS).collect()["occurred_at"].min() > before  # type: ignore[operator]


def test_events_mean_the_same_in_every_form(tmp_path: Path) -> None:
    read = {}
    for form in FORMS:
        folder = generate(tmp_path / form, Size(500, 5_000), form).parent
        files = read_events(EventSource(path="events/*", format="generic"), folder, tmp_path)
        events = pl.concat([file.read().events for file in files]).drop("source", "line")
        read[form] = events.sort("occurred_at", "address", "kind").collect()
    assert read["parquet"].height > 5_000
    assert_frame_equal(read["ndjson"], read["parquet"])
    assert_frame_equal(read["csv"], read["parquet"])


def test_the_copy_keeps_every_byte_that_matters(tmp_path: Path) -> None:
    job = generate(tmp_path, Size(2_000, 20_000))
    measured([*COPY, str(job.parent), str(tmp_path / "out")])
    read = [pl.read_csv(path, infer_schema=False) for path in (tmp_path / "list.csv", tmp_path / "out/clean.csv")]
    assert_frame_equal(*read)


@pytest.mark.skipif(missing() is not None, reason="`make bench` installs the other ways")
def test_the_other_ways_decide_as_hygiene_does(tmp_path: Path) -> None:
    frames = decided(generate(tmp_path, Size(5_000, 50_000)).parent)
    assert differences(frames["duckdb_job"], frames["pandas_script"]).is_empty()
    unlike = differences(frames["hygiene"], frames["duckdb_job"])
    # The scripts take the ESP's word for a bounce, and know nothing of the aliases of a mailbox that is malformed.
    assert set(unlike["theirs"]) <= {"hard_bounce", "hold", "invalid"}
    assert unlike["rows"].sum() < 10


def test_data_is_found_again_and_half_of_it_is_made_anew(tmp_path: Path) -> None:
    size = Size(500, 5_000)
    generate(tmp_path, size)
    before = (tmp_path / "list.csv").stat().st_mtime_ns
    generate(tmp_path, size)
    assert (tmp_path / "list.csv").stat().st_mtime_ns == before
    (tmp_path / MADE).unlink()
    generate(tmp_path, size)
    assert (tmp_path / "list.csv").stat().st_mtime_ns > before
    assert not is_there(tmp_path, Size(501, 5_000))


def test_the_dns_is_known_of_nearly_every_domain_and_of_few_by_the_snapshot_alone(tmp_path: Path) -> None:
    folder = generate(tmp_path, Size(20_000, 20_000)).parent
    meant = pl.read_csv(folder / "list.csv", infer_schema=False)["email"].str.strip_chars().str.to_lowercase()
    remembered = DnsMemory(str(folder / "memory")).load()
    recorded = json.loads((folder / "dns.json").read_text())
    names = {*remembered["domain"], *recorded}
    assert meant.str.extract(r"@([^@]*)$").is_in(names).mean() > 0.97  # type: ignore[operator]
    assert 0 < len(recorded) < 0.02 * len(names)
    assert {"mx", "nxdomain", "null_mx", "no_data", "temperror"} <= set(remembered["mx_status"])

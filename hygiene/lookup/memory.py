"""What earlier runs learned of each domain, and how a new observation changes it; nothing is asked before it is due."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import polars as pl

from hygiene.model.tables import DNS_ANSWERS
from hygiene.model.words import MxStatus
from hygiene.policy.policy import Policy
from hygiene.state import StateTable
from hygiene.validate.mx import TAKES_MAIL

LEAST_HOURS_APART = 6
"""Observations closer than this are one: a rerun, or a run by hand after the nightly one, is no second witness."""
SETTLED_OBSERVATIONS = 3
"""From here on a bad answer is asked again at doubling intervals: more of the same changes no verdict."""
LONGEST_DOUBLING = 10
SPREAD = 1 / 3
"""The part of the time for good answers over which they come due."""
FOLDED_AT_ONCE = 25_000
TEMPERROR_NOTE = "temperror"
"""Beside an older status: the last look-up failed."""

col = pl.col


@dataclass(frozen=True)
class DnsMemory:
    """The state table of DNS answers, one row per domain ever asked for."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def _table(self) -> StateTable:
        return StateTable(self.root, DNS_ANSWERS, storage_options=self.storage_options)

    def load(self, version: int | None = None) -> pl.DataFrame:
        """DNS_ANSWERS of all domains, by name; empty before the first run."""
        return self._table.scan(version).collect().sort("domain")

    def save(self, memory: pl.DataFrame, run_id: str) -> bool:
        """Puts the memory in place of the old one, once per run; False where this run had done so."""
        return self._table.replace(memory.sort("domain"), transaction=f"run:{run_id}")

    def version(self) -> int:
        """The number of the newest commit; -1 where there is none."""
        return self._table.version()

    def tidy(self, keep_days: int) -> None:
        """Compacts the table and removes versions older than `keep_days`."""
        self._table.tidy(keep_days)


def due(domains: pl.Series, memory: pl.DataFrame, as_of: dt.datetime) -> pl.Series:
    """Those of the domains that must be asked for: never asked before, or their time has come."""
    known = memory.filter(col("next_check_at") > as_of).select("domain")
    return domains.to_frame("domain").join(known, on="domain", how="anti").sort("domain")["domain"]


def in_trouble(memory: pl.DataFrame) -> pl.DataFrame:
    """Domains whose last look-up failed."""
    return memory.filter(_is_failed()).select("domain")


def fold(memory: pl.DataFrame, observed: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """DNS_ANSWERS in no order after the observations (OBSERVED, several per domain allowed), oldest first.

    The same status again counts one more, if it is far enough from the last that counted; another status starts anew. A
    failed look-up neither counts nor resets: the row stays as it was, with a note, and is due at once.
    """
    if observed["domain"].is_unique().all():
        return _fold_unique(memory, observed, policy)
    ranked = observed.with_columns(rank=col("observed_at").rank("ordinal").over("domain"))
    for rank in ranked["rank"].unique().sort():
        memory = _fold_unique(memory, ranked.filter(col("rank") == rank).drop("rank"), policy)
    return memory


def _fold_unique(memory: pl.DataFrame, observed: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The same for at most one observation per domain, some at a time: a join of all takes a hundred megabytes."""
    folded = [fold_some(memory, some, policy) for some in observed.iter_slices(FOLDED_AT_ONCE)]
    return with_folded(memory, folded)


def fold_some(memory: pl.DataFrame, observed: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """DNS_ANSWERS of the domains observed alone, after the observations, of which there is one per domain."""
    return _fold_one(memory.join(observed, on="domain", how="semi"), observed, policy)


def with_folded(memory: pl.DataFrame, folded: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The memory with what `fold_some` made of some of its domains, and of new ones, in their place."""
    known = pl.concat([DNS_ANSWERS.empty(), *folded])
    untouched = memory.join(known.select("domain"), on="domain", how="anti")
    return DNS_ANSWERS.conform(pl.concat([untouched, known]))


def _fold_one(memory: pl.DataFrame, observed: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The memory of the domains observed, after; the observation's columns have the suffix `_new`."""
    new = observed.rename({name: f"{name}_new" for name in observed.columns if name != "domain"})
    both = memory.join(new, on="domain", how="full", coalesce=True).with_columns(case=_case())
    cases = {
        "keep": [],
        "failed": _after_failure(),
        "again": [*_taken_over(), *_counted_again()],
        "anew": [*_taken_over(), *_begun_anew()],
    }
    rows = [
        both.filter(col("case") == case).with_columns(changes).select(DNS_ANSWERS.schema.names())
        for case, changes in cases.items()
    ]
    looked_up = pl.concat(rows[2:])
    checked = looked_up.with_columns(next_check_at=_next_check_at(policy, _spread(looked_up["domain"])))
    return pl.concat([*rows[:2], checked])


def _case() -> pl.Expr:
    """`keep`, `failed` (something was known before), `again` (the same status), `anew` (another, or the first)."""
    # A failed look-up may be made good at the same instant, by a rerun.
    is_stale = (
        pl.when(_is_temperror())
        .then(col("observed_at_new") < col("observed_at"))
        .otherwise(col("observed_at_new") <= col("observed_at"))
    )
    return (
        pl.when(col("observed_at_new").is_null() | is_stale.fill_null(value=False))
        .then(pl.lit("keep"))
        .when(_is_temperror("mx_status_new") & col("mx_status").is_not_null())
        .then(pl.lit("failed"))
        .when(col("mx_status") == col("mx_status_new"))
        .then(pl.lit("again"))
        .otherwise(pl.lit("anew"))
    )


def _after_failure() -> list[pl.Expr]:
    """What was known stays; where nothing was, the newest failure tells why."""
    noted = pl.concat_str(col("note"), pl.lit(TEMPERROR_NOTE), separator="+", ignore_nulls=True)
    return [
        pl.when(_is_temperror()).then("note_new").when(_is_failed()).then("note").otherwise(noted).alias("note"),
        pl.when(_is_temperror()).then("observed_at_new").otherwise("observed_at").alias("observed_at"),
        col("observed_at_new").alias("next_check_at"),
    ]


def _taken_over() -> list[pl.Expr]:
    """The new answer itself, and when the domain was last seen to take mail."""
    is_good = col("mx_status_new").is_in([status.value for status in TAKES_MAIL])
    return [
        *(col(f"{name}_new").alias(name) for name in ("mx_status", "targets", "note", "ttl", "resolver")),
        pl.when(is_good).then("observed_at_new").otherwise("last_good_at").alias("last_good_at"),
        # For now: `_next_check_at` goes on from here.
        col("observed_at_new").alias("next_check_at"),
    ]


def _counted_again() -> list[pl.Expr]:
    is_apart = col("observed_at_new") - col("observed_at") >= pl.duration(hours=LEAST_HOURS_APART)
    return [
        (col("observations") + is_apart.cast(pl.UInt32)).alias("observations"),
        pl.when(is_apart).then("observed_at_new").otherwise("observed_at").alias("observed_at"),
    ]


def _begun_anew() -> list[pl.Expr]:
    return [
        pl.when(_is_temperror("mx_status_new")).then(0).otherwise(1).cast(pl.UInt32).alias("observations"),
        col("observed_at_new").alias("observed_at"),
        col("observed_at_new").alias("first_observed_at"),
    ]


def _spread(domains: pl.Series) -> pl.Series:
    """A number from 0 to 1 for each domain, the same every night and on every machine."""
    return pl.Series([crc32(domain.encode()) / 0xFFFF_FFFF for domain in domains], dtype=pl.Float64)


def _next_check_at(policy: Policy, spread: pl.Series) -> pl.Expr:
    """When to ask again, on from the observation: a good answer late, but not before its TTL; a bad one soon.

    The late ones come due over the last part of the time, each domain at its own point: not all in one night again. A
    well-formed null MX is a statement of the domain, so it is believed as long as a good answer.
    """
    good = [status.value for status in TAKES_MAIL]
    is_believed = col("mx_status").is_in(good) | ((col("mx_status") == MxStatus.NULL_MX.value) & col("note").is_null())
    most = 24.0 * policy.dns_positive_days
    doublings = (col("observations").cast(pl.Int64) - SETTLED_OBSERVATIONS).clip(0, LONGEST_DOUBLING)
    soon = pl.min_horizontal(policy.dns_negative_hours * pl.lit(2.0).pow(doublings), pl.lit(most))
    late = pl.max_horizontal(most * (1 - SPREAD * spread), col("ttl").fill_null(0) / 3600)
    hours = pl.when(_is_temperror()).then(0.0).when(is_believed).then(late).otherwise(soon)
    return col("next_check_at") + pl.duration(seconds=(hours * 3600).cast(pl.Int64))


def _is_temperror(name: str = "mx_status") -> pl.Expr:
    return col(name) == MxStatus.TEMPERROR.value


def _is_failed() -> pl.Expr:
    """Whether the last look-up failed, with or without an older answer to fall back on."""
    return _is_temperror() | col("note").str.split("+").list.contains(TEMPERROR_NOTE).fill_null(value=False)

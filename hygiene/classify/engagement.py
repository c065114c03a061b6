"""What a person did and what was delivered to them, with machine opens set apart.

Only mail that was delivered counts as exposure: what a provider blocked, nobody could read. Exposure counts days, so
that a file read twice, or two events of one message, change nothing.

What was kept of earlier nights goes on with the ACTIVITY that it does not hold. Where counts alone cannot go on (late
mail, another last sign of life), the days of that mailbox are counted anew: the outcome is as of all ACTIVITY at once.
"""

from collections.abc import Iterator

import polars as pl
from polars import col

from hygiene.model.engagement_table import ENGAGEMENT
from hygiene.model.words import HUMAN, Activity

AT = col("occurred_at")
DELIVERED = col("activity") == Activity.DELIVERED
SIGNS = {"human_at": HUMAN, "clicked_at": [Activity.CLICKED], "machine_opened_at": [Activity.MACHINE_OPENED]}
INSTANTS = [col("delivered_first_at").min(), col("delivered_last_at").max(), *(col(name).max() for name in SIGNS)]
COUNTS = ("deliveries", "unengaged_since", "unengaged_deliveries")
PIECE_PEOPLE = 25_000
"""Of so many people all deliveries are read at once."""


def engagement(kept: pl.DataFrame, fresh: pl.DataFrame, told: pl.LazyFrame, signs: pl.DataFrame) -> pl.DataFrame:
    """ENGAGEMENT of all ACTIVITY: `kept` (ENGAGEMENT), and `fresh`, the ACTIVITY that it does not hold.

    `told` is all ACTIVITY, read in part for those who are counted anew; `signs` has `resubscribed_at` and
    `sunset_lifted_at` per `mailbox`. Fastest where `fresh` is sorted by mailbox.
    """
    rows = _with_instants(kept, fresh)
    known = _known(kept, rows, signs)
    delivered = fresh.lazy().filter(DELIVERED).select("mailbox", "occurred_at").collect(engine="in-memory")
    anew = _anew(known, delivered)
    if fresh.is_empty() and anew.is_empty() and known["since"].equals(known["unengaged_since"]):
        return kept
    if anew.height:
        known = known.join(anew, on="mailbox", how="anti")
        again = _known(kept.clear(), rows.join(anew, on="mailbox", how="semi"), signs)
        known = pl.concat([known, again])
        delivered = pl.concat([delivered.join(anew, on="mailbox", how="anti"), *_deliveries(told, anew)])
    counted = rows.lazy().join(_counted(known, delivered.lazy()), on="mailbox", how="left")
    return ENGAGEMENT.conform(counted).collect(engine="in-memory")


def people(rows: pl.LazyFrame) -> pl.LazyFrame:
    """ENGAGEMENT per `mailbox`."""
    return rows.group_by("mailbox").agg(*INSTANTS, col(*COUNTS).first())


def engaged_at(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Last human engagement per number of the `address_key`: which of several aliases the person uses."""
    human = rows.filter(col("human_at").is_not_null())
    return human.group_by(pl.coalesce("address", "mailbox").alias("address")).agg(engaged_at=col("human_at").max())


def _with_instants(kept: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """First and last of everything per address of a mailbox: `kept` and `fresh` together."""
    is_alias = col("address").is_not_null()
    own = _instants(fresh.lazy().filter(~is_alias), "mailbox").with_columns(address=pl.lit(None, pl.Int64))
    found = [own, _instants(fresh.lazy().filter(is_alias), "mailbox", "address")]
    new = pl.concat(found, how="diagonal").sort("mailbox").collect(engine="in-memory")
    if kept.is_empty():
        return new
    old = kept.select(new.columns)
    both = pl.concat([old.join(new, on="mailbox", how="semi"), new]).group_by("mailbox", "address").agg(INSTANTS)
    return pl.concat([old.join(new, on="mailbox", how="anti"), both.select(new.columns)]).sort("mailbox")


def _instants(activity: pl.LazyFrame, *keys: str) -> pl.LazyFrame:
    kinds = {"delivered_at": [Activity.DELIVERED], **SIGNS}
    told = activity.filter(col("activity").is_in([kind for some in kinds.values() for kind in some]))
    apart = [pl.when(col("activity").is_in(some)).then(AT).alias(name) for name, some in kinds.items()]
    delivered = {"delivered_first_at": col("delivered_at").min(), "delivered_last_at": col("delivered_at").max()}
    return told.select(*keys, *apart).group_by(keys).agg(*(col(name).max() for name in SIGNS), **delivered)


def _known(kept: pl.DataFrame, rows: pl.DataFrame, signs: pl.DataFrame) -> pl.DataFrame:
    """Per mailbox of `rows`: the last sign of life (`since`), and what was kept: COUNTS and the `last` delivery."""
    lasting = rows.group_by("mailbox").agg(col("human_at").max()).join(signs, on="mailbox", how="left")
    since = lasting.select("mailbox", since=pl.max_horizontal("human_at", "resubscribed_at", "sunset_lifted_at"))
    counts = kept.group_by("mailbox").agg(col(*COUNTS).first(), last=col("delivered_last_at").max())
    return since.join(counts, on="mailbox", how="left")


def _anew(known: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """Each `mailbox` whose days cannot be told from the counts.

    Mail that arrived before the last day counted may have been counted or not; and how many of the days counted lie
    after a sign of life is known for the one that was the last then, or for one after all of them.
    """
    last = known.select("mailbox", "last").filter(col("last").is_not_null())
    late = delivered.join(last, on="mailbox").filter(_day(AT) < _day(col("last")))
    is_other = (col("last") > col("since")) & col("since").ne_missing(col("unengaged_since"))
    return pl.concat([late.select("mailbox"), known.filter(is_other).select("mailbox")]).unique()


def _deliveries(told: pl.LazyFrame, mailboxes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """All deliveries to these mailboxes, some mailboxes at a time."""
    for some in mailboxes.sort("mailbox").iter_slices(PIECE_PEOPLE):
        near = told.filter(col("mailbox").is_between(some["mailbox"][0], some["mailbox"][-1]) & DELIVERED)
        yield near.select("mailbox", "occurred_at").join(some.lazy(), on="mailbox", how="semi").collect()


def _counted(known: pl.DataFrame, delivered: pl.LazyFrame) -> pl.LazyFrame:
    """COUNTS per mailbox: what was kept of them, and the days that `delivered` adds."""
    is_new = col("last").is_null() | (_day(AT) > _day(col("last")))
    # A day whose mail came both before and after the sign of life was not counted as one after it.
    is_after = (col("since") < AT) & (is_new | (col("last") <= col("since")))
    last = known.select("mailbox", "last").filter(col("last").is_not_null())
    since = known.lazy().select("mailbox", "last", "since").filter(col("since").is_not_null())
    on_new = delivered if last.is_empty() else delivered.join(last.lazy(), on="mailbox", how="left").filter(is_new)
    new = on_new.group_by("mailbox").agg(new=_days())
    after = delivered.join(since, on="mailbox").filter(is_after).group_by("mailbox").agg(after=_days())
    joined = known.lazy().join(new, on="mailbox", how="left").join(after, on="mailbox", how="left")
    days = col("deliveries").fill_null(0) + col("new").fill_null(0)
    kept_after = pl.when(col("last") > col("since")).then("unengaged_deliveries").fill_null(0)
    silent = pl.when(col("since").is_null()).then(days).otherwise(kept_after + col("after").fill_null(0))
    return joined.select(
        "mailbox",
        deliveries=pl.when(days > 0).then(days),
        unengaged_since="since",
        unengaged_deliveries=pl.when(days > 0).then(silent),
    )


def _day(instant: pl.Expr) -> pl.Expr:
    return instant.to_physical() // 86_400_000_000


def _days() -> pl.Expr:
    return _day(AT).n_unique().cast(pl.UInt32)

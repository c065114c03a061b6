"""The same decisions on polars frames, for notebooks and workflow engines; nothing is read and nothing is written."""

import datetime as dt

import polars as pl
from polars import col

from hygiene.classify.bounces import with_bounce_meaning
from hygiene.classify.domain_facts import domain_facts
from hygiene.classify.negatives import NEGATIVE, STATED
from hygiene.decide.verdict import with_names
from hygiene.model.errors import InputError, TableError
from hygiene.model.tables import DNS_ANSWERS, EVENTS, IN_FORCE, INSTANT, LIFTS, SUBSCRIBERS
from hygiene.normalize.activity import activity
from hygiene.normalize.keys import with_keys
from hygiene.normalize.numbers import number
from hygiene.normalize.repair import repaired
from hygiene.policy.policy import Policy
from hygiene.sender.bursts import doubts, readers, with_doubts
from hygiene.shard import Shard, clean_shard
from hygiene.validate.syntax import with_syntax


def clean(
    subscribers: pl.DataFrame,
    *,
    as_of: dt.datetime,
    events: pl.DataFrame | None = None,
    policy: Policy | None = None,
    answers: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The subscribers in their order, with `verdict`, `rule` and `rules` (all that fired).

    `subscribers` needs a column `address`, and may have `subscribed_at` and `is_confirmed`. `events` needs
    `occurred_at`, `address` and `kind` (an EventKind), and may have any other column of EVENTS. `answers` is
    DNS_ANSWERS; without it nobody is judged by DNS. Raises TableError where a column is missing or of another type,
    and InputError where `as_of` has no time zone.

    >>> import datetime as dt, polars as pl, hygiene
    >>> people = pl.DataFrame({"address": ["ann@example.org", "bob@example.org", "not an address"]})
    >>> happened = pl.DataFrame({
    ...     "occurred_at": [dt.datetime(2026, 6, 1, tzinfo=dt.UTC)], "address": ["bob@example.org"],
    ...     "kind": ["bounced"], "diagnostic": ["550 5.1.1 user unknown"],
    ... })
    >>> decided = hygiene.clean(people, events=happened, as_of=dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
    >>> decided.select("address", "verdict", "rule").rows()
    [('ann@example.org', 'keep', None), ('bob@example.org', 'suppress', 'BNC201'), \
('not an address', 'suppress', 'SYN401')]
    """
    if as_of.tzinfo is None:
        raise InputError("as_of has no time zone.", fix="Use a datetime with tzinfo, such as datetime.UTC.")
    happened = _events(EVENTS.empty() if events is None else events).filter(col("occurred_at") <= as_of)
    judge = policy or Policy()
    done, known = activity(happened), DNS_ANSWERS.empty() if answers is None else DNS_ANSWERS.fill(answers)
    meant = with_bounce_meaning(happened.lazy().filter(col("kind").is_in(NEGATIVE)))
    people = _subscribers(subscribers).lazy()
    shard = Shard(
        subscribers=people,
        activity=done.lazy(),
        stated=happened.lazy().filter(col("kind").is_in(STATED)),
        negatives=with_doubts(meant, doubts(meant, done.lazy(), readers(happened), known, judge), judge),
        domains=domain_facts(people, known.lazy()),
        in_force=IN_FORCE.empty().lazy(),
        lifts=LIFTS.empty().lazy(),
    )
    decided = clean_shard(shard, judge, as_of).select("row", "verdict", "rule", "fired").collect()
    named = with_names(decided).sort("row").with_columns(col("verdict", "rule").cast(pl.String))
    return subscribers.hstack(named.select("verdict", "rule", "rules"))


def _subscribers(given: pl.DataFrame) -> pl.DataFrame:
    """SUBSCRIBERS with their syntax."""
    _must_have("subscribers", given, ["address"])
    rows = given.with_row_index("row").with_columns(list=pl.lit("subscribers"), raw=col("address").fill_null(""))
    mended = rows.drop("address").with_columns(mended=repaired("raw")).unnest("mended")
    typed = mended.with_columns(col("^subscribed_at$").cast(INSTANT), col("^is_confirmed$").cast(pl.Boolean))
    return with_syntax(SUBSCRIBERS.fill(with_keys(typed).with_columns(mailbox=number("mailbox_key"))))


def _events(given: pl.DataFrame) -> pl.DataFrame:
    """EVENTS, with what was not given null."""
    _must_have("events", given, ["occurred_at", "address", "kind"])
    placed = given.with_columns(
        pl.lit("events").alias("source") if "source" not in given.columns else col("source"),
        col("occurred_at").cast(INSTANT),
    )
    return EVENTS.fill(with_keys(placed))


def _must_have(name: str, frame: pl.DataFrame, columns: list[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise TableError(f"{name} lacks {', '.join(missing)}; it has {', '.join(frame.columns)}.")

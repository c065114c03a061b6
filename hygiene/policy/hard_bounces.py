"""When a hard bounce is believed, and when one more sign is due: of somebody who reads, and in a burst."""

import polars as pl
from polars import col

from hygiene.policy.policy import Policy
from hygiene.policy.windows import is_engaged_before, is_older_than, spans


def hard_enough(policy: Policy, _: pl.Expr) -> pl.Expr:
    """Enough days with a hard bounce; where it is doubted, days that lie far enough apart."""
    plain = pl.lit(policy.hard_bounces_to_suppress)
    engaged = pl.when(_engaged_at_bounce(policy)).then(policy.hard_bounces_when_engaged).otherwise(plain)
    in_burst = pl.when(_in_burst()).then(policy.hard_bounces_in_burst)
    spaced = spans("hard_first_at", "hard_last_at", pl.duration(hours=policy.hard_retry_hours))
    return (col("hard_bounces") >= pl.max_horizontal(engaged, in_burst)) & (spaced | ~_is_doubted(policy))


def held(policy: Policy, as_of: pl.Expr) -> pl.Expr:
    """A reader's hard bounce that is not old enough for one more try."""
    return _bounced() & _engaged_at_bounce(policy) & ~_is_over(policy.hard_hold_days, as_of)


def held_in_burst(policy: Policy, as_of: pl.Expr) -> pl.Expr:
    """A hard bounce in a burst that is not old enough for one more try."""
    return _bounced() & _in_burst() & ~_is_over(policy.burst_hold_days, as_of)


def tried_again(policy: Policy, _: pl.Expr) -> pl.Expr:
    """A doubted hard bounce; the rules before it held it for its time."""
    return _bounced() & _is_doubted(policy)


def _is_doubted(policy: Policy) -> pl.Expr:
    return _engaged_at_bounce(policy) | _in_burst()


def _engaged_at_bounce(policy: Policy) -> pl.Expr:
    return is_engaged_before("hard_first_at", policy.engaged_guard_days)


def _in_burst() -> pl.Expr:
    return col("hard_burst").is_not_null()


def _bounced() -> pl.Expr:
    return col("hard_bounces") >= 1


def _is_over(days: int, as_of: pl.Expr) -> pl.Expr:
    return is_older_than(col("hard_last_at"), pl.lit(days), as_of)

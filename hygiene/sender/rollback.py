"""Suppressions that rest on an incident alone: what an older tool, or an ESP, made of a refusal of the sender.

Only bounces can be such: what a reader said (complaint, unsubscription, erasure) and what a person decided stays.
"""

import polars as pl
from polars import col

from hygiene.classify.bounces import with_bounce_meaning
from hygiene.model.tables import EVENTS, INSTANT
from hygiene.model.words import BounceAction, BounceReason, EventKind
from hygiene.normalize.numbers import number
from hygiene.sender.incidents import Incident
from hygiene.sender.refusals import KEY, line_id, refusals

BY_BOUNCE = ("BNC201", "SFT601", "SFT602")
BY_LIST = "MAN002"
"""What an import enters where its reason is in no table: counts only where that reason is the reply itself."""
SLACK_DAYS = 2
"""How long after the last refusal another system may have listed it."""
PROOF = pl.Struct(
    {
        "source": pl.String, "suppressed_at": pl.String, "hard_reply": pl.String, "hard_last_at": pl.String,
        "soft_reply": pl.String, "soft_last_at": pl.String,
    }
)  # fmt: skip
"""What the evidence of an entry may hold (decide/entries.py, ledger/imports.py)."""


def resting_on(
    incident: Incident, standing: pl.DataFrame, refused: pl.DataFrame, counted: pl.DataFrame, answers: pl.DataFrame
) -> pl.DataFrame:
    """Those of the entries in force (`standing`, of LEDGER) whose only evidence is in the incident.

    `refused` are the incident's refusals; `counted` holds `mailbox_key` and `action` of the bounces in the history that
    count against somebody.
    """
    known = _read(standing.filter(col("rule").is_in([*BY_BOUNCE, BY_LIST])))
    meant = _meant(known, answers)
    is_refusal = (col("mailbox_provider") == incident.mailbox_provider) & (col("token") == incident.token)
    says_nothing = (col("reason_meant") == BounceReason.UNKNOWN) & col("rule").is_in(BY_BOUNCE)
    was_hit = number("mailbox_key").is_in(refused["mailbox"].implode())
    until = incident.last_seen_at + pl.duration(days=SLACK_DAYS)
    in_time = (col("said_at") >= pl.lit(incident.first_seen_at).dt.truncate("1d")) & (col("said_at") <= until)
    fits = (is_refusal & in_time.fill_null(was_hit)) | (says_nothing & was_hit & in_time)
    return _without_other(meant.filter(fits.fill_null(False)), counted).sort("seq").select(standing.columns)


def _read(standing: pl.DataFrame) -> pl.DataFrame:
    """Entries with what they say of their evidence: `said` (a reply, or a reason) and `said_at`."""
    field = col("evidence").str.json_decode(PROOF).struct.field
    told = standing.with_columns(
        said=pl.coalesce(field("hard_reply"), field("soft_reply"), "reason"),
        said_at=_instant(pl.coalesce(field("hard_last_at"), field("soft_last_at"), field("suppressed_at"))),
        is_listed=field("source").is_not_null(),
    )
    return told.filter((col("rule") != BY_LIST) | col("is_listed"))


def _meant(known: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Entries with what their words mean, read as a bounce: `reason_meant`, and KEY where it is a refusal."""
    numbered = known.with_columns(line=col("seq").cast(pl.UInt32))
    read = numbered.select(
        "address", "mailbox_key", "line", address_key="key", diagnostic="said", source=pl.lit("ledger"),
        kind=pl.lit(EventKind.BOUNCED.value), occurred_at="entered_at",
    )  # fmt: skip
    meant = with_bounce_meaning(EVENTS.fill(read).lazy())
    refusing = refusals(meant, answers).select("line_id", *KEY).collect()
    reasons = meant.select("line", line_id=line_id("source", "line"), reason_meant="reason").collect()
    return numbered.join(reasons, on="line", how="left").join(refusing, on="line_id", how="left")


def _without_other(entries: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Entries of those against whom no other bounce counts: a hard one, or for a soft rule any."""
    hard = counted.filter(col("action") == BounceAction.SUPPRESS)
    is_soft = col("rule").str.starts_with("SFT")
    others = [(entries.filter(is_soft), counted), (entries.filter(~is_soft), hard)]
    return pl.concat([mine.join(against, on="mailbox_key", how="anti") for mine, against in others])


def _instant(text: pl.Expr) -> pl.Expr:
    """Evidence holds UTC instants as `2026-06-24T06:00:00+00:00`."""
    read = text.str.head(19).str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    return read.dt.replace_time_zone("UTC").cast(INSTANT)

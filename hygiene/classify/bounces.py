"""What each bounce means and whose fault it is: distinct replies are judged, the answers joined back."""

import polars as pl
from polars import col

from hygiene.classify.bounce_rules import BounceRule, bounce_rules, known_pages, token_patterns
from hygiene.classify.bounce_text import folded, with_codes, wording
from hygiene.classify.domains import provider_of
from hygiene.model.words import BounceAction, BounceReason, EventKind, Fault
from hygiene.policy.policy import FAULT_OF, Policy

REPLY = ("reply_code", "status", "diagnostic", "esp_type", "mailbox_provider")
MEANING = {
    "reason": pl.String(),
    "fault": pl.String(),
    "permanence": pl.String(),
    "confidence": pl.Float64(),
    "bounce_rule": pl.String(),
    "matched": pl.String(),
    "token": pl.String(),
}
"""Columns that `classify` adds: a BounceReason, a Fault, `permanent`, `transient` or `unknown`, 0 to 1, the rule's id,
the words that made it fire, and what incidents are grouped by where the fault is the sender's or the content's."""

ACCESS_DENIED = "microsoft-access-denied"
"""The rule of Microsoft's `5.4.1 Access denied`, which a tenant may say to a recipient that it knows."""

_TEXT = ("text", "reply_code", "status", "esp_type", "mailbox_provider")
_SENSE = ("wording", "code", "enhanced", "is_transient", "is_reply", "esp", "mailbox_provider")
_LASTING = (BounceReason.INVALID_MAILBOX, BounceReason.INVALID_DOMAIN, BounceReason.INACTIVE_MAILBOX)
_ESP_PERMANENT = r"^(?:permanent|hard|bad)|hard.?bounce|\bhardfail|^failed/permanent|^bounce(?:/|$)"
_ESP_TRANSIENT = r"^(?:transient|soft|temporary|deferred|delay|blocked)|soft.?bounce|^failed/temporary"


def classify(replies: pl.DataFrame, rules: tuple[BounceRule, ...] | None = None) -> pl.DataFrame:
    """The same rows with the columns of MEANING.

    `replies` holds the columns of REPLY, all text and all nullable; `mailbox_provider` is the recipient's.
    """
    keyed = replies.with_columns(text=folded(col("diagnostic")))
    meanings = _meanings(keyed.select(_TEXT).unique(), bounce_rules() if rules is None else rules)
    return keyed.join(meanings, on=_TEXT, how="left", nulls_equal=True, maintain_order="left").drop("text")


def with_bounce_meaning(events: pl.LazyFrame) -> pl.LazyFrame:
    """EVENTS with the columns of MEANING, null where the event is neither a bounce nor a deferral."""
    is_failure = col("kind").is_in([EventKind.BOUNCED.value, EventKind.DEFERRED.value])
    domain = col("address_key").str.extract(r"@([^@]*)$")
    keyed = events.with_columns(
        text=pl.when(is_failure).then(folded(col("diagnostic"))),
        mailbox_provider=pl.when(is_failure).then(provider_of(domain)),
        is_failure=is_failure,
    )
    distinct = keyed.filter("is_failure").select(_TEXT).unique().collect()
    meanings = _meanings(distinct, bounce_rules()).with_columns(is_failure=True).lazy()
    joined = keyed.join(meanings, on=[*_TEXT, "is_failure"], how="left", nulls_equal=True)
    return joined.drop("text", "mailbox_provider", "is_failure")


def bounce_action(policy: Policy) -> pl.Expr:
    """The policy's BounceAction for `reason`; `suppress` only where it is permanent: a 4xx never suppresses."""
    action = pl.lit(None, pl.String)
    for reason, chosen in policy.bounce_actions.items():
        action = pl.when(col("reason") == reason.value).then(pl.lit(chosen.value)).otherwise(action)
    is_final = col("permanence") == "permanent"
    return (
        pl.when((action == BounceAction.SUPPRESS.value) & ~is_final)
        .then(pl.lit(BounceAction.NONE.value))
        .otherwise(action)
    )


def _meanings(distinct: pl.DataFrame, rules: tuple[BounceRule, ...]) -> pl.DataFrame:
    """Distinct replies by the columns of _TEXT, with those of MEANING."""
    read = with_codes(distinct).with_columns(
        wording=wording(col("text"), known_pages()), esp=col("esp_type").str.to_lowercase()
    )
    senses = _judged(read.select(_SENSE).unique(), rules)
    told = read.join(senses, on=_SENSE, how="left", nulls_equal=True)
    return told.select(*_TEXT, *MEANING)


def _judged(senses: pl.DataFrame, rules: tuple[BounceRule, ...]) -> pl.DataFrame:
    """The first rule that applies to each sense, and what follows; each step sees what those before left."""
    left, told = senses, []
    for step in dict.fromkeys(rule.step for rule in rules):
        numbered = [(number, rule) for number, rule in enumerate(rules) if rule.step == step]
        first = pl.coalesce(pl.when(rule.applies()).then(pl.lit(number, pl.Int32)) for number, rule in numbered)
        tried = left.with_columns(number=first)
        told.append(tried.filter(col("number").is_not_null()))
        left = tried.filter(col("number").is_null()).drop("number")
    by_rule = (
        [_by_rule(found, rules[number]) for (number,), found in pl.concat(told).group_by("number")] if told else []
    )
    return pl.concat([*by_rule, _by_none(left)]).with_columns(token=_token())


def _by_rule(found: pl.DataFrame, rule: BounceRule) -> pl.DataFrame:
    lasting = pl.lit(rule.reason in _LASTING)
    is_undefined = col("enhanced").str.ends_with(".0.0").fill_null(False) & ~col("is_reply")
    ignores_code = pl.lit(rule.outlasts_status) & is_undefined
    by_esp = pl.coalesce(
        pl.when(col("esp").str.contains(_ESP_TRANSIENT)).then(pl.lit("transient")),
        pl.when(col("esp").str.contains(_ESP_PERMANENT)).then(pl.lit("permanent")),
        pl.when(lasting & (col("wording") != "")).then(pl.lit("permanent")),
        pl.lit("unknown"),
    )
    return found.drop("number").with_columns(
        reason=pl.lit(rule.reason.value),
        fault=pl.lit(FAULT_OF[rule.reason].value),
        permanence=pl.when(col("is_transient").is_null() | ignores_code)
        .then(by_esp)
        .when("is_transient")
        .then(pl.lit("transient"))
        .otherwise(pl.lit("permanent")),
        confidence=pl.lit(rule.confidence),
        bounce_rule=pl.lit(rule.id),
        matched=rule.span(),
    )


def _by_none(left: pl.DataFrame) -> pl.DataFrame:
    """Replies that no rule knows: unknown, whatever the code says."""
    permanence = pl.when("is_transient").then(pl.lit("transient")).when(~col("is_transient")).then(pl.lit("permanent"))
    return left.with_columns(
        reason=pl.lit(BounceReason.UNKNOWN.value),
        fault=pl.lit(Fault.UNKNOWN.value),
        permanence=permanence.otherwise(pl.lit("unknown")),
        confidence=pl.lit(0.0),
        bounce_rule=pl.lit(None, pl.String),
        matched=pl.lit(None, pl.String),
    )


def _token() -> pl.Expr:
    """The provider's own sign (`CS02`, `S3150`), else the status, else the code; null where the fault is not ours."""
    signs = [col("wording").str.extract(pattern) for pattern in token_patterns()]
    is_ours = col("fault").is_in([Fault.SENDER.value, Fault.CONTENT.value])
    return pl.when(is_ours).then(pl.coalesce(*signs, "enhanced", "code").str.to_uppercase())

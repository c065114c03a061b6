"""Every rule that decides about a row, in one ordered tuple: order is precedence, the first that fires is the reason.

All rules that suppress stand before those that set duplicates apart, hold and review, so that a mild rule never hides
a grave one. A condition that is null does not fire: not knowing never suppresses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import polars as pl
from polars import col

from hygiene.model.words import MxStatus, Scope, Syntax, Verdict
from hygiene.policy.hard_bounces import hard_enough, held, held_in_burst, tried_again
from hygiene.policy.policy import Policy
from hygiene.policy.windows import idle_window, is_older_than, spans

Condition = Callable[[Policy, pl.Expr], pl.Expr]
"""From the policy and `as_of` (an expression) to a boolean over EVIDENCE."""


class Lifetime(StrEnum):
    """How long a suppression lasts."""

    FOREVER = "forever"
    """Never lifted, not even by hand (erasure)."""
    BY_HAND = "by_hand"
    """Until a person lifts it."""
    UNTIL_REOPTIN = "until_reoptin"
    """Until the recipient opts in again, or a person lifts it."""
    UNTIL_RESOLVES = "until_resolves"
    """Until the domain is seen to take mail again."""
    DAYS = "days"
    """`soft_suppression_days`, then one retry."""
    WHILE_TRUE = "while_true"
    """As long as the rule fires."""


@dataclass(frozen=True)
class Rule:
    """One reason for a verdict other than keep."""

    code: str
    name: str
    verdict: Verdict
    says: str
    why: str
    when: Condition
    lifetime: Lifetime = Lifetime.WHILE_TRUE
    scope: Scope = Scope.ADDRESS
    numbers: tuple[str, ...] = ()
    knob: tuple[str, str] | None = None
    """The policy field and the evidence it is held against: the counterfactual is one more than the evidence."""
    evidence: tuple[str, ...] = ()
    """Columns of EVIDENCE that are the proof."""


def _never(_: Policy, __: pl.Expr) -> pl.Expr:
    """Fires by the ledger, or by a look across rows, alone."""
    return pl.lit(False)


def _dead_name(policy: Policy, _: pl.Expr) -> pl.Expr:
    nxdomain = (
        (col("mx_status") == MxStatus.NXDOMAIN)
        & (col("mx_observations") >= policy.nxdomain_observations)
        & spans("mx_first_observed_at", "mx_observed_at", pl.duration(hours=policy.nxdomain_hours))
    )
    silent = (
        col("mx_status").is_in([MxStatus.NO_DATA, MxStatus.NO_TARGET])
        & (col("mx_observations") >= policy.no_service_observations)
        & spans("mx_first_observed_at", "mx_observed_at", pl.duration(days=policy.no_service_days))
    )
    refuses = (col("mx_status") == MxStatus.SPF_REFUSES) & (col("mx_observations") >= policy.spf_refuses_observations)
    return nxdomain | silent | refuses


def _null_mx(_: Policy, __: pl.Expr) -> pl.Expr:
    malformed = col("mx_note").str.contains("malformed_null_mx", literal=True).fill_null(False)
    return (col("mx_status") == MxStatus.NULL_MX) & (~malformed | (col("mx_observations") >= 2))


def _technical_role(policy: Policy, as_of: pl.Expr) -> pl.Expr:
    reads = (col("clicked_at") >= as_of - pl.duration(days=policy.role_click_days)).fill_null(False)
    return (col("role_tier") == "technical") & ~reads & policy.suppress_technical_roles


def _soft(policy: Policy, strikes: pl.Expr, needed: int) -> pl.Expr:
    """A streak that is long enough, or a first failure after the retry that follows a lapsed suppression."""
    streak = (strikes >= needed) & spans("soft_first_at", "soft_last_at", pl.duration(days=policy.soft_streak_days))
    unproven = (col("delivered_last_at") <= col("soft_lapsed_at")).fill_null(col("soft_lapsed_at").is_not_null())
    retried = unproven & (strikes >= 1)
    return streak | retried


def _all_full(policy: Policy, _: pl.Expr) -> pl.Expr:
    return _soft(policy, col("full_strikes"), policy.full_strikes_to_suppress) & (
        col("full_strikes") == col("soft_strikes")
    )


def _idle(policy: Policy, as_of: pl.Expr) -> pl.Expr:
    """Long and often unanswered: both days and deliveries since the last human engagement, past the tenure guard."""
    since = pl.max_horizontal("human_at", "resubscribed_at", "sunset_lifted_at", "delivered_first_at", "subscribed_at")
    tenure = pl.min_horizontal("delivered_first_at", "subscribed_at")
    return (
        (col("unengaged_deliveries") >= policy.sunset_deliveries)
        & is_older_than(since, idle_window(policy), as_of)
        & (tenure < as_of - pl.duration(days=policy.sunset_tenure_days))
    )


def _machine_only(policy: Policy, as_of: pl.Expr) -> pl.Expr:
    shielded = ~is_older_than(col("machine_opened_at"), idle_window(policy), as_of)
    return shielded.fill_null(False) & policy.machine_opens_shield


def _refuted(policy: Policy, as_of: pl.Expr) -> pl.Expr:
    """A recent verdict that no mail can arrive, with no sign of the mailbox since."""
    sign = pl.max_horizontal("delivered_last_at", "human_at")
    answered = (sign >= col("undeliverable_at")).fill_null(False)
    return ~is_older_than(col("undeliverable_at"), pl.lit(policy.verdict_days), as_of) & ~answered


BOUNCED = ("hard_bounces", "hard_first_at", "hard_last_at", "hard_reply", "hard_source", "hard_line")
GUARD = ("hard_bounces_in_burst", "hard_retry_hours", "burst_bounces", "burst_times", "burst_past_days")
SOFT = ("soft_strikes", "full_strikes", "soft_first_at", "soft_last_at", "soft_reply", "soft_source", "soft_line")
DOMAIN = (
    "mx_status", "mx_targets", "mx_note", "mx_observations", "mx_first_observed_at", "mx_observed_at", "typo_of",
)  # fmt: skip
ENGAGEMENT = ("unengaged_deliveries", "delivered_last_at", "delivered_first_at", "human_at", "machine_opened_at")
SYNTAX = ("syntax", "syntax_message")
VERIFIER = ("undeliverable_at", "verifier", "verifier_says", "verifier_source", "verifier_line", "delivered_last_at")

RULES: tuple[Rule, ...] = (
    Rule("MAN001", "erased", Verdict.SUPPRESS, "The owner asked to be forgotten.",
         "GDPR article 17; mautic#5699: without a keyed hash the next import brings the address back.",
         _never, Lifetime.FOREVER, Scope.ERASED),
    Rule("MAN002", "manual", Verdict.SUPPRESS, "A person, or a list of another system, suppressed the address.",
         "A person's word outranks the history.", _never, Lifetime.BY_HAND, Scope.MAILBOX),
    Rule("CMP101", "complaint", Verdict.SUPPRESS, "The recipient reported our mail as spam.",
         "RFC 6449; one complaint is enough, and Google wants less than 0.1 %.",
         lambda _, __: col("complained_at").is_not_null(), Lifetime.BY_HAND, Scope.MAILBOX,
         evidence=("complained_at", "complaint_source", "complaint_line")),
    Rule("UNS111", "unsubscribed", Verdict.SUPPRESS, "The recipient unsubscribed and did not come back.",
         "Google and Yahoo: honour within 48 hours; an import never overwrites it (listmonk#2008).",
         lambda _, __: col("unsubscribed_at").is_not_null(), Lifetime.UNTIL_REOPTIN, Scope.MAILBOX,
         evidence=("unsubscribed_at", "unsubscribe_source", "unsubscribe_line")),
    Rule("BNC201", "hard_bounce", Verdict.SUPPRESS, "The receiver said that the mailbox or its domain does not exist.",
         "Validity: remove unknown users after 1; a later delivery clears it.",
         hard_enough, Lifetime.BY_HAND,
         numbers=("hard_bounces_to_suppress", "hard_bounces_when_engaged", "engaged_guard_days", "hard_retry_hours"),
         knob=("hard_bounces_to_suppress", "hard_bounces"), evidence=BOUNCED),
    Rule("DOM301", "null_mx", Verdict.SUPPRESS, "The domain declares that it takes no mail.",
         "RFC 7505 section 3.", _null_mx, Lifetime.UNTIL_RESOLVES, evidence=DOMAIN),
    Rule("DOM302", "unroutable_mx", Verdict.SUPPRESS, "Every mail exchanger has a private or loopback address.",
         "wordtothewise 2019: a stated refusal; reacher#1469.",
         lambda _, __: col("mx_status") == MxStatus.UNROUTABLE, Lifetime.UNTIL_RESOLVES, evidence=DOMAIN),
    Rule("DOM303", "no_mail_service", Verdict.SUPPRESS, "The domain had no mail service in several observations.",
         "RFC 5321 section 5.1; several days guard against outages.", _dead_name, Lifetime.UNTIL_RESOLVES,
         numbers=("nxdomain_observations", "nxdomain_hours", "no_service_observations", "no_service_days",
                  "spf_refuses_observations"), evidence=DOMAIN),
    Rule("SYN401", "not_an_address", Verdict.SUPPRESS, "The cell is not an address.",
         "RFC 5321 section 4.1.2, by email-validator.", lambda _, __: col("syntax") == Syntax.INVALID, evidence=SYNTAX),
    Rule("SYN402", "domain_literal", Verdict.SUPPRESS, "The domain is an IP address in brackets.",
         "RFC 5321 section 4.1.3; no subscriber of a newsletter has one.",
         lambda _, __: col("syntax") == Syntax.DOMAIN_LITERAL, evidence=SYNTAX),
    Rule("SYN403", "special_use_domain", Verdict.SUPPRESS, "The domain is a name that never takes mail.",
         "RFC 6761.", lambda _, __: col("syntax") == Syntax.SPECIAL_USE, evidence=SYNTAX),
    Rule("SYN404", "too_long", Verdict.SUPPRESS, "The address is longer than SMTP allows.",
         "RFC 5321 section 4.5.3.1.", lambda _, __: col("syntax") == Syntax.TOO_LONG, evidence=SYNTAX),
    Rule("SYN405", "quoted_refused", Verdict.SUPPRESS, "The local part needs quotes, and the policy refuses those.",
         "RFC 5321 section 4.1.2 allows it; few systems send to it.",
         lambda p, _: (col("syntax") == Syntax.QUOTED) & p.suppress_quoted, numbers=("suppress_quoted",),
         evidence=SYNTAX),
    Rule("ROL501", "technical_role", Verdict.SUPPRESS, "The address names a technical service; nobody there clicks.",
         "RFC 2142 sections 4 and 5; SparkPost blocks them globally.", _technical_role,
         numbers=("suppress_technical_roles", "role_click_days"), evidence=("role_tier", "clicked_at")),
    Rule("SFT601", "chronic_soft_bounce", Verdict.SUPPRESS, "Mail failed softly for weeks without one delivery.",
         "Mailman 5, Mailchimp 7; over 14 days (ISP/ESP handshake 2002).",
         lambda p, _: _soft(p, col("soft_strikes"), p.soft_strikes_to_suppress), Lifetime.DAYS,
         numbers=("soft_strikes_to_suppress", "soft_streak_days", "soft_suppression_days"),
         knob=("soft_strikes_to_suppress", "soft_strikes"), evidence=SOFT),
    Rule("SFT602", "mailbox_full", Verdict.SUPPRESS, "The mailbox has been full for weeks.",
         "Engaging Networks: 3 for quota; over 14 days, then 90 days of rest (MailUp).", _all_full, Lifetime.DAYS,
         numbers=("full_strikes_to_suppress", "soft_streak_days", "soft_suppression_days"),
         knob=("full_strikes_to_suppress", "full_strikes"), evidence=SOFT),
    Rule("ENG701", "non_engager", Verdict.SUPPRESS, "Much mail was delivered for long; no person opened or clicked.",
         "SparkPost's windows by cadence; MailPoet: days and deliveries; Apple: remove inactive subscribers.",
         lambda p, a: _idle(p, a) & ~_machine_only(p, a) & p.sunset_enabled, Lifetime.UNTIL_REOPTIN, Scope.MAILBOX,
         numbers=("sunset_enabled", "sunset_deliveries", "sunset_tenure_days", "sunset_daily_days",
                  "sunset_weekly_days", "sunset_fortnightly_days", "sunset_monthly_days", "sunset_quarterly_days"),
         knob=("sunset_deliveries", "unengaged_deliveries"), evidence=ENGAGEMENT),
    Rule("DUP901", "duplicate", Verdict.DUPLICATE, "Another row stands for the same recipient.",
         "One recipient, one message; looked for among rows that no rule above suppresses (decide/duplicates.py).",
         _never,
         numbers=("duplicate_winner", "duplicate_by", "duplicate_scope"), evidence=("duplicate_of",)),
    Rule("BNC211", "hard_bounce_of_a_reader", Verdict.HOLD, "A recent reader bounced hard; one more sign is due.",
         "mailop 2019: false positives on a first hit.", held,
         numbers=("hard_bounces_when_engaged", "engaged_guard_days", "hard_retry_hours", "hard_hold_days"),
         evidence=(*BOUNCED, "human_at")),
    Rule("BNC212", "hard_bounce_in_a_burst", Verdict.HOLD,
         "A provider or domain suddenly refused many; one more sign is due.",
         "A provider that fails says `no such user` to everybody; suppressing on such a day loses readers for ever.",
         held_in_burst, numbers=(*GUARD, "burst_hold_days"), evidence=(*BOUNCED, "hard_burst")),
    Rule("DOM311", "no_mail_service_yet", Verdict.HOLD, "The domain showed no mail service, seen too few times yet.",
         "RFC 5321 section 5.1 guarded against outages.",
         lambda _, __: col("mx_status").is_in([MxStatus.NXDOMAIN, MxStatus.NO_DATA, MxStatus.NO_TARGET,
                                               MxStatus.SPF_REFUSES, MxStatus.NULL_MX]), evidence=DOMAIN),
    Rule("DOM312", "domain_unknown", Verdict.HOLD, "The domain's servers did not answer, and never did before.",
         "RFC 5321 section 5.1: a temporary error is tried again.",
         lambda _, __: (col("mx_status") == MxStatus.TEMPERROR) & col("mx_last_good_at").is_null(), evidence=DOMAIN),
    Rule("SYN421", "needs_smtputf8", Verdict.HOLD, "The local part is not ASCII, and the ESP cannot send to it.",
         "RFC 6531: there is no way down.", lambda p, _: col("needs_smtputf8") & (not p.smtputf8_capable),
         numbers=("smtputf8_capable",), evidence=("needs_smtputf8",)),
    Rule("BNC221", "hard_bounce_tried_again", Verdict.REVIEW,
         "A doubted hard bounce was held long enough; this mailing is the one more try.",
         "A hold that nothing ends would be a suppression in disguise; another hard bounce suppresses.",
         tried_again, numbers=("hard_hold_days", "burst_hold_days"), evidence=(*BOUNCED, "hard_burst", "human_at")),
    Rule("DOM321", "implicit_mx", Verdict.REVIEW, "The domain has no MX; its address record stands in.",
         "RFC 5321 section 5.1.", lambda _, __: col("mx_status") == MxStatus.IMPLICIT_MX, evidence=DOMAIN),
    Rule("DOM322", "mx_is_an_address", Verdict.REVIEW, "The MX names an IP address where a name must be.",
         "RFC 5321 section 5.1.", lambda _, __: col("mx_status") == MxStatus.MX_IS_IP, evidence=DOMAIN),
    Rule("DOM323", "parked_domain", Verdict.REVIEW, "The domain's mail exchanger belongs to a parking service.",
         "wordtothewise 2019: some of them sell traps.", lambda _, __: col("domain_risk") == "parked",
         evidence=(*DOMAIN, "domain_risk")),
    Rule("SYN411", "quoted_local_part", Verdict.REVIEW, "The local part needs quotes; many systems refuse it.",
         "RFC 5321 section 4.1.2.", lambda _, __: col("syntax") == Syntax.QUOTED, evidence=SYNTAX),
    Rule("ROL511", "business_role", Verdict.REVIEW, "The address names a department, not a person.",
         "RFC 2142 section 3; role addresses are real subscribers (Mailtrain#863).",
         lambda _, __: col("role_tier") == "business", evidence=("role_tier",)),
    Rule("ROL512", "technical_role_reads", Verdict.REVIEW, "The address names a technical service; somebody clicks.",
         "A click is stronger than a name.", lambda _, __: col("role_tier") == "technical",
         evidence=("role_tier", "clicked_at")),
    Rule("ENG711", "only_machine_opens", Verdict.REVIEW, "Software opens the mail; whether a person reads is unknown.",
         "Apple Mail Privacy Protection; mailpoet#4004 had to count machine opens again.",
         lambda p, a: _idle(p, a) & _machine_only(p, a), numbers=("machine_opens_shield",), evidence=ENGAGEMENT),
    Rule("RSK801", "disposable_domain", Verdict.REVIEW, "The domain hands out throw-away addresses.",
         "Lists of such domains err (disposable#258), so a person decides.",
         lambda _, __: col("domain_risk") == "disposable", evidence=("domain_risk",)),
    Rule("RSK811", "verified_undeliverable", Verdict.REVIEW,
         "A paid verifier says that no mail can arrive; nothing arrived or was read since.",
         "Verifiers err at the largest providers (AfterShip/email-verifier#55): dated evidence, never a command.",
         _refuted, numbers=("verdict_days",), evidence=(*VERIFIER, "human_at")),
)  # fmt: skip

BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}
RANK: dict[str, int] = {rule.code: rank for rank, rule in enumerate(RULES)}

"""What replies mean, and that a block of the sender never costs a reader."""

import re
from functools import cache
from typing import Any

import polars as pl
import pytest

from hygiene.classify.bounce_rules import bounce_rules
from hygiene.classify.bounce_text import folded
from hygiene.classify.bounces import MEANING, REPLY, bounce_action, classify, with_bounce_meaning
from hygiene.model.tables import EVENTS
from hygiene.model.words import BounceAction, BounceReason, Fault
from hygiene.policy.policy import FAULT_OF, Policy
from tests.builders import event, rows
from tests.classify.replies import meaning, meanings, table

WORDING = table("bounce_wording.csv")
TRAPS = table("bounce_traps.csv")
LANGUAGES = table("bounce_languages.csv")
BAD_DAY = [
    "554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",
    "554 5.7.1 [CS02] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",
    "554 5.7.1 [HM07] Message rejected due to local policy.",
    "554 5.7.1 [HM08] Message rejected due to local policy.",
    "550 5.7.1 Unfortunately, messages from [192.0.2.7] weren't sent. Your network is on our block list (S3140).",
    "550 5.7.1 Unfortunately, messages from [192.0.2.7] weren't sent. Your network is on our block list (S3150).",
    "421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred due to unexpected volume or user complaints",
    "550-5.7.1 [192.0.2.7] Our system has detected that this message is likely unsolicited mail.",
    "550-5.7.26 Your email has been blocked because the sender is unauthenticated.",
    "421-4.7.28 Gmail has detected an unusual rate of unsolicited email originating from your IP address",
    "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.7",
    "550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.7",
]


@cache
def in_tables() -> dict[str, dict[str, Any]]:
    """All cases judged at once, by reply."""
    return {
        found["diagnostic"]: found for found in meanings(*(case["reply"] for case in [*WORDING, *TRAPS, *LANGUAGES]))
    }


@pytest.mark.parametrize("case", WORDING, ids=[case["reply"][:60] for case in WORDING])
def test_receivers_words_are_understood(case: dict[str, str]) -> None:
    found = in_tables()[case["reply"]]
    assert found["reason"] in case["reason"].split("|"), found
    assert found["action"] in case["action"].split("|"), found


def test_a_reply_means_the_same_alone_and_among_others() -> None:
    replies = list(in_tables())
    third = len(replies) // 3
    for some in (replies[:1], replies[:third], replies[third:]):
        assert meanings(*some) == [in_tables()[reply] for reply in some]


@pytest.mark.parametrize("language", sorted({case["language"] for case in LANGUAGES}))
def test_each_language_is_understood(language: str) -> None:
    cases = [case for case in LANGUAGES if case["language"] == language]
    wrong = [case["reply"] for case in cases if in_tables()[case["reply"]]["reason"] not in case["reason"].split("|")]
    assert (len(cases), wrong) == (11, [])


@pytest.mark.parametrize("case", TRAPS, ids=[case["why"] for case in TRAPS])
def test_no_trap_suppresses(case: dict[str, str]) -> None:
    assert in_tables()[case["reply"]]["action"] == case["action"], case["why"]


def test_a_day_of_blocks_suppresses_nobody() -> None:
    people = [event("bounced", f"reader{n}@icloud.com", "2026-06-01", diagnostic=BAD_DAY[n % 12]) for n in range(1200)]
    told = with_bounce_meaning(rows(EVENTS, *people).lazy()).with_columns(action=bounce_action(Policy())).collect()
    assert told["action"].unique().to_list() == ["none"]
    assert set(told["fault"].unique()) <= {"sender", "content"}


TOKENS = {
    BAD_DAY[1]: "CS02",
    BAD_DAY[5]: "S3150",
    BAD_DAY[6]: "TSS04",
    BAD_DAY[8]: "5.7.26",
    "550 5.1.0 sender rejected AUP#CXSNDR": "AUP#CXSNDR",
    "550 5.7.1 Service refuse. LPN007_102": "LPN007_102",
    "550 5.7.1 likely unsolicited https://support.google.com/mail/?p=UnsolicitedMessageError": "GOOGLE_UNSOLICITED",
}
"""How the token of a reply begins."""


def test_a_senders_fault_carries_its_token() -> None:
    found = {one["diagnostic"]: one["token"] or "" for one in meanings(*TOKENS)}
    assert [reply for reply, token in TOKENS.items() if not found[reply].startswith(token)] == []
    assert meaning("550 5.1.1 user unknown")["token"] is None


def test_a_4xx_never_suppresses() -> None:
    found = meanings(*(f"{reply_code} 5.1.1 user unknown" for reply_code in ("421", "450", "451", "452")))
    assert [(one["permanence"], one["action"]) for one in found] == [("transient", "none")] * 4


def test_the_esps_fields_serve_where_the_text_has_no_code() -> None:
    assert meaning("user unknown", reply_code="450")["action"] == "none"
    assert meaning("user unknown", reply_code="550")["action"] == "suppress"


def test_the_reply_is_nearer_to_the_truth_than_the_esps_status() -> None:
    found = meaning(
        "550 5.7.1 Service unavailable; your IP is blacklisted", status="5.1.1", esp_type="Permanent/NoEmail"
    )
    assert (found["reason"], found["action"]) == ("policy_block", "none")


def test_the_esps_category_decides_where_nothing_else_does() -> None:
    assert meaning(None, esp_type="Permanent/NoEmail")["action"] == "suppress"
    assert meaning("550 it failed", esp_type="bounce/Invalid Address")["action"] == "suppress"
    assert meaning("550 message blocked", esp_type="bounce/Invalid Address")["action"] == "none"


def test_an_unclear_general_bounce_suppresses_nobody() -> None:
    found = meaning(None, esp_type="Permanent/General")
    assert (found["reason"], found["action"]) == ("unknown", "none")


def test_an_echo_of_the_esps_list_is_no_bounce() -> None:
    found = meaning("550 5.1.1 user unknown", esp_type="Permanent/OnAccountSuppressionList")
    assert (found["reason"], found["action"]) == ("esp_suppressed", "none")


def test_nothing_at_all_is_unknown() -> None:
    found = meaning(None)
    assert (found["reason"], found["permanence"], found["bounce_rule"]) == ("unknown", "unknown", None)


def test_a_negative_answer_of_dns_outlasts_an_undefined_status() -> None:
    text = "DNS Error: DNS type 'mx' lookup of gone.example responded with code NXDOMAIN"
    assert meaning(text, status="4.0.0")["action"] == "suppress"
    assert meaning(text, status="4.4.3")["action"] == "none"


def test_rows_keep_their_order_and_number() -> None:
    replies = ["550 5.1.1 user unknown", "552 mailbox full", "550 5.1.1 user unknown", "421 try later"]
    assert [found["diagnostic"] for found in meanings(*replies)] == replies


def test_no_replies_give_no_rows_with_all_columns() -> None:
    none = classify(pl.DataFrame(schema=dict.fromkeys(REPLY, pl.String)))
    assert none.schema == {**dict.fromkeys(REPLY, pl.String), **MEANING}


def test_events_that_are_no_failure_mean_nothing() -> None:
    events = rows(
        EVENTS,
        event("bounced", "a@example.org", "2026-06-01", diagnostic="550 5.1.1 user unknown"),
        event("delivered", "b@example.org", "2026-06-01", diagnostic="550 5.1.1 user unknown"),
        event("bounced", "c@example.org", "2026-06-01"),
    )
    told = with_bounce_meaning(events.lazy()).collect().sort("address")
    assert told["reason"].to_list() == ["invalid_mailbox", None, "unknown"]
    assert told.drop(list(MEANING)).schema == EVENTS.schema


def test_only_recipients_and_domains_faults_suppress() -> None:
    reasons = pl.DataFrame({"reason": [reason.value for reason in BounceReason]})
    acted = reasons.with_columns(permanence=pl.lit("permanent")).with_columns(action=bounce_action(Policy()))
    guilty = {FAULT_OF[BounceReason(reason)] for reason in acted.filter(pl.col("action") == "suppress")["reason"]}
    assert guilty == {Fault.RECIPIENT, Fault.DOMAIN}


def test_the_policys_action_is_used() -> None:
    strict = Policy(bounce_actions={**Policy().bounce_actions, BounceReason.INACTIVE_MAILBOX: BounceAction.SUPPRESS})
    frame = pl.DataFrame({"reason": ["inactive_mailbox"] * 2, "permanence": ["permanent", "transient"]})
    assert frame.select(bounce_action(strict)).to_series().to_list() == ["suppress", "none"]


def test_a_million_alike_are_judged_once() -> None:
    texts = {f"550 5.1.1 <reader{n}@example.org> user unknown, id {n:012x} at 192.0.2.{n % 250}" for n in range(500)}
    assert pl.DataFrame({"text": sorted(texts)}).select(folded(pl.col("text"))).to_series().n_unique() == 1


def disguised(reply: str) -> list[str]:
    """The reply with the codes and wrappers of a dead mailbox around it."""
    words = re.sub(r"^\d{3}[ -](?:\d\.\d+\.\d+ )?", "", reply)
    return [
        f"550 5.1.1 {words}",
        f"550 5.2.1 Mailbox unavailable. {words}",
        f"550 5.1.1 <bob@example.org>: Recipient address rejected: {words}",
        f"host mx.example.org[192.0.2.1] said: 550 5.1.1 {words} (in reply to RCPT TO command)",
    ]


def test_codes_of_a_dead_mailbox_do_not_outweigh_words_of_a_block() -> None:
    blocks = [rule for rule in bounce_rules() if FAULT_OF[rule.reason] in (Fault.SENDER, Fault.CONTENT)]
    said = [rule for rule in blocks if rule.pattern and not (rule.status or rule.reply_code or rule.step == "refused")]
    replies = [
        reply
        for rule in said
        if rule.id != "protocol"
        for one in rule.matches
        for reply in disguised(one["diagnostic"])
    ]
    assert len(replies) > 500
    assert [found["diagnostic"] for found in meanings(*replies) if found["action"] == "suppress"] == []

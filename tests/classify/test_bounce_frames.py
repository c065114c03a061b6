"""What mail servers write around the next server's reply does not change what the reply means."""

import re
from functools import cache

import pytest

from tests.classify.replies import meanings, table

FRAMES = {
    "Postfix": "host mx.example.org[192.0.2.44] said: {} (in reply to RCPT TO command)",
    "Exim, recipient": "SMTP error from remote mail server after RCPT TO:<joe@example.org>: {}",
    "Exim, host first": "host mx.example.org [192.0.2.9] SMTP error from remote mail server after end of data: {}",
    "Exim, host last": "SMTP error from remote mail server after RCPT TO:<joe@example.org>: host mx.example.org "
    "[192.0.2.9]: {}",
    "qmail": "192.0.2.1 does not like recipient. Remote host said: {} Giving up on 192.0.2.1.",
    "qmail, after the message": "192.0.2.1 failed after I sent the message. Remote host said: {}",
    "qmail, by name": "Connected to 192.0.2.8 but recipient was rejected. Remote host said: {}",
    "sendmail": "<joe@example.org>... while talking to mx.example.org.: >>> RCPT To:<joe@example.org> <<< {}",
    "Exchange": "Remote server at example.org (192.0.2.8) returned '{}'",
    "Exchange Online": "[{{LED={}}};{{MSG=}};{{FQDN=mx.example.org}};{{IP=192.0.2.8}};{{LRT=11/2/2024 8:11:12 AM}}]",
    "Google": "Delivery to the following recipient failed permanently: joe@example.org Technical details of permanent "
    "failure: Google tried to deliver your message, but it was rejected by the server for the recipient domain "
    "example.org by mx.example.org. The error that the other server returned was: {}",
    "an RFC 3464 field": "smtp; {}",
    "a delivery status": "Final-Recipient: rfc822;joe@example.org Action: failed Diagnostic-Code: smtp;{}",
    "QQ's log": "{} [MA2hk3Xy IP: 203.0.113.77]",
    "Microsoft's log": "{} [mx12.prod.example.org 2024-11-02T08:11:12.345Z 08DCF9A0B1C2D3E4]",
    "Google's log": "{} 5b1f17b1804b1-431b0f1d2a3si1234567wmo.55 - gsmtp",
    "a help page": "{} https://help.example.org/errors?ip=203.0.113.77&code=17",
    "a contact": "{} For help write to postmaster@example.org.",
}


@cache
def plain_replies() -> dict[str, str]:
    """Reply and action of each case that opens with a code."""
    cases = [case["reply"] for name in ("bounce_wording", "bounce_traps") for case in table(f"{name}.csv")]
    return {found["diagnostic"]: found["action"] for found in meanings(*filter(re.compile(r"\d{3} ").match, cases))}


@cache
def framed() -> dict[str, dict[str, str | None]]:
    """What each reply means in each frame; all are judged at once."""
    replies = [frame.format(reply) for frame in FRAMES.values() for reply in plain_replies()]
    return {found["diagnostic"]: found for found in meanings(*replies)}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_a_frame_around_a_reply_says_nothing(frame: str) -> None:
    pairs = [(framed()[frame.format(reply)], action) for reply, action in plain_replies().items()]
    assert [(found["diagnostic"], found["bounce_rule"]) for found, action in pairs if found["action"] != action] == []

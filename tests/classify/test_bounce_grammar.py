"""Whoever is not there, recipient or sender, is understood in any combination of common words."""

from itertools import product

import pytest

from tests.classify.replies import meanings

RECIPIENTS = [
    "recipient",
    "user",
    "mailbox",
    "account",
    "address",
    "alias",
    "e-mail address",
    "mail account",
    "username",
    "receiver",
    "local part",
    "inbox",
]
SENDERS = [
    "sender", "sender address", "sender mailbox", "return path", "from address", "envelope sender", "originator",
    "sender domain", "sending domain", "sending server", "your domain", "your host", "your mail server", "your IP",
    "client host", "HELO name", "reverse DNS", "MAIL FROM domain", "sending account", "authenticated user",
    "your login", "your mailbox", "Reply-To address",
]  # fmt: skip
AFTER = [
    "unknown", "is not known", "was not found", "could not be found", "can't be found", "does not exist",
    "doesn't exist", "no longer exists", "is invalid", "is not valid", "not recognized", "has been deleted",
    "was removed", "is nonexistent", "is not listed", "is not in our directory", "is undeliverable",
    "is not on file", "has never been provisioned", "is not local", "could not be verified",
    "does not belong to anyone", "is not in the relay table",
]  # fmt: skip
UNWANTED = [
    "is blocked", "has been blocked", "is blacklisted", "is on our blacklist", "is banned", "was rejected",
    "is refused", "denied", "is not allowed", "is not welcome", "has a poor reputation", "is prohibited",
    "not permitted",
]  # fmt: skip
BEFORE = [
    "unknown", "invalid", "no such", "non-existent", "not a valid", "cannot find", "unable to find", "no record of",
    "did not find that",
]  # fmt: skip
NAMED = ["{}", "the {} you entered", "{} <joe@example.org>", "the specified {}"]
OPENINGS = ["550 ", "550 5.1.1 ", "554 Sorry, ", "553 Requested action not taken: ", "550 Rejected: "]
ENDINGS = ["", " here", " on this server", ". Please check the spelling."]


def said_of(names: list[str], predicates: list[str] = AFTER) -> list[str]:
    """Replies that say one of the predicates of one of the names."""
    after = (f"{named.format(name)} {words}" for named, name, words in product(NAMED, names, predicates))
    before = (f"{words} {name}" for words, name in product(BEFORE, names))
    cores = [*after, *before]
    frames = list(product(OPENINGS, ENDINGS))
    return [f"{frames[n % len(frames)][0]}{core}{frames[n % len(frames)][1]}" for n, core in enumerate(cores)]


def test_a_recipient_who_is_not_there_is_suppressed() -> None:
    replies = said_of(RECIPIENTS)
    assert len(replies) > 600
    wrong = [(one["diagnostic"], one["bounce_rule"]) for one in meanings(*replies) if one["action"] != "suppress"]
    assert len(wrong) <= 0.01 * len(replies), wrong


def test_a_sender_who_is_not_there_costs_no_reader() -> None:
    replies = said_of(SENDERS)
    assert len(replies) > 1200
    assert [one["diagnostic"] for one in meanings(*replies) if one["action"] != "none"] == []


def test_a_sender_who_is_not_wanted_costs_no_reader() -> None:
    replies = said_of(SENDERS, UNWANTED)
    assert len(replies) > 1000
    assert [one["diagnostic"] for one in meanings(*replies) if one["action"] != "none"] == []


MAILBOXES = [
    "mailbox",
    "the user's mailbox",
    "account",
    "inbox",
    "joe's account",
    "<joe@example.org>",
    "subscriber",
    "maildrop",
]
MESSAGES = ["message", "your message", "this e-mail", "the mail"]
SAID = {
    "mailbox_full": (
        MAILBOXES,
        [
            "is full", "is over quota", "has exceeded the storage limit", "has no space left", "has run out of room",
            "is at capacity", "has too much mail", "has used up its quota", "would exceed quota",
        ],
    ),
    "inactive_mailbox": (
        MAILBOXES,
        [
            "is disabled", "has been suspended", "was closed", "is dormant", "has been shut down", "has expired",
            "is frozen", "is not active", "has been terminated",
        ],
    ),
    "message_too_large": (
        MESSAGES,
        ["is too large", "exceeds the maximum size", "is over the size limit", "exceeds 25 MB", "is bigger than 10 MB"],
    ),
    "spam_content": (
        MESSAGES,
        [
            "looks like spam", "contains a virus", "was classified as junk", "has a prohibited attachment",
            "is phishing", "failed content inspection", "lacks a Date header", "is malformed",
            "contains a malicious link",
        ],
    ),
    "rate_limited": (
        ["too many", "exceeded the number of", "excessive"],
        ["connections", "recipients", "messages per hour", "messages in this session"],
    ),
    "transient": (
        ["connection", "session", "SMTP connection"],
        ["timed out", "was reset by peer", "dropped", "could not be established", "refused"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", SAID)
def test_other_reasons_are_understood_in_common_words(reason: str) -> None:
    subjects, predicates = SAID[reason]
    replies = [
        f"{opening}{subject} {words}"
        for opening, subject, words in product(("550 ", "554 Sorry, ", "450 ", ""), subjects, predicates)
    ]
    wrong = [(one["diagnostic"], one["bounce_rule"]) for one in meanings(*replies) if one["reason"] != reason]
    assert len(wrong) <= 0.02 * len(replies), wrong

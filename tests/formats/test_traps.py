"""Fifteen traps that formats of ESPs share, in their order.

What is said in other forms, units and packings (4, 5, 6, 13, 14) is in test_forms.py. What has to do with writing is
tested where writing is: a list for each scope (9) and systems that cannot take what we have (11) in test_writing.py and
tests/push, success in part (10) in tests/push/test_push_refusals.py. Cells that a spreadsheet would run (13) are in
tests/ledger/test_audit.py, `tag` and `tags` (6) in tests/cases/suppression_lists.csv.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hygiene.classify.bounces import bounce_action, with_bounce_meaning
from hygiene.model.tables import EVENTS
from hygiene.normalize.keys import with_keys
from hygiene.policy.policy import Policy
from tests.builders import bounced, event, subscriber
from tests.formats.reading import Case, case_of, cases, events_of, read
from tests.test_shard import rule_of

ALL = list(cases())
BLOCK = "554 5.7.1 Message blocked due to poor sender reputation"
OTHER_ECHOES = {
    "brevo": "blocked",
    "customerio": "dropped",
    "klaviyo": "Dropped Email",
    "mandrill": "reject",
    "postal": "held for being on its own list",
}
"""Echoes that their tables call by the system's own word."""
ECHOES = [(system, case) for system, case in ALL if "echo" in case["case"] or OTHER_ECHOES.get(system) == case["case"]]
NO_FLAG = ("mailchimp", "activecampaign", "salesforce")


@pytest.mark.parametrize(("system", "case"), ECHOES, ids=[f"{system}: {case['case']}" for system, case in ECHOES])
def test_an_echo_of_the_esps_own_list_is_no_bounce(system: str, case: Case, tmp_path: Path) -> None:
    happened = events_of(tmp_path, system, case["record"], case.get("file") or "events.json")
    assert set(happened["kind"]) == {"rejected_by_esp"}


def test_every_system_that_echoes_its_own_list_has_a_line_for_it() -> None:
    others = {"ses", "sendgrid", "mailgun", "sparkpost", "resend", "hubspot", "braze", "postmark"}
    assert {system for system, _ in ECHOES} >= {*others, *OTHER_ECHOES}


def test_an_echo_suppresses_nobody_anew() -> None:
    """Somebody taken off the ESP's list would come back through the echo of a mail sent before."""
    ann = subscriber("ann@example.org")
    assert rule_of([ann], [event("rejected_by_esp", "ann@example.org", "2026-05-01", esp_type="Suppressed")]) == [None]


PERMANENT: dict[str, dict[str, Any]] = {
    "ses": json.loads(case_of("ses", "all columns of a bounce")["record"])
    | {"bounce": {**json.loads(case_of("ses", "all columns of a bounce")["record"])["bounce"]}},
    "mailgun": json.loads(case_of("mailgun", "a permanent failure")["record"]),
    "hubspot": json.loads(case_of("hubspot", "a bounce")["record"]),
    "braze": json.loads(case_of("braze", "a bounce")["record"]),
    "kumomta": json.loads(case_of("kumomta", "a bounce")["record"]),
    "powermta": {},
}


def blocked(system: str) -> str:
    """The permanent bounce of a system's table with the reply of a block."""
    record = PERMANENT[system]
    if system == "powermta":
        bounce = case_of("powermta", "a bounce")["record"]
        return bounce.replace("smtp;550 5.1.1 user unknown", f"smtp;{BLOCK}").replace("5.1.1 (bad", "5.7.1 (bad")
    if system == "ses":
        recipient = {"emailAddress": "a@example.org", "status": "5.7.1", "diagnosticCode": f"smtp; {BLOCK}"}
        record["bounce"]["bouncedRecipients"] = [recipient]
    elif system == "mailgun":
        record["event-data"]["delivery-status"] = {"code": 554, "enhanced-code": "5.7.1", "message": BLOCK}
    elif system == "hubspot":
        record |= {"category": "POLICY", "status": "5.7.1", "response": BLOCK}
    elif system == "braze":
        record["properties"]["bounce_reason"] = BLOCK
    else:
        record |= {"bounce_classification": "SpamBlock", "response": {"code": 554, "content": BLOCK}}
    return json.dumps(record)


@pytest.mark.parametrize("system", PERMANENT)
def test_permanent_in_the_esps_words_condemns_nobody_when_the_sender_was_blocked(system: str, tmp_path: Path) -> None:
    happened = events_of(tmp_path, system, blocked(system))
    assert happened["kind"].to_list() == ["bounced"]
    keyed = EVENTS.fill(with_keys(happened))
    meant = with_bounce_meaning(keyed.lazy()).with_columns(action=bounce_action(Policy())).collect()
    assert meant["action"].to_list() == ["none"]


SEVERAL = [
    ("ses", "two recipients of one bounce", "bounced"),
    ("ses", "a complaint among several", "complaint_among_several"),
    ("resend", "a send to several", "sent"),
    ("resend", "a complaint among several", "complaint_among_several"),
    ("kumomta", "several recipients", "bounced"),
]


@pytest.mark.parametrize(("system", "name", "kind"), SEVERAL)
def test_every_recipient_of_a_record_has_a_row(system: str, name: str, kind: str, tmp_path: Path) -> None:
    happened = events_of(tmp_path, system, case_of(system, name)["record"])
    assert happened["kind"].to_list() == [kind, kind]
    assert happened["address"].n_unique() == 2


@pytest.mark.parametrize(("system", "name"), [("ses", "an open"), ("resend", "opened")])
def test_an_open_by_one_of_several_is_nobodys(system: str, name: str, tmp_path: Path) -> None:
    record = json.loads(case_of(system, name)["record"])
    recipients = record["mail"]["destination"] if system == "ses" else record["data"]["to"]
    recipients.append("b@example.org")
    assert read(tmp_path, json.dumps(record), format=system).kinds == {}


UNDONE = [
    ("hubspot", "UNBOUNCE", "reinstated"),
    ("mautic", "reachable again", "reinstated"),
    ("postmark", "back by own will", "resubscribed"),
    ("sendgrid", "back into a group", "resubscribed"),
    ("ses", "back again", "resubscribed"),
    ("activecampaign", "subscribed by the person", "resubscribed"),
]


@pytest.mark.parametrize(("system", "name", "kind"), UNDONE)
def test_what_a_system_takes_back_is_an_event_of_its_own(system: str, name: str, kind: str, tmp_path: Path) -> None:
    case = case_of(system, name)
    assert events_of(tmp_path, system, case["record"], case["file"] or "events.json")["kind"].to_list() == [kind]


SCOPES = {"activecampaign", "brevo", "hubspot", "mailchimp", "mailgun", "postmark", "sendgrid", "ses"}


@pytest.mark.parametrize("system", SCOPES)
def test_an_unsubscription_keeps_the_list_group_or_topic_it_is_from(system: str, tmp_path: Path) -> None:
    scoped = [case for one, case in ALL if one == system and case["kinds"] == "unsubscribed" and case["stream"]]
    assert scoped
    for case in scoped:
        happened = events_of(tmp_path, system, case["record"], case["file"] or "events.json")
        assert happened["stream"].to_list() == [case["stream"]]


HIDDEN = [
    ("powermta", "a redacted recipient"),
    ("powermta", "a hashed recipient"),
    ("sparkpost", "one hash of a recipient is no address"),
]


@pytest.mark.parametrize(("system", "name"), HIDDEN)
def test_a_hashed_or_redacted_recipient_is_nobody(system: str, name: str, tmp_path: Path) -> None:
    case = case_of(system, name)
    found = read(tmp_path, case["record"], case["file"] or "events.json", format=system)
    assert found.kinds == {}
    assert sum(found.ignored.values()) + found.rejects.height == 1


def test_a_bounce_that_the_esp_takes_back_does_not_count() -> None:
    ann, before = subscriber("ann@example.org"), bounced("ann@example.org", "2026-05-01")
    taken_back = event("reinstated", "ann@example.org", "2026-05-02")
    again = bounced("ann@example.org", "2026-05-03")
    assert rule_of([ann], [before]) == ["BNC201"]
    assert rule_of([ann], [before, taken_back]) == [None]
    assert rule_of([ann], [before, taken_back, again]) == ["BNC201"]


@pytest.mark.parametrize("system", NO_FLAG)
def test_without_a_flag_and_a_user_agent_who_opened_is_not_known(system: str, tmp_path: Path) -> None:
    mine = [case for one, case in ALL if one == system and "opened" in case["kinds"]]
    assert mine
    for case in mine:
        happened = events_of(tmp_path, system, case["record"], case.get("file") or "events.json")
        assert happened.filter(pl.col("kind") == "opened")["is_machine"].to_list() == [None]

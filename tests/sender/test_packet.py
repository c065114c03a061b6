"""The letter answers what the postmaster asks for, and makes nothing up."""

import pytest

from hygiene.config import SenderSettings
from hygiene.sender.packet import ITEMS, NO_COMPANY, Packet, packet, postmaster_of, postmasters
from hygiene.sender.practice import Practice
from tests.sender.builders import incident

US = SenderSettings(company="Example Press", domains=["news.example.org"], ips=["192.0.2.25"], shared_ip=False)
PAST = Practice(delivered=2000, recipients=500, complaints=0, hard_bounced=5, engagements=900, idle_90=100, idle_180=25)
NOTHING = Practice(0, 0, 0, 0, 0, 0, 0)
PROVIDERS = ["apple", "microsoft", "google", "yahoo", "comcast", "united_internet", "orange", "other", "firm.example"]


def letter(provider: str = "apple", token: str = "CS02", sender: SenderSettings = US, past: Practice = PAST) -> Packet:
    return packet(incident(mailbox_provider=provider, token=token), sender, past)


def test_apple_is_sent_its_five_items() -> None:
    told = letter()
    assert told.text().startswith("To: icloudadmin@apple.com\nSubject: Mail from news.example.org refused with CS02")
    assert [*told.items][:5] == ["Company", "Email domain", "IP addresses", "SMTP errors", "Description"]
    assert told.items["Company"] == ["Example Press"]
    assert "It began on 2026-06-24 at 06:00 UTC" in told.items["Description"][0]


def test_replies_are_counted_in_words_that_fit() -> None:
    replies = [
        {"reply": "554 no", "messages": 1, "recipients": 1},
        {"reply": "550 no", "messages": 1200, "recipients": 9},
    ]
    told = packet(incident(replies=replies), US, PAST)
    assert told.items["SMTP errors"] == ["once: 554 no", "1,200 times: 550 no"]


def test_apples_letter_says_what_does_not_exist_there() -> None:
    assert {"Apple keeps no allow list."} < set(letter().notes)
    assert any("no feedback loop" in note for note in letter().notes)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_postmaster_gets_an_answer_to_all_that_it_asks_for(provider: str) -> None:
    told = letter(provider, "5.7.1")
    assert len(told.postmaster.asks) >= 3
    assert all(lines and all(lines) for lines in told.items.values())
    assert len(told.items) == len(told.postmaster.asks) + 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_a_company_its_name_is_the_one_thing_to_fill_in(provider: str) -> None:
    told = letter(provider, "5.7.1", US.model_copy(update={"company": ""}))
    to_send = told.text().partition("-- \n")[0]
    assert to_send.count(NO_COMPANY) == ("company" in told.postmaster.asks)
    assert to_send.replace(NO_COMPANY, "").count("[") == to_send.count("[CS02]")


def test_what_nobody_knows_is_called_not_known() -> None:
    unknown = incident(sources=[{"sending_ip": None, "stream": None, "messages": 1, "recipients": 1}])
    told = packet(unknown, SenderSettings(), NOTHING)
    assert told.items["Email domain"][0].startswith("not known")
    assert told.items["IP addresses"][0].startswith("not known")
    practice = told.items["Our practice in the 90 days before"]
    assert sum("not known" in line for line in practice) == 5


def test_no_complaint_is_no_proof_where_there_is_no_feedback_loop() -> None:
    asked = "Our practice in the 90 days before"
    assert "Complaints: not known" in letter("apple").items[asked][1]
    assert letter("yahoo", "TSS04").items[asked][1] == "Complaints: 0.00% (0 of 2,000 messages)"


def test_the_practice_is_told_in_shares_and_counts() -> None:
    practice = letter().items["Our practice in the 90 days before"]
    assert "Hard bounces: 0.99% (5 of 505 recipients)" in practice
    assert "Idle for 90 days: 20.00% (100 of 500 recipients)" in practice
    assert "Idle for 180 days: 5.00% (25 of 500 recipients)" in practice


@pytest.mark.parametrize(
    ("shared", "expected"),
    [(True, "The addresses are shared"), (None, "does not say whether"), (False, "addresses of this sender alone")],
)
def test_the_notes_say_whose_addresses_they_are(shared: bool | None, expected: str) -> None:
    assert expected in "\n".join(letter(sender=US.model_copy(update={"shared_ip": shared})).notes)


def test_an_address_that_the_job_does_not_name_is_told() -> None:
    assert "not among [sender] ips: 192.0.2.25" in letter(sender=US.model_copy(update={"ips": ["192.0.2.99"]})).text()


@pytest.mark.parametrize(
    ("provider", "token", "route"),
    [
        ("apple", "CS01", "icloudadmin@apple.com"),
        ("apple", "PROOFPOINT", "https://ipcheck.proofpoint.com"),
        ("other", "SPAMHAUS", "https://check.spamhaus.org"),
        ("microsoft", "S3150", "https://olcsupport.office.com"),
        ("microsoft", "5.7.606", "https://sender.office.com"),
        ("google", "4.7.28", "https://support.google.com/mail/contact/gmail_bulk_sender_escalation"),
        ("yahoo", "TSS04", "https://senders.yahooinc.com/contact"),
        ("comcast", "BL000001", "https://postmaster.comcast.net"),
        ("united_internet", "554", "https://postmaster.gmx.net/en/contact"),
        ("orange", "OFR_506", "https://postmaster.orange.fr"),
        ("firm.example", "5.7.1", "the page or address that the reply names"),
    ],
)
def test_each_provider_and_list_has_its_route(provider: str, token: str, route: str) -> None:
    assert postmaster_of(incident(mailbox_provider=provider, token=token)).route.startswith(route)


def test_every_row_of_the_table_is_whole() -> None:
    for row in postmasters():
        assert row.by in ("mail", "form")
        assert set(row.asks) <= set(ITEMS)
        assert row.source
    assert (postmasters()[-1].provider, postmasters()[-1].token) == ("", "")

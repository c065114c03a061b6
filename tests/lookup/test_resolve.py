"""One look-up as a whole: what is asked, what is remembered, what is thrown away."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hygiene.config import DnsSettings
from hygiene.lookup.answer import OBSERVED
from hygiene.lookup.resolve import Lookup, look_up, record, too_many_failures
from hygiene.lookup.resolvers import endpoints
from hygiene.model.errors import ConfigError, InputError, LookupFailedError
from hygiene.model.tables import DNS_ANSWERS
from hygiene.policy.policy import Policy
from tests.dns_server import Zone, serving

AT = dt.datetime(2026, 5, 1, 2, tzinfo=dt.UTC)
SNAPSHOT = DnsSettings(mode="snapshot", snapshot="dns.json")
GOOD = {"mx": [[10, "mx.good.org"]], "targets": {"mx.good.org": ["9.9.9.9"]}}


def night(folder: Path, memory: pl.DataFrame, hours: int, *domains: str) -> Lookup:
    """A look-up from the folder's snapshot, so many hours after the first."""
    return look_up(pl.Series(domains), SNAPSHOT, folder, memory, Policy(), AT + dt.timedelta(hours=hours))


def write(folder: Path, **entries: object) -> None:
    """A snapshot in which `__` stands for a dot."""
    text = json.dumps({domain.replace("__", "."): entry for domain, entry in entries.items()})
    (folder / "dns.json").write_text(text, encoding="utf-8")


def test_a_second_night_asks_only_for_what_is_due(tmp_path: Path) -> None:
    write(tmp_path, good__org=GOOD, gone__org={"rcode": "NXDOMAIN"})
    first = night(tmp_path, DNS_ANSWERS.empty(), 0, "good.org", "gone.org", "absent.org")
    second = night(tmp_path, first.memory, 24, "good.org", "gone.org", "absent.org")
    assert (first.asked, first.from_memory, first.left) == (2, 0, 1)
    assert (second.asked, second.from_memory, second.left) == (1, 1, 1)
    assert second.answers.sort("domain").select("domain", "observations").rows() == [("gone.org", 2), ("good.org", 1)]


def test_a_rerun_of_the_same_night_answers_the_same(tmp_path: Path) -> None:
    write(tmp_path, good__org=GOOD, gone__org={"rcode": "NXDOMAIN"}, ill__org={"rcode": "SERVFAIL"})
    domains = ("good.org", "gone.org", "ill.org")
    first = night(tmp_path, DNS_ANSWERS.empty(), 0, *domains)
    again = night(tmp_path, first.memory, 0, *domains)
    assert_frame_equal(again.answers, first.answers, check_row_order=False)
    assert_frame_equal(again.memory, first.memory, check_row_order=False)


def test_the_memory_keeps_domains_that_are_not_asked_for_tonight(tmp_path: Path) -> None:
    write(tmp_path, good__org=GOOD, other__org=GOOD)
    first = night(tmp_path, DNS_ANSWERS.empty(), 0, "other.org")
    second = night(tmp_path, first.memory, 24, "good.org")
    assert second.answers["domain"].to_list() == ["good.org"]
    assert sorted(second.memory["domain"]) == ["good.org", "other.org"]


def test_nothing_is_judged_by_dns_where_it_is_off(tmp_path: Path) -> None:
    write(tmp_path, good__org=GOOD)
    memory = night(tmp_path, DNS_ANSWERS.empty(), 0, "good.org").memory
    off = look_up(pl.Series(["good.org"]), DnsSettings(mode="off"), tmp_path, memory, Policy(), AT)
    assert off.answers.is_empty()
    assert_frame_equal(off.memory, memory)


def test_what_is_no_name_is_not_asked_for(tmp_path: Path) -> None:
    write(tmp_path, good__org=GOOD)
    odd = ["good.org", "good.org", None, "", "nodot", "[9.9.9.9]", "a b.org", "a..org", f"{'x' * 64}.org"]
    lookup = look_up(pl.Series(odd), SNAPSHOT, tmp_path, DNS_ANSWERS.empty(), Policy(), AT)
    assert (lookup.asked, lookup.left) == (1, 0)


def failures(failed: int, of: int) -> pl.DataFrame:
    """So many failed look-ups among so many."""
    rows = [(f"d{n}.org", "temperror" if n < failed else "mx", AT) for n in range(of)]
    return OBSERVED.fill(
        pl.DataFrame(rows, schema=["domain", "mx_status", "observed_at"], orient="row").cast(
            {"observed_at": OBSERVED.schema["observed_at"]}
        )
    )


@pytest.mark.parametrize(
    ("failed", "of", "is_too_many"), [(1, 20, False), (2, 20, True), (19, 19, False), (5, 100, False), (6, 100, True)]
)
def test_the_policy_s_share_of_failures_is_the_limit(failed: int, of: int, is_too_many: bool) -> None:
    assert (too_many_failures(failures(failed, of), DNS_ANSWERS.empty(), 0.05) is not None) == is_too_many


def test_domains_that_failed_before_say_nothing_about_tonight_s_network() -> None:
    before = DNS_ANSWERS.fill(failures(30, 30))
    assert too_many_failures(failures(30, 100), before, 0.05) is None


ZONE: Zone = {
    "good.zone": {"MX": ["10 mx.canary.zone.", "20 gone.zone."]},
    "bare.zone": {"A": ["9.9.9.9"], "TXT": ['"v=spf1 -all"']},
    "empty.zone": {"NS": ["ns.zone."]},
    "private.zone": {"A": ["10.0.0.1"]},
    "inside.zone": {"MX": ["10 private.zone."]},
    "alias.zone": {"CNAME": ["good.zone."]},
    "ill.zone": {"fault": "bogus"},
    "half.zone": {"MX": ["10 ill.zone."]},
}


def test_a_recorded_look_up_is_replayed_with_the_same_answers(tmp_path: Path) -> None:
    domains = pl.Series([*ZONE, "nobody.zone"])
    with serving(ZONE) as server:
        live = DnsSettings(resolvers=[server.address], canary="canary.zone", timeout_seconds=0.5)
        asked = look_up(domains, live, tmp_path, DNS_ANSWERS.empty(), Policy(), AT)
        recorded = record(domains, live, Policy(), AT)
    (tmp_path / "dns.json").write_text(recorded, encoding="utf-8")
    replayed = look_up(domains, SNAPSHOT, tmp_path, DNS_ANSWERS.empty(), Policy(), AT)
    assert asked.answers.height == domains.len()
    assert_frame_equal(replayed.answers.drop("resolver"), asked.answers.drop("resolver"), check_row_order=False)


def test_nothing_is_recorded_from_a_resolver_that_lies() -> None:
    with serving({}, wildcard="10.0.0.1") as server:
        live = DnsSettings(resolvers=[server.address], canary="canary.zone", timeout_seconds=0.5)
        with pytest.raises(LookupFailedError, match="names that do not exist"):
            record(pl.Series(["a.zone"]), live, Policy(), AT)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("9.9.9.9", "9.9.9.9"),
        ("127.0.0.1:5353", "127.0.0.1:5353"),
        ("::1", "[::1]"),
        ("[::1]:5353", "[::1]:5353"),
        ("[2620:fe::fe]", "[2620:fe::fe]"),
    ],
)
def test_a_resolver_is_an_address_with_or_without_a_port(text: str, shown: str) -> None:
    assert [str(endpoint) for endpoint in endpoints([text, text])] == [shown]


@pytest.mark.parametrize("text", ["", "dns.google", "9.9.9.9:0", "9.9.9.9:70000", "9.9.9.9:x", "9.9.9"])
def test_anything_else_is_a_mistake_in_the_job_file(text: str) -> None:
    with pytest.raises(ConfigError, match="is no resolver"):
        endpoints([text])


def test_a_snapshot_that_is_not_named_is_a_mistake_in_the_job_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no snapshot is named"):
        look_up(pl.Series(["a.org"]), DnsSettings(mode="snapshot"), tmp_path, DNS_ANSWERS.empty(), Policy(), AT)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "cannot be read"),
        ("[1]", "a key per domain"),
        ('{"a.org": {"rcode": "PERHAPS"}}', "a.org is wrong at rcode"),
        ('{"a.org": {"MX": []}}', "a.org is wrong at MX"),
        ('{"a.org": 7}', "a.org is wrong"),
        ('{"domain": "a.org"}\n{"mx": []}', "no `domain`"),
        ('{"domain": "a.org"}\n{', "cannot be read"),
    ],
)
def test_a_snapshot_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "dns.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=match):
        night(tmp_path, DNS_ANSWERS.empty(), 0, "a.org")


def test_a_snapshot_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dns\.json"):
        night(tmp_path, DNS_ANSWERS.empty(), 0, "a.org")

"""However the same events are split over files and nights, and in whatever order, the evidence is the same."""

import tempfile
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from hygiene.classify.bounces import with_bounce_meaning
from hygiene.classify.domain_facts import domain_facts
from hygiene.classify.negatives import NEGATIVE, STATED
from hygiene.history.store import FileRows, History
from hygiene.model.tables import DNS_ANSWERS, IN_FORCE, LIFTS
from hygiene.normalize.activity import activity, is_activity
from hygiene.policy.policy import Policy
from hygiene.sender.bursts import doubts, readers, with_doubts
from hygiene.shard import Shard, clean_shard
from tests.builders import AS_OF, event, events, subscriber, subscribers
from tests.judged import judged_once

PEOPLE = ["ann@example.org", "a.n.n@gmail.com", "ann+news@gmail.com", "bob@hotmail.com"]
LISTED = subscribers(*(subscriber(address, row=row) for row, address in enumerate(PEOPLE)))
KINDS = ["delivered", "opened", "clicked", "bounced", "deferred", "complained", "unsubscribed", "resubscribed"]
REPLIES = ["550 5.1.1 no such user", "452 4.2.2 mailbox full", "550 5.4.1 Recipient address rejected: Access denied"]


@st.composite
def happenings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Different events of a few people on a few days; each has a line of its own."""
    one = st.tuples(
        st.sampled_from(KINDS), st.sampled_from(PEOPLE), st.sampled_from([1, 2, 9, 23]), st.sampled_from([8, 20])
    )
    drawn = draw(st.lists(st.tuples(one, st.sampled_from(REPLIES)), min_size=1, max_size=30))
    return [
        event(
            kind, address, f"2026-06-{day:02}T{hour:02}:00", event_id=f"{line}", line=line, source="june.csv",
            diagnostic=reply if kind in ("bounced", "deferred") else None,
        )
        for line, ((kind, address, day, hour), reply) in enumerate(drawn)
    ]  # fmt: skip


def remembered(nights: list[list[dict[str, Any]]]) -> pl.DataFrame:
    """What is decided, and all evidence of it, after these files were read one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(folder)
        for night, told in enumerate(nights):
            file = events(*told)
            whole = file.filter(~is_activity()).lazy()
            history.append([FileRows(f"{night}", whole, [activity(file).sort("mailbox")])])
        whole, done = history.scan().collect().lazy(), history.activity().collect().lazy()
    meant = with_bounce_meaning(whole.filter(pl.col("kind").is_in(NEGATIVE)))
    nobody, people = DNS_ANSWERS.empty(), LISTED.lazy()
    negatives = with_doubts(meant, doubts(meant, done, readers(people), nobody, Policy()), Policy())
    said = whole.filter(pl.col("kind").is_in(STATED))
    known = (IN_FORCE.empty().lazy(), LIFTS.empty().lazy())
    shard = Shard(people, done, said, negatives, domain_facts(people, nobody.lazy()), *known)
    return clean_shard(shard, Policy(), AS_OF).collect().sort("list", "row")


@settings(deadline=None, max_examples=25)
@given(happenings(), st.data())
def test_any_split_and_order_of_the_same_events_gives_the_same_evidence(
    happened: list[dict[str, Any]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(happened))
    nights = data.draw(st.lists(st.integers(0, 3), min_size=len(happened), max_size=len(happened)))
    again = data.draw(st.lists(st.sampled_from(happened), max_size=5, unique_by=lambda one: one["event_id"]))
    files = [[one for one, night in zip(shuffled, nights, strict=True) if night == wanted] for wanted in range(4)]
    files.append(again)
    with judged_once():
        assert_frame_equal(remembered([told for told in files if told]), remembered([happened]))

"""No list of another system, in any form and order, takes back what a recipient said."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hygiene import by_person
from hygiene.decide.in_force import in_force
from hygiene.model.tables import LEDGER
from hygiene.policy.families import bits_of, family
from tests.builders import AS_OF
from tests.exchange.jobs import ANN, BOB, LATER, enter, job, list_of, store

VOICES = ["CMP101", "UNS111"]
LISTS = {
    "ses": (["BOUNCE", "COMPLAINT"], "{address},{word}\n", ""),
    "csv": (["soft", "unsubscribed", "role", "unengaged", "resubscribed"], "{address},{word}\n", "address,reason\n"),
    "sendgrid": (["550 unknown", ""], "1772442931,{address},{word},5.1.1\n", "created,email,reason,status\n"),
    "listmonk": (["enabled", "disabled", "blocklisted"], "u,{address},n,{word}\n", "uuid,email,name,status\n"),
    "braze": (["subscribed", "unsubscribed"], "c-1,{address},{word}\n", "external_id,email,email_subscribe\n"),
}
imports = st.sampled_from(sorted(LISTS)).flatmap(
    lambda form: st.tuples(st.just(form), st.lists(st.sampled_from(LISTS[form][0]), min_size=1, max_size=3))
)


@settings(max_examples=25, deadline=None)
@given(voice=st.sampled_from(VOICES), taken=st.lists(imports, min_size=1, max_size=3))
def test_an_unsubscription_or_complaint_survives_every_later_list(
    voice: str, taken: list[tuple[str, list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    loaded = job(tmp_path_factory.mktemp("job"))
    enter(loaded, (ANN, voice))
    for number, (form, words) in enumerate(taken):
        _, line, head = LISTS[form]
        text = head + "".join(line.format(address=address, word=word) for word in words for address in (ANN, BOB))
        by_person.import_list(loaded, list_of(loaded, f"bounces-{number}.csv", text, form), LATER)
    entries = store(loaded).ledger.entries()
    state = in_force(entries, LEDGER.empty().lazy(), LATER).filter(pl.col("key") == ANN).collect()
    assert state["in_force"].item() & bits_of([family(voice)]) != 0
    assert entries.filter(pl.col("action") == "lift").collect().is_empty()


def test_a_list_that_says_subscribed_brings_nobody_back(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "UNS111"))
    text = f"external_id,email,email_subscribe\nc-1,{ANN},opted_in\n"
    assert by_person.import_list(loaded, list_of(loaded, "braze.csv", text, "braze"), AS_OF) == 0

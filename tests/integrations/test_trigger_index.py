"""The index finds what the plain rule finds, whatever was added, changed and removed before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rules.values import LATER, a_message, an_integration

from hookroom.integrations import trigger_index, word_index
from hookroom.integrations.trigger_index import TriggerIndex
from hookroom.integrations.word_index import PIECE, Anywhere, Beginnings
from hookroom.rules.model import Integration, Message
from hookroom.rules.triggers import Match, integration_keys, match

KEYS = ("all_public_channels", "#here", "@ann")

# Few letters, so that words and texts meet; a pair that is one character in Python, and one that is two.
letters = st.sampled_from("abAB \t\u00e9e\u0301\U0001f600")
words = st.text(alphabet=letters, max_size=7) | st.integers(60, 70).map(lambda n: "a" * n + "b")
texts = st.text(alphabet=letters, max_size=24) | st.integers(60, 72).map(lambda n: "a" * n + "b ab")
integrations = st.builds(
    lambda number, event, channel, triggers, anywhere, edits, enabled, kind: an_integration(
        id=f"{number:024x}",
        event=event,
        channel=tuple(channel),
        trigger_words=triggers,
        trigger_word_anywhere=anywhere,
        run_on_edits=edits,
        enabled=enabled,
        type=kind,
    ),
    st.integers(0, 30),
    st.sampled_from(["sendMessage", "sendMessage", "sendMessage", "fileUploaded", "roomCreated", "unknown"]),
    st.lists(st.sampled_from(KEYS), max_size=2),
    st.none() | st.lists(words, max_size=3).map(tuple),
    st.sampled_from([None, False, True]),
    st.sampled_from([None, True]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["webhook-outgoing"] * 4 + ["webhook-incoming"]),
)
messages = st.builds(
    lambda text, edited, kind: a_message(text=text, edited_at=LATER if edited else None, type=kind),
    texts,
    st.booleans(),
    st.sampled_from([None, None, None, "uj"]),
)
Found = dict[str, Match]


@pytest.fixture(params=["told apart", "as many as few"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every short cut, and with none."""
    if request.param == "told apart":
        monkeypatch.setattr(trigger_index, "FEW", 1)
        monkeypatch.setattr(word_index, "SCANNED", 0)


def fired(candidates: Iterable[Integration], event: str, message: Message | None) -> Found:
    hits = {one.id: match(one, event, message) for one in candidates}
    return {name: hit for name, hit in hits.items() if hit is not None}


def plainly(stored: Iterable[Integration], event: str, keys: Sequence[str], message: Message | None) -> Found:
    """The rule, for each of them."""
    of_room = [one for one in stored if set(integration_keys(one)) & set(keys)]
    return fired(of_room, event, message)


def index_of(stored: Iterable[Integration]) -> TriggerIndex:
    index = TriggerIndex()
    for one in stored:
        index.add(one)
    return index


asked = st.tuples(
    st.sampled_from(["sendMessage", "sendMessage", "fileUploaded", "roomCreated"]),
    st.lists(st.sampled_from([*KEYS, "*"]), min_size=1, unique=True),
    messages,
)
in_place = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@in_place
@given(st.lists(integrations, max_size=20, unique_by=lambda one: one.id), asked)
def test_what_is_found_is_what_matches(few: None, stored: list[Integration], what: Any) -> None:
    event, keys, message = what
    found = index_of(stored).find(event, keys, message)
    assert len({one.id for one in found}) == len(found)
    assert fired(found, event, message) == plainly(stored, event, keys, message)


@in_place
@given(st.lists(st.tuples(st.booleans(), integrations), max_size=40), st.lists(asked, min_size=1, max_size=4))
def test_changes_leave_it_as_if_built_anew(
    few: None, steps: list[tuple[bool, Integration]], all_asked: list[Any]
) -> None:
    index, stored = TriggerIndex(), dict[str, Integration]()
    for put, one in steps:
        if one.id in stored:
            index.remove(stored.pop(one.id))
        if put:
            index.add(one)
            stored[one.id] = one
    anew = index_of(stored.values())
    for event, keys, message in all_asked:
        found = fired(index.find(event, keys, message), event, message)
        assert found == fired(anew.find(event, keys, message), event, message)
        assert found == plainly(stored.values(), event, keys, message)
    for one in stored.values():
        index.remove(one)
    assert not any(index._kept.values()), "something was left behind"


@pytest.mark.parametrize("kind", [Beginnings, Anywhere])
@in_place
@given(data=st.data())
def test_a_word_index_by_its_definition(kind: type[Beginnings | Anywhere], data: Any) -> None:
    index = kind()
    known = data.draw(st.lists(words.filter(bool), max_size=12))
    for number, word in enumerate(known):
        index.add(word, an_integration(id=f"{number:024x}"))
    gone = data.draw(st.sets(st.integers(0, 11)))
    for number in gone & set(range(len(known))):
        index.remove(known[number], f"{number:024x}")
        index.remove(known[number], f"{number:024x}")
    text = data.draw(texts)
    expected = {
        f"{number:024x}"
        for number, word in enumerate(known)
        if number not in gone and (text.startswith(word) if kind is Beginnings else word in text)
    }
    assert {one.id for one in index.found(text)} == expected


def test_only_what_can_fire_is_handed_out() -> None:
    """Those that have other words, or do not run on edits, are not looked at."""
    many = [
        an_integration(
            id=f"{i:024x}",
            channel=("all_public_channels",),
            trigger_words=(f"deploy-service-{i}",),
            trigger_word_anywhere=i % 2 == 0,
        )
        for i in range(4000)
    ]
    index = index_of(many)

    def found(**message: Any) -> list[str]:
        return [one.id for one in index.find("sendMessage", KEYS, a_message(**message))]

    assert found(text="nothing of the kind") == []
    assert found(text="deploy-service-") == []
    assert set(found(text="deploy-service-17 now")) == {f"{n:024x}" for n in (1, 17)}
    assert set(found(text="please deploy-service-2018")) == {f"{n:024x}" for n in (2, 20, 2018)}
    assert found(text="please deploy-service-2018", edited_at=LATER) == []
    assert found(text="please deploy-service-2018", type="uj") == []


def test_pieces_are_shared_out() -> None:
    """Words that begin or end alike are still told apart."""
    index = Anywhere()
    for i in range(2000):
        index.add(f"the-same-beginning-{i:04d}-and-end", an_integration(id=f"{i:024x}"))
    assert max(len(alike) for alike in index._pieces[PIECE].values()) < 40

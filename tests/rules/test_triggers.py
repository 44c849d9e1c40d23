"""Which outgoing integrations an event fires."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.values import LATER, a_message, a_room, an_integration

from hookroom.rules.model import BotMark, Integration, Room
from hookroom.rules.triggers import (
    ANYWHERE,
    EDIT,
    EVENTS,
    MAX_CHAIN_DEPTH,
    Match,
    event_keys,
    integration_keys,
    match,
    may_fire,
    occasion,
    occasions,
    room_keys,
    trigger_word,
    words_of,
)

OWN = BotMark(integration_id="a" * 24)
FOREIGN = BotMark(integration_id="b" * 24)


def test_the_contracts_table_of_events() -> None:
    assert {name: (r.needs_channel, r.trigger_words, r.target_room) for name, r in EVENTS.items()} == {
        "sendMessage": (True, True, False),
        "fileUploaded": (True, False, False),
        "roomJoined": (True, False, False),
        "roomLeft": (True, False, False),
        "roomArchived": (False, False, False),
        "roomCreated": (False, False, False),
        "userCreated": (False, False, True),
        "messageEdited": (True, False, False),
        "messageDeleted": (True, False, False),
        "messageReacted": (True, False, False),
        "roomUnarchived": (False, False, False),
        "userDeactivated": (False, False, False),
    }


def test_room_keys() -> None:
    assert room_keys(a_room(type="c")) == ("all_public_channels", "#roomId", "#general")
    assert room_keys(a_room(type="p")) == ("all_private_groups", "#roomId", "#general")
    assert room_keys(a_room(id="GENERAL", name="GENERAL")) == ("all_public_channels", "#GENERAL")
    direct = a_room(type="d", name=None, user_ids=("annId", "bobId"), usernames=("ann", "bob"))
    assert room_keys(direct, "ann") == ("all_direct_messages", "@annId", "@bobId", "@bob")
    assert room_keys(direct) == ("all_direct_messages", "@annId", "@bobId", "@ann", "@bob")
    assert room_keys(a_room(type="d", name=None), "ann") == ("all_direct_messages",)


@pytest.mark.parametrize(
    ("event", "channel", "keys"),
    [
        ("sendMessage", ("#a", "@b", "#a"), ("#a", "@b")),
        ("sendMessage", (), ("all_public_channels",)),
        ("roomCreated", ("#a",), (ANYWHERE,)),
        ("userCreated", (), (ANYWHERE,)),
        ("unknown", ("#a",), ()),
        (None, ("#a",), ()),
    ],
)
def test_integration_keys(event: str | None, channel: tuple[str, ...], keys: tuple[str, ...]) -> None:
    assert integration_keys(an_integration(event=event, channel=channel)) == keys


def test_event_keys() -> None:
    direct = a_room(type="d", name=None)
    assert event_keys("sendMessage", a_room()) == room_keys(a_room())
    assert event_keys("sendMessage", None) == ()
    assert event_keys("roomCreated", a_room()) == (ANYWHERE,)
    assert event_keys("roomCreated", direct) == ()
    assert event_keys("roomArchived", direct) == (ANYWHERE,)
    assert event_keys("userCreated", None) == (ANYWHERE,)
    with pytest.raises(KeyError):
        event_keys("unknown", None)


names = st.sampled_from(["ann", "bob", "annId", "bobId", "general", "roomId", "x"])
channels = st.lists(
    st.sampled_from(["all_public_channels", "all_private_groups", "all_direct_messages"])
    | st.builds("{}{}".format, st.sampled_from("#@"), names),
    max_size=3,
)
integrations = st.builds(
    lambda event, channel: an_integration(event=event, channel=tuple(channel)),
    st.sampled_from(sorted(EVENTS)),
    channels,
)
rooms = st.builds(
    lambda room_id, kind, name, people: a_room(
        id=room_id,
        type=kind,
        name=None if kind == "d" else name,
        user_ids=tuple(f"{person}Id" for person in people) if kind == "d" else None,
        usernames=tuple(people) if kind == "d" else None,
    ),
    names,
    st.sampled_from("cpd"),
    names,
    st.lists(st.sampled_from(["ann", "bob", "x"]), max_size=3, unique=True),
)


def obviously_matches(integration: Integration, event: str, room: Room, author: str) -> bool:
    """The contract's sentences, one by one, without any index."""
    if integration.event != event:
        return False
    if not EVENTS[event].needs_channel:
        return event != "roomCreated" or room.type != "d"
    if room.type == "c" and not integration.channel:
        return True
    for channel in integration.channel:
        if channel.startswith("all_"):
            kind = {"all_public_channels": "c", "all_private_groups": "p", "all_direct_messages": "d"}
            if kind[channel] == room.type:
                return True
        elif channel.startswith("#"):
            if room.type != "d" and channel[1:] in (room.id, room.name):
                return True
        elif room.type == "d":
            if channel[1:] in (room.user_ids or ()):
                return True
            if channel[1:] in (room.usernames or ()) and channel[1:] != author:
                return True
    return False


@pytest.mark.parametrize(
    ("event", "edits", "kept"),
    [
        ("sendMessage", None, ("sendMessage",)),
        ("sendMessage", False, ("sendMessage",)),
        ("sendMessage", True, ("sendMessage", EDIT)),
        ("messageEdited", True, ("messageEdited",)),
        (None, True, ("",)),
    ],
)
def test_occasions(event: str | None, edits: bool | None, kept: tuple[str, ...]) -> None:
    assert occasions(an_integration(event=event, run_on_edits=edits)) == kept


@pytest.mark.parametrize("event", sorted(EVENTS))
@pytest.mark.parametrize("edits", [None, True])
@pytest.mark.parametrize("edited", [None, LATER])
@pytest.mark.parametrize("kind", [None, "uj"])
def test_whatever_may_fire_is_kept_under_the_occasion(
    event: str, edits: bool | None, edited: str | None, kind: str | None
) -> None:
    integration = an_integration(event=event, run_on_edits=edits)
    said = a_message(edited_at=edited, type=kind)
    assert may_fire(integration, event, said) is (occasion(event, said) in occasions(integration))
    assert occasion(event) in occasions(integration)


def test_words_that_count() -> None:
    assert words_of(an_integration(trigger_words=("b", " ", "", " a", "b"))) == ("b", " a", "b")
    assert words_of(an_integration(trigger_words=None)) == ()
    assert words_of(an_integration(trigger_words=("a",), event="fileUploaded")) == ()
    assert words_of(an_integration(trigger_words=("a",), event=None)) == ()


@given(st.lists(integrations, max_size=8), st.sampled_from(sorted(EVENTS)), rooms, names)
def test_the_index_finds_what_an_obvious_search_finds(
    stored: list[Integration], event: str, room: Room, author: str
) -> None:
    index: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, integration in enumerate(stored):
        for key in integration_keys(integration):
            index[integration.event or "", key].add(number)
    keys = event_keys(event, room, author)
    found = {number for key in keys for number in index.get((event, key), ())}
    assert found == {n for n, one in enumerate(stored) if obviously_matches(one, event, room, author)}
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("words", "anywhere", "text", "found"),
    [
        (None, False, "hello", Match()),
        ((), True, "hello", Match()),
        (("", " "), False, "hello", Match()),
        (("deploy",), False, "deploy now", Match("deploy")),
        (("deploy",), False, "deployment", Match("deploy")),
        (("deploy",), False, "Deploy now", None),
        (("deploy",), False, "please deploy", None),
        (("deploy",), False, " deploy", None),
        (("deploy",), True, "please redeploy", Match("deploy")),
        (("deploy",), True, "DEPLOY", None),
        (("b", "a"), True, "a b", Match("b")),
        (("dep", "deploy"), False, "deploy", Match("dep")),
        (("x", "deploy"), False, "deploy", Match("deploy")),
        (("deploy",), False, "", None),
        (("!d", ""), False, "hello", None),
    ],
)
def test_trigger_words(words: tuple[str, ...] | None, anywhere: bool, text: str, found: Match | None) -> None:
    integration = an_integration(trigger_words=words, trigger_word_anywhere=anywhere)
    assert trigger_word(integration, text) == found


@given(st.lists(st.text(alphabet="ab ", max_size=3)), st.booleans(), st.text(alphabet="abAB ", max_size=6))
def test_trigger_words_by_their_definition(words: list[str], anywhere: bool, text: str) -> None:
    integration = an_integration(trigger_words=tuple(words), trigger_word_anywhere=anywhere)
    real = [word for word in words if word.strip()]
    hits = [word for word in real if (text.find(word) >= 0 if anywhere else text.find(word) == 0)]
    expected = Match() if not real else Match(hits[0]) if hits else None
    assert trigger_word(integration, text) == expected


@pytest.mark.parametrize(
    ("integration", "event", "message", "fires"),
    [
        ({}, "sendMessage", {}, True),
        ({"enabled": False}, "sendMessage", {}, False),
        ({"type": "webhook-incoming"}, "sendMessage", {}, False),
        ({"event": "fileUploaded"}, "sendMessage", {}, False),
        ({}, "sendMessage", {"type": "uj"}, False),
        ({}, "sendMessage", {"edited_at": LATER}, False),
        ({"run_on_edits": True}, "sendMessage", {"edited_at": LATER}, True),
        ({"run_on_edits": True}, "sendMessage", {"edited_at": LATER, "type": "uj"}, False),
        ({}, "sendMessage", {"bot": OWN}, False),
        ({}, "sendMessage", {"bot": FOREIGN}, True),
        ({}, "sendMessage", {"bot": True}, True),
        ({"event": "fileUploaded"}, "fileUploaded", {"bot": OWN}, False),
        ({"event": "messageEdited"}, "messageEdited", {"edited_at": LATER}, True),
        ({"event": "messageEdited"}, "messageEdited", {"edited_at": LATER, "bot": OWN}, False),
        ({"event": "messageReacted"}, "messageReacted", {"bot": OWN, "edited_at": LATER}, True),
        ({"event": "messageDeleted"}, "messageDeleted", {"bot": OWN}, True),
        ({"event": "roomJoined"}, "roomJoined", None, True),
    ],
)
def test_may_fire(
    integration: dict[str, Any], event: str, message: dict[str, Any] | None, fires: bool
) -> None:
    said = None if message is None else a_message(**message)
    assert may_fire(an_integration(**integration), event, said) is fires
    assert (match(an_integration(**integration), event, said) is not None) is fires


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_chains_are_bounded(event: str) -> None:
    integration = an_integration(event=event)
    fires = [may_fire(integration, event, None, depth) for depth in range(MAX_CHAIN_DEPTH + 3)]
    assert fires == [True] * MAX_CHAIN_DEPTH + [False] * 3


def test_two_hooks_that_answer_each_other_stop() -> None:
    hooks = [an_integration(id="a" * 24), an_integration(id="b" * 24)]
    marks: list[BotMark | None] = [None]
    for depth in range(50):
        fired = [one for one in hooks if match(one, "sendMessage", a_message(bot=marks[-1]), depth)]
        if not fired:
            break
        marks.append(BotMark(integration_id=fired[0].id))
    assert len(marks) == MAX_CHAIN_DEPTH + 1


def test_match_asks_for_the_word_where_the_event_has_words() -> None:
    words = ("deploy",)
    assert match(an_integration(trigger_words=words), "sendMessage", a_message(text="hello")) is None
    deploy = a_message(text="deploy it")
    assert match(an_integration(trigger_words=words), "sendMessage", deploy) == Match("deploy")
    uploads = an_integration(trigger_words=words, event="fileUploaded")
    assert match(uploads, "fileUploaded", a_message(text="hello")) == Match()

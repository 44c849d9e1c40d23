"""From a payload to the message to post."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.values import an_integration

from hookroom.errors import Failure, HookFailure, HookroomError, Refused
from hookroom.rules.attachments import NOT_A_LIST
from hookroom.rules.hook_message import (
    Defaults,
    Destination,
    MessageDraft,
    defaults_of,
    destinations,
    draft,
    is_empty,
    named_destinations,
    parse_destination,
)
from hookroom.rules.model import BotMark

PICTURE = "https://a.example/a.png"
OTHER = "https://a.example/b.png"
DEFAULTS = Defaults(alias="Deploys", avatar=PICTURE, emoji=":rocket:", bot=BotMark(integration_id="i" * 24))


def test_a_text_alone() -> None:
    assert draft({"text": " hello\n"}) == MessageDraft(
        text="hello",
        alias=None,
        avatar=None,
        emoji=None,
        attachments=(),
        parse_urls=True,
        groupable=False,
        thread_id=None,
        custom_fields=None,
        bot=None,
        warnings=(),
    )


@pytest.mark.parametrize(
    ("payload", "field", "value"),
    [
        ({"text": "a", "msg": "b"}, "text", "a"),
        ({"msg": "b"}, "text", "b"),
        ({"text": "", "msg": "b"}, "text", "b"),
        ({"text": None, "msg": "b"}, "text", "b"),
        ({"text": "  ", "msg": "b"}, "text", "b"),
        ({"text": 0}, "text", "0"),
        ({"text": False}, "text", "false"),
        ({"text": 2.5}, "text", "2.5"),
        ({}, "text", ""),
        ({"username": "a", "alias": "b"}, "alias", "a"),
        ({"alias": "b"}, "alias", "b"),
        ({"alias": ""}, "alias", "Deploys"),
        ({"icon_url": OTHER, "avatar": "https://c.example"}, "avatar", OTHER),
        ({"avatar": OTHER}, "avatar", OTHER),
        ({"avatar": "/avatar/ann"}, "avatar", "/avatar/ann"),
        ({}, "avatar", PICTURE),
        ({}, "emoji", None),
        ({"icon_emoji": ":a:", "emoji": ":b:"}, "emoji", ":a:"),
        ({"emoji": ":b:"}, "emoji", ":b:"),
        ({"emoji": ":b:"}, "avatar", None),
        ({"emoji": ":b:", "avatar": OTHER}, "emoji", None),
        ({"emoji": ":b:", "avatar": OTHER}, "avatar", OTHER),
        ({"attachments": [{"msg": "x"}]}, "attachments", ({"text": "x"},)),
        ({"attachments": {"text": "x"}}, "attachments", ()),
        ({"attachments": {"text": "x"}}, "warnings", (NOT_A_LIST,)),
        ({"attachments": {"text": "x"}}, "parse_urls", True),
        ({"attachments": [{"text": "x"}]}, "parse_urls", False),
        ({"attachments": [{"text": "x"}], "parseUrls": True}, "parse_urls", True),
        ({"parseUrls": False}, "parse_urls", False),
        ({"parseUrls": "false"}, "parse_urls", False),
        ({"parseUrls": None}, "parse_urls", True),
        ({"groupable": True}, "groupable", True),
        ({"tmid": "abc"}, "thread_id", "abc"),
        ({"tmid": ""}, "thread_id", None),
        ({"customFields": {"priority": "high"}}, "custom_fields", {"priority": "high"}),
        ({"customFields": {}}, "custom_fields", None),
        ({"bot": {"i": "forged"}}, "bot", DEFAULTS.bot),
    ],
)
def test_fields(payload: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(draft(payload, DEFAULTS), field) == value


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"text": {"a": 1}}, "text must be a string, not an object"),
        ({"msg": ["a"]}, "msg must be a string, not an array"),
        ({"username": []}, "username must be a string, not an array"),
        ({"avatar": "javascript:alert(1)"}, "Invalid href value provided (avatar)"),
        ({"tmid": {}}, "tmid must be a string, not an object"),
        ({"groupable": "often"}, "groupable must be true or false"),
        ({"customFields": "high"}, "customFields must be an object"),
        ({"attachments": [{"fields": [{}]}]}, "Invalid attachment field, title and value is required"),
    ],
)
def test_wrong_values_are_refused_by_name(payload: dict[str, Any], reason: str) -> None:
    with pytest.raises(Failure) as caught:
        draft(payload)
    assert caught.value.wire() == {"success": False, "error": reason}


def test_defaults_of_an_integration() -> None:
    integration = an_integration(alias="Deploys", avatar=f" {PICTURE}", emoji=":rocket:")
    assert defaults_of(integration) == Defaults(
        alias="Deploys",
        avatar=PICTURE,
        emoji=":rocket:",
        bot=BotMark(integration_id=integration.id),
        slack=True,
    )
    bare = an_integration(alias="", avatar="javascript:x", emoji="")
    assert defaults_of(bare) == Defaults(bot=BotMark(integration_id=bare.id), slack=True)


def test_default_emoji_without_default_avatar() -> None:
    message = draft({"text": "hi"}, Defaults(emoji=":rocket:"))
    assert (message.avatar, message.emoji) == (None, ":rocket:")


@pytest.mark.parametrize(
    ("payload", "empty"),
    [
        ({}, True),
        ({"text": " \n"}, True),
        ({"attachments": []}, True),
        ({"attachments": "x"}, True),
        ({"username": "a"}, True),
        ({"text": 0}, False),
        ({"attachments": [{}, {"text": " ", "title": "", "color": "red", "fields": []}]}, True),
        ({"attachments": [{"attachments": [{"ts": 1, "title_link": "https://a.example"}]}]}, True),
        ({"attachments": [{}, {"text": "a"}]}, False),
        ({"attachments": [{"fields": [{"title": "Errors", "value": 0}]}]}, False),
        ({"attachments": [{"image_url": PICTURE}]}, False),
        ({"attachments": [{"attachments": [{"text": "a"}]}]}, False),
        ({"attachments": [{"of_others": {"a": 1}}]}, False),
        ({"text": "\u200b\ufeff", "attachments": [{"title": "\u2800"}]}, True),
        ({"text": "\x00\x7f"}, True),
        ({"attachments": [{"fields": [{"title": "\u200b", "value": " "}]}]}, True),
        ({"attachments": [{"actions": [{"type": "button"}, {"text": " "}]}]}, True),
        ({"attachments": [{"actions": [{"type": "button", "text": "Go"}]}]}, False),
    ],
)
def test_nothing_to_post(payload: dict[str, Any], empty: bool) -> None:
    assert is_empty(draft(payload, DEFAULTS)) is empty


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from(
    [
        *("text", "msg", "username", "alias", "icon_url", "avatar", "icon_emoji", "emoji", "attachments"),
        *("parseUrls", "groupable", "tmid", "customFields", "channel", "roomId"),
    ]
)
payloads = st.dictionaries(keys, json_values, max_size=6)


@given(payloads, st.sampled_from([Defaults(), DEFAULTS]))
def test_arbitrary_payloads_are_read_or_refused(payload: dict[str, Any], defaults: Defaults) -> None:
    try:
        message = draft(payload, defaults)
    except Failure:
        return
    assert message.avatar is None or message.emoji is None
    assert message.bot == defaults.bot
    assert message.text == message.text.strip()
    assert not is_empty(message) or not message.text
    assert is_empty(message) or message.text or message.attachments
    msgspec.json.encode(message)


@pytest.mark.parametrize(
    ("payload", "names"),
    [
        ({"channel": "#ops"}, ("#ops",)),
        ({"roomId": "abc"}, ("abc",)),
        ({"channel": "#ops", "roomId": "abc"}, ("#ops",)),
        ({"channel": ["#ops", "@ann", " #ops ", "#ops"]}, ("#ops", "@ann")),
        ({"channel": 42}, ("42",)),
        ({"channel": "a,b"}, ("a,b",)),
        ({"channel": "", "roomId": ["x", ""]}, ("x",)),
        ({"channel": [], "roomId": None}, ()),
        ({"channel": [" ", None]}, ()),
        ({}, ()),
    ],
)
def test_named_destinations(payload: dict[str, Any], names: tuple[str, ...]) -> None:
    assert named_destinations(payload) == names


@pytest.mark.parametrize("value", [{"a": 1}, [["#a"]], True, [True], 1.5, [{}]])
def test_destinations_of_other_types_are_refused(value: Any) -> None:
    with pytest.raises(Refused) as caught:
        named_destinations({"channel": value})
    assert caught.value.wire()["error"] == "[invalid-channel]"


def test_the_integrations_channels_unless_the_body_may_name_others() -> None:
    fixed = an_integration(channel=("#a", "@ann", "#a"))
    assert destinations({"text": "hi", "channel": ""}, fixed) == ("#a", "@ann")
    for named in ({"channel": "#a"}, {"roomId": "x"}, {"channel": ["#b"]}):
        with pytest.raises(HookFailure) as caught:
            destinations(named, fixed)
        assert caught.value.wire() == {
            "success": False,
            "error": "overriding destination channel is disabled for this integration",
        }
    free = an_integration(channel=("#a",), override_destination=True)
    assert destinations({"channel": ["#b", "#a"]}, free) == ("#b", "#a")
    assert destinations({}, free) == ("#a",)


def test_no_destination_at_all() -> None:
    for integration in (None, an_integration(channel=())):
        with pytest.raises(Refused) as caught:
            destinations({"text": "hi"}, integration)
        assert caught.value.code == "invalid-channel"
    assert destinations({"channel": "#a"}) == ("#a",)


@given(payloads, st.lists(st.text(max_size=4)), st.booleans())
def test_destinations_are_each_named_once(
    payload: dict[str, Any], channel: list[str], override: bool
) -> None:
    integration = an_integration(channel=tuple(channel), override_destination=override)
    try:
        found = destinations(payload, integration)
    except HookroomError as refusal:
        assert refusal.status == 400  # noqa: PT017
        return
    assert found
    assert len(set(found)) == len(found)
    assert all(name == name.strip() != "" for name in found)
    if not override:
        assert set(found) <= {name.strip() for name in channel}


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("#general", Destination("#", "general")),
        ("@ann", Destination("@", "ann")),
        (" # general ", Destination("#", "general")),
        ("GENERAL", Destination("", "GENERAL")),
        ("##x", Destination("#", "#x")),
        ("a#b", Destination("", "a#b")),
    ],
)
def test_parse_destination(text: str, destination: Destination) -> None:
    assert parse_destination(text) == destination


@pytest.mark.parametrize("text", ["", " ", "#", "@ "])
def test_a_destination_has_a_name(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_destination(text)
    assert caught.value.code == "invalid-channel"

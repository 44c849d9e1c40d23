"""From a body to an integration and back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.values import AT, LATER, a_user, an_integration

from hookroom.rules.integration_fields import (
    changed_incoming,
    changed_outgoing,
    filled,
    has_script,
    new_incoming,
    new_outgoing,
    shown,
    split,
    target_room,
    trigger_words,
)
from hookroom.rules.model import Integration, ScriptError, User

ANN = a_user()
BOT = a_user(id="botId", username="bot", roles=("bot",))

INCOMING: dict[str, Any] = {
    "type": "webhook-incoming",
    "name": "deploys",
    "enabled": True,
    "username": "bot",
    "channel": "#general",
    "scriptEnabled": False,
}
OUTGOING: dict[str, Any] = {
    **INCOMING,
    "type": "webhook-outgoing",
    "event": "sendMessage",
    "urls": ["http://a", " ", ""],
}


def incoming(**fields: Any) -> Integration:
    body = {**INCOMING, **fields}
    return new_incoming(body, ("#general",), BOT, integration_id="id", token="made", by=ANN, at=AT)


def outgoing(**fields: Any) -> Integration:
    body = {**OUTGOING, **fields}
    return new_outgoing(body, ("#general",), BOT, integration_id="id", token="made", by=ANN, at=AT)


def updated(old: Integration, user: User | None = None, **fields: Any) -> Integration:
    if old.is_incoming:
        return changed_incoming(old, {**INCOMING, **fields}, ("#other",), user, by=ANN, at=LATER)
    return changed_outgoing(old, {**OUTGOING, **fields}, ("#other",), user or BOT, by=ANN, at=LATER)


def wire(integration: Integration) -> Any:
    return msgspec.json.decode(msgspec.json.encode(shown(integration)))


def test_a_new_incoming_integration() -> None:
    assert wire(incoming()) == {
        "_id": "id",
        "type": "webhook-incoming",
        "name": "deploys",
        "enabled": True,
        "username": "bot",
        "userId": "botId",
        "channel": ["#general"],
        "token": "made",
        "scriptEnabled": False,
        "scriptEngine": "isolated-vm",
        "skipTranspile": False,
        "overrideDestinationChannelEnabled": False,
        "_createdAt": AT,
        "_createdBy": {"_id": "annId", "username": "ann"},
        "_updatedAt": AT,
    }


def test_a_new_outgoing_integration() -> None:
    made = wire(outgoing())
    assert made["urls"] == ["http://a"]
    assert made["token"] == "made"
    assert "overrideDestinationChannelEnabled" not in made
    assert made.keys().isdisjoint({"retryCount", "retryDelay", "triggerWords", "targetRoom", "_updatedBy"})


@pytest.mark.parametrize("make", [incoming, outgoing])
def test_null_is_not_stored_but_blank_and_false_are(make: Any) -> None:
    names = {"alias": "", "avatar": "", "emoji": "", "script": "", "scriptEngine": ""}
    blank = wire(make(**names))
    assert {name: blank[name] for name in names} == names
    assert blank["avatarUrl"] == ""
    nothing = wire(make(**dict.fromkeys(names)))
    assert nothing.keys().isdisjoint({"alias", "avatar", "avatarUrl", "emoji", "script"})
    assert nothing["scriptEngine"] == "isolated-vm"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"token": "mine"}, {"token": "mine"}),
        ({"token": ""}, {"token": ""}),
        ({"token": None}, {"token": "made"}),
        ({"targetRoom": "#a", "targetChannel": "#b"}, {"targetRoom": "#a"}),
        ({"targetRoom": None, "targetChannel": "#b"}, {"targetRoom": "#b"}),
        ({"targetChannel": ""}, {"targetRoom": ""}),
        ({"triggerWords": " a b,, c ,"}, {"triggerWords": ["a b", "c"]}),
        ({"triggerWords": ["a,b", " ", " c"]}, {"triggerWords": ["a,b", " c"]}),
        ({"triggerWords": []}, {"triggerWords": []}),
        ({"triggerWords": ""}, {"triggerWords": []}),
        ({"triggerWords": None}, {"triggerWords": None}),
        ({"triggerWords": "a", "event": "roomJoined"}, {"triggerWords": None}),
        ({"runOnEdits": False, "impersonateUser": True}, {"runOnEdits": False, "impersonateUser": True}),
        ({"triggerWordAnywhere": None}, {"triggerWordAnywhere": None}),
        ({"retryCount": 2.9, "retryDelay": "X"}, {"retryCount": 2, "retryDelay": "X"}),
        ({"retryCount": 1e300}, {"retryCount": 2**31 - 1}),
        ({"retryCount": -1e300}, {"retryCount": -1}),
        ({"retryCount": None}, {"retryCount": None, "retryDelay": None}),
        ({"retryFailedCalls": True}, {"retryCount": 4, "retryDelay": "powers-of-ten"}),
        (
            {"retryFailedCalls": True, "retryCount": 0, "retryDelay": " "},
            {"retryCount": 4, "retryDelay": "powers-of-ten"},
        ),
        (
            {"retryFailedCalls": True, "retryCount": 7, "retryDelay": " Powers-Of-Two"},
            {"retryCount": 7, "retryDelay": "powers-of-two"},
        ),
        ({"skipTranspile": True}, {"skipTranspile": True}),
        ({"skipTranspile": None}, {"skipTranspile": False}),
    ],
)
def test_fields_of_an_outgoing_integration(sent: dict[str, Any], stored: dict[str, Any]) -> None:
    made = wire(outgoing(**sent))
    assert {name: made.get(name) for name in stored} == stored


def test_an_update_changes_only_what_is_sent() -> None:
    old = incoming(alias="a", avatar="b", emoji="c", script="d", overrideDestinationChannelEnabled=True)
    new = wire(updated(old, emoji="e"))
    assert new == {
        **wire(old),
        "channel": ["#other"],
        "emoji": "e",
        "_updatedAt": LATER,
        "_updatedBy": {"_id": "annId", "username": "ann"},
    }


def test_an_update_of_an_outgoing_integration_changes_only_what_is_sent() -> None:
    old = outgoing(
        alias="a",
        token="t",
        targetRoom="#x",
        triggerWords=["a"],
        runOnEdits=True,
        retryFailedCalls=True,
        retryCount=2,
        retryDelay="powers-of-two",
    )
    new = wire(updated(old))
    changed = {name for name in new if new[name] != wire(old).get(name)}
    assert changed == {"channel", "_updatedAt", "_updatedBy"}


def test_null_clears_a_field() -> None:
    old = incoming(alias="a", avatar="b")
    assert wire(updated(old, alias=None, avatar=None)).keys().isdisjoint({"alias", "avatar", "avatarUrl"})
    old = outgoing(triggerWords=["a"], targetRoom="#x")
    new = wire(updated(old, triggerWords=None, targetChannel=None))
    assert new.keys().isdisjoint({"triggerWords", "targetRoom"})


def test_skip_transpile_not_sent_means_false() -> None:
    for make in (incoming, outgoing):
        assert updated(make(skipTranspile=True)).skip_transpile is False


def test_an_incoming_integration_keeps_its_token_and_whom_it_posts_as() -> None:
    old = incoming()
    same = updated(old, token="stolen", username="somebody")
    assert (same.token, same.username, same.user_id) == ("made", "bot", "botId")
    other = updated(old, a_user(id="newId", username="new"))
    assert (other.username, other.user_id) == ("new", "newId")


def test_the_token_of_an_outgoing_integration_stays_unless_sent() -> None:
    assert updated(outgoing(token="t")).token == "t"
    assert updated(outgoing(token="t"), token="u").token == "u"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({}, False),
        ({"scriptEnabled": True}, False),
        ({"scriptEnabled": True, "script": " "}, False),
        ({"scriptEnabled": False, "script": "x"}, False),
        ({"scriptEnabled": True, "script": "x"}, True),
    ],
)
def test_without_a_script_its_compiled_form_goes(sent: dict[str, Any], kept: bool) -> None:
    old = msgspec.structs.replace(outgoing(script="x"), script_compiled="compiled")
    assert updated(old, **sent).script_compiled == ("compiled" if kept else None)


@pytest.mark.parametrize(
    ("enabled", "script", "expected"),
    [(True, "x", True), (True, " \n", False), (True, None, False), (False, "x", False)],
)
def test_has_script(enabled: bool, script: str | None, expected: bool) -> None:
    broken = ScriptError(name="SyntaxError", message="no")
    integration = an_integration(script_enabled=enabled, script=script, script_error=broken)
    assert has_script(integration) is expected


def test_target_room() -> None:
    assert target_room({}) is None


@given(st.text(alphabet="ab ,\t"))
def test_split_and_filled(text: str) -> None:
    parts = split(text)
    assert len(parts) == text.count(",") + 1
    assert all(part == part.strip() for part in parts)
    assert filled(parts) == tuple(part for part in parts if part) == trigger_words(text)

"""What an outgoing webhook tells its receiver."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.rules.values import AT, LATER, a_message, a_room, a_user, an_integration

from hookroom.rules.model import BotMark, Email, Message, Room, UserRef
from hookroom.rules.outgoing_payload import event_data, payload
from hookroom.rules.triggers import EVENTS

SITE = "https://chat.example"
ROOM = a_room(join_code="let-me-in", topic="all of it")
DIRECT = a_room(id="annbob", type="d", name=None, usernames=("ann", "bob"))
BOB = a_user(
    id="bobId",
    username="bob",
    name="Bob",
    emails=(Email(address="bob@example.com", verified=True),),
    settings={"preferences": {"x": 1}},
    require_password_change=True,
)
USER = {
    "_id": "bobId",
    "username": "bob",
    "name": "Bob",
    "type": "user",
    "active": True,
    "roles": ["user"],
    "status": "online",
    "createdAt": AT,
    "_updatedAt": AT,
}
ROOM_OBJECT = {
    "_id": "roomId",
    "t": "c",
    "name": "general",
    "ro": False,
    "topic": "all of it",
    "ts": AT,
    "_updatedAt": AT,
}
CHANNEL = {"channel_id": "roomId", "channel_name": "general"}
MESSAGE = {
    **CHANNEL,
    "bot": False,
    "message_id": "messageId",
    "timestamp": AT,
    "user_id": "annId",
    "user_name": "ann",
    "text": "hello",
}
SENT = {**MESSAGE, "siteUrl": SITE}
BY_BOB = {"user_id": "bobId", "user_name": "bob"}


def data_of(
    event: str, message: Message | None = None, room: Room | None = ROOM, **more: Any
) -> dict[str, Any]:
    return event_data(event, at=LATER, site_url=SITE, room=room, message=message, **more)


def test_send_message() -> None:
    assert data_of("sendMessage", a_message()) == SENT


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({"alias": "Deploys"}, {"alias": "Deploys"}),
        ({"alias": ""}, {}),
        ({"edited_at": LATER}, {"isEdited": True}),
        ({"thread_id": "parentId"}, {"tmid": "parentId"}),
        ({"bot": BotMark(integration_id="b" * 24)}, {"bot": True}),
        ({"bot": True}, {"bot": True}),
        ({"bot": False}, {"bot": False}),
    ],
)
def test_what_some_messages_have(fields: dict[str, Any], more: dict[str, Any]) -> None:
    assert data_of("sendMessage", a_message(**fields)) == {**SENT, **more}


def test_a_direct_room_has_no_name() -> None:
    data = data_of("sendMessage", a_message(), DIRECT)
    assert data["channel_id"] == "annbob"
    assert "channel_name" not in data


def test_file_uploaded() -> None:
    message = a_message(file={"_id": "f", "name": "a.txt"}, thread_id="parentId")
    assert data_of("fileUploaded", message, user=BOB) == {
        **MESSAGE,
        "tmid": "parentId",
        "user": USER,
        "room": ROOM_OBJECT,
        "message": {
            "_id": "messageId",
            "rid": "roomId",
            "msg": "hello",
            "ts": AT,
            "u": {"_id": "annId", "username": "ann", "name": "Ann"},
            "_updatedAt": AT,
            "tmid": "parentId",
            "file": {"_id": "f", "name": "a.txt"},
        },
    }


@pytest.mark.parametrize("event", ["messageEdited", "messageDeleted", "messageReacted"])
def test_events_of_a_message_name_its_author_and_who_did_it(event: str) -> None:
    message = a_message(edited_at=LATER, edited_by=UserRef(id="bobId"))
    reaction = ":eyes:" if event == "messageReacted" else None
    data = data_of(event, message, user=BOB, reaction=reaction)
    assert data.pop("message")["editedAt"] == LATER
    assert data.pop("reaction", None) == reaction
    assert data == {**SENT, "isEdited": True, "user": USER, "room": ROOM_OBJECT}


def test_room_created() -> None:
    assert data_of("roomCreated", user=BOB) == {
        **CHANNEL,
        **BY_BOB,
        "bot": False,
        "timestamp": AT,
        "owner": USER,
        "room": ROOM_OBJECT,
    }


@pytest.mark.parametrize("event", ["roomArchived", "roomUnarchived", "roomJoined", "roomLeft"])
def test_events_of_a_room(event: str) -> None:
    expected = {**CHANNEL, **BY_BOB, "bot": False, "timestamp": LATER, "user": USER, "room": ROOM_OBJECT}
    assert data_of(event, user=BOB) == expected
    bot = msgspec.structs.replace(BOB, type="bot")
    assert data_of(event, user=bot) == {**expected, "bot": True, "user": {**USER, "type": "bot"}}


@pytest.mark.parametrize(("event", "when"), [("userCreated", AT), ("userDeactivated", LATER)])
def test_events_of_a_user(event: str, when: str) -> None:
    expected = {**BY_BOB, "bot": False, "timestamp": when, "user": USER}
    assert data_of(event, room=None, user=BOB) == expected
    assert data_of(event, room=None, user=msgspec.structs.replace(BOB, type="bot"))["bot"] is True


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_every_event_is_json_without_secrets(event: str) -> None:
    data = data_of(event, a_message(), user=BOB, reaction=":eyes:")
    written = msgspec.json.encode(data)
    assert json.loads(written) == data
    for secret in (b"let-me-in", b"@example.com", b"preferences", b"services", b"outgoing-token"):
        assert secret not in written


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_an_event_needs_its_values(event: str) -> None:
    with pytest.raises(ValueError, match="needs a"):
        data_of(event, room=None)


def test_a_reaction_event_needs_the_reaction() -> None:
    with pytest.raises(ValueError, match="needs a reaction"):
        data_of("messageReacted", a_message(), user=BOB)


def test_an_unknown_event() -> None:
    with pytest.raises(ValueError, match="unknown event"):
        data_of("unknown", a_message(), user=BOB)


def test_payload_adds_what_is_the_integrations() -> None:
    data = data_of("sendMessage", a_message())
    before = dict(data)
    assert payload(an_integration(), data) == {"token": "outgoing-token", **SENT}
    body = payload(an_integration(), data, "hello")
    assert body == {"token": "outgoing-token", "trigger_word": "hello", **SENT}
    assert list(body)[:3] == ["token", "bot", "trigger_word"]
    assert data == before


def test_payload_adds_mails_only_when_given() -> None:
    mails = {"bobId": BOB.emails}
    for event, key in (("roomJoined", "user"), ("roomCreated", "owner")):
        data = data_of(event, user=BOB)
        assert payload(an_integration(), data)[key] == USER
        assert payload(an_integration(), data, emails={"annId": BOB.emails})[key] == USER
        assert payload(an_integration(), data, emails=mails)[key] == {
            **USER,
            "emails": [{"address": "bob@example.com", "verified": True}],
        }
        assert data[key] == USER
    assert payload(an_integration(), data_of("sendMessage", a_message()), emails=mails) == {
        "token": "outgoing-token",
        **SENT,
    }

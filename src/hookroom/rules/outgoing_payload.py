"""What an outgoing webhook tells its receiver (contract, section 4, "The request").

In two steps: ``event_data`` is made once per event and stored with it; ``payload`` adds what belongs to one
integration when its request is made, so that no token is stored with an event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec.json import decode, encode

from hookroom.rules.model import Email, Integration, Message, Room, User
from hookroom.rules.times import IsoTime

_T = TypeVar("_T")

_USER_SECRETS: Final = ("emails", "services", "settings", "requirePasswordChange")
_ROOM_SECRETS: Final = ("joinCode",)

_MESSAGE_EVENTS: Final = frozenset(
    {"sendMessage", "fileUploaded", "messageEdited", "messageDeleted", "messageReacted"}
)
_ROOM_EVENTS: Final = frozenset({"roomArchived", "roomUnarchived", "roomJoined", "roomLeft"})
_USER_EVENTS: Final = frozenset({"userCreated", "userDeactivated"})


def event_data(
    event: str,
    *,
    at: IsoTime,
    site_url: str,
    room: Room | None = None,
    message: Message | None = None,
    user: User | None = None,
    reaction: str | None = None,
) -> dict[str, Any]:
    """What ``payload`` needs of an event, ready for JSON: no secrets, no e-mails.

    ``at`` is when it happened. ``user`` is who did it: uploaded the file, created the room (its owner),
    joined, left or archived, edited, deleted or reacted; for events of users whom it happened to. In
    message events ``user_id`` and ``user_name`` are the author's. ``reaction`` is the emoji of
    ``messageReacted``. Raises ``ValueError`` for an unknown event or when a value that it needs is missing.
    """
    if event in _MESSAGE_EVENTS:
        return _message_data(
            event, _given(room, "room"), _given(message, "message"), user, site_url, reaction
        )
    if event in _USER_EVENTS:
        who = _given(user, "user")
        when = who.created_at if event == "userCreated" else at
        return {"bot": who.type == "bot", "timestamp": when, **_named(who), "user": _public_user(who)}
    who, where = _given(user, "user"), _given(room, "room")
    if event == "roomCreated":
        return {
            "bot": False,
            **_channel(where),
            "timestamp": where.created_at,
            **_named(who),
            "owner": _public_user(who),
            "room": _public_room(where),
        }
    if event not in _ROOM_EVENTS:
        raise ValueError(f"unknown event {event}")
    return {
        "bot": who.type == "bot",
        "timestamp": at,
        **_channel(where),
        **_named(who),
        "user": _public_user(who),
        "room": _public_room(where),
    }


def payload(
    integration: Integration,
    data: Mapping[str, Any],
    trigger_word: str | None = None,
    emails: Mapping[str, Sequence[Email]] | None = None,
) -> dict[str, Any]:
    """The JSON body of a request: the integration's token, and what ``event_data`` gave.

    ``emails`` by user id are added to the users in it; to be given only when the integration's creator may
    see them.
    """
    body: dict[str, Any] = {"token": integration.token, "bot": data["bot"]}
    if trigger_word:
        body["trigger_word"] = trigger_word
    body.update(data)
    if emails:
        for key in ("user", "owner"):
            if key in body and (known := emails.get(body[key]["_id"])):
                body[key] = {**body[key], "emails": _plain(known)}
    return body


def _message_data(
    event: str, room: Room, message: Message, user: User | None, site_url: str, reaction: str | None
) -> dict[str, Any]:
    author = message.user
    data: dict[str, Any] = {
        "bot": bool(message.bot),
        **_channel(room),
        "message_id": message.id,
        "timestamp": message.created_at,
        "user_id": author.id,
        "user_name": author.username,
        "text": message.text,
    }
    if event != "fileUploaded":
        data["siteUrl"] = site_url
    if message.alias:
        data["alias"] = message.alias
    if message.edited_at is not None:
        data["isEdited"] = True
    if message.thread_id is not None:
        data["tmid"] = message.thread_id
    if event == "sendMessage":
        return data
    data["user"] = _public_user(_given(user, "user"))
    data["room"] = _public_room(room)
    data["message"] = _plain(message)
    if event == "messageReacted":
        data["reaction"] = _given(reaction, "reaction")
    return data


def _channel(room: Room) -> dict[str, Any]:
    return (
        {"channel_id": room.id} if room.name is None else {"channel_id": room.id, "channel_name": room.name}
    )


def _named(user: User) -> dict[str, Any]:
    return {"user_id": user.id, "user_name": user.username}


def _public_user(user: User) -> dict[str, Any]:
    return _without(_plain(user), _USER_SECRETS)


def _public_room(room: Room) -> dict[str, Any]:
    return _without(_plain(room), _ROOM_SECRETS)


def _plain(value: object) -> Any:
    # Through JSON, so that data is the same before and after it was stored.
    return decode(encode(value))


def _without(value: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    for key in keys:
        value.pop(key, None)
    return value


def _given(value: _T | None, name: str) -> _T:
    if value is None:
        raise ValueError(f"the event needs a {name}")
    return value

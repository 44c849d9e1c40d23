"""Schemas of the endpoints of rooms: ``channels.*``, ``groups.*``, ``im.*``, ``rooms.*``, ``subscriptions.*``.

Where the original has a schema it is the original's; its other endpoints look at what they need themselves
and have texts of their own for what is missing, so that those schemas only see to the types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.validation import Schema

TEXT: Final = {"type": "string"}
FLAG: Final = {"type": "boolean"}
OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
OPTIONAL_FLAG: Final = {"type": "boolean", "nullable": True}
ANYTHING: Final[dict[str, Any]] = {}
"""For the endpoint itself to look at."""

_ID: Final = {"type": "string", "minLength": 1}
_ROOM: Final = {"roomId": TEXT, "roomName": TEXT}
_STATUS: Final[dict[str, Any]] = {"status": ANYTHING, "status[]": ANYTHING}
_PERSON: Final = {"userId": TEXT, "username": TEXT, "user": TEXT}


def strict(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    """An object of these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def loose(**properties: Any) -> Schema:
    """An object that may have these properties, and others."""
    return Schema({"type": "object", "properties": properties})


def either(one: str, other: str, required: Sequence[str] = (), **properties: Any) -> Schema:
    """An object with exactly one of two text properties, and these."""
    return Schema(
        {"oneOf": [strict([name, *required], **{name: TEXT}, **properties) for name in (one, other)]}
    )


def of_room(required: Sequence[str] = (), **properties: Any) -> Schema:
    """A room by ``roomId`` or ``roomName``, and these properties."""
    return either("roomId", "roomName", required, **properties)


ROOM: Final = of_room()
LOOSE_ROOM: Final = loose(**_ROOM)
ROOM_AND_PERSON: Final = loose(**_ROOM, **_PERSON)
ROOM_ID: Final = Schema(strict(["roomId"], roomId=TEXT))
PAGE: Final = loose(**PARAMETERS)
MEMBERS: Final = loose(**_ROOM, filter=TEXT, **_STATUS, **PARAMETERS)
COUNTERS: Final = loose(**_ROOM, userId=TEXT)
ONLINE: Final = loose(_id=TEXT, **PARAMETERS)

CREATE: Final = loose(
    name=TEXT,
    members=ANYTHING,
    readOnly=FLAG,
    excludeSelf=FLAG,
    customFields=ANYTHING,
    extraData=ANYTHING,
    teams=ANYTHING,
)
ADD_ALL: Final = of_room(activeUsersOnly=OPTIONAL_TEXT)
JOIN: Final = of_room(joinCode=OPTIONAL_TEXT)
KICK: Final = of_room((), **_PERSON)
INVITE: Final = loose(**_ROOM, **_PERSON, userIds=ANYTHING, usernames=ANYTHING)
SET_READ_ONLY: Final = of_room(["readOnly"], readOnly=FLAG)
SET_ANNOUNCEMENT: Final = of_room(["announcement"], announcement=TEXT)
SETTING: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        name: loose(**_ROOM, **{name: kind})
        for name, kind in {
            "name": TEXT,
            "topic": TEXT,
            "description": TEXT,
            "purpose": TEXT,
            "announcement": TEXT,
            "type": TEXT,
            "joinCode": TEXT,
            "readOnly": FLAG,
            "default": ANYTHING,
            "customFields": ANYTHING,
        }.items()
    }
)
"""Of the endpoints that change one thing, by what they change."""

LIST_CHANNELS: Final = Schema(strict((), _id={**_ID, "nullable": True}, **PARAMETERS))

DIRECT: Final = either("roomId", "username")
DIRECT_CREATE: Final = either("usernames", "username", excludeSelf=FLAG)
DIRECT_TOPIC: Final = Schema(strict(["roomId"], roomId=TEXT, topic=OPTIONAL_TEXT))
BLOCK: Final = Schema(strict(["roomId", "block"], roomId=TEXT, block=FLAG))
DIRECT_COUNTERS: Final = Schema(strict(["roomId"], roomId=TEXT, userId=OPTIONAL_TEXT))
DIRECT_MEMBERS: Final = either("roomId", "username", (), filter=TEXT, **_STATUS, **PARAMETERS)

NAME_EXISTS: Final = Schema(strict(["roomName"], roomName=TEXT))
ROOM_INFO: Final = loose(**_ROOM, fields=TEXT)
UPDATED_SINCE: Final = loose(updatedSince=TEXT)
FAVORITE: Final = loose(**_ROOM, favorite=FLAG)
SAVE_NOTIFICATION: Final = loose(roomId=TEXT, notifications={"type": "object"})
SAVE_SETTINGS: Final = loose(
    rid=TEXT,
    roomName=TEXT,
    roomTopic=TEXT,
    roomAnnouncement=ANYTHING,
    roomDescription=TEXT,
    roomCustomFields=ANYTHING,
    roomType=TEXT,
    readOnly=FLAG,
    reactWhenReadOnly=FLAG,
    systemMessages=ANYTHING,
    default=FLAG,
    joinCode=TEXT,
)
ARCHIVATION: Final = loose(rid=TEXT, action=TEXT)
MUTE: Final = Schema(
    {"oneOf": [strict([name, "roomId"], **{name: _ID}, roomId=_ID) for name in ("userId", "username")]}
)
IS_MEMBER: Final = Schema(
    {"oneOf": [strict([name, "roomId"], **{name: _ID}, roomId=_ID) for name in ("userId", "username")]}
)
ADMIN_ROOMS: Final = loose(filter=TEXT, types=ANYTHING, **PARAMETERS)
ADMIN_ROOM: Final = loose(rid=TEXT)
AUTOCOMPLETE: Final = loose(selector=TEXT, **PARAMETERS)
ROOM_ROLES: Final = Schema(strict(["rid"], rid=TEXT))
ORDERED_MEMBERS: Final = of_room((), filter=OPTIONAL_TEXT, **_STATUS, **PARAMETERS)
DELETE: Final = loose(roomId=TEXT)

CREATE_DISCUSSION: Final = loose(
    prid=OPTIONAL_TEXT,
    pmid=OPTIONAL_TEXT,
    t_name=OPTIONAL_TEXT,
    reply=OPTIONAL_TEXT,
    topic=OPTIONAL_TEXT,
    users=ANYTHING,
    encrypted=ANYTHING,
)
DISCUSSIONS: Final = loose(**_ROOM, **PARAMETERS)
OTHERS: Final = loose(roomId=TEXT, **PARAMETERS)

SUBSCRIPTION: Final = Schema(strict(["roomId"], roomId=_ID))
READ: Final = Schema(
    {"anyOf": [strict([name], **{name: _ID}, readThreads=OPTIONAL_FLAG) for name in ("rid", "roomId")]}
)
UNREAD: Final = Schema(
    {
        "anyOf": [
            strict(["roomId"], roomId=_ID),
            strict(["firstUnreadMessage"], firstUnreadMessage=strict(["_id"], _id=_ID)),
        ]
    }
)

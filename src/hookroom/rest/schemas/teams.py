"""Schemas of the endpoints of teams and of the links that let people into rooms.

Facts: the original's ``rest-typings`` (``v1/teams``), and the published description where it tells of more.
"""

from __future__ import annotations

from typing import Any, Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import ANYTHING, FLAG, OPTIONAL_TEXT, TEXT, either, loose, strict
from hookroom.rest.validation import Schema

_TYPE: Final = {"type": "number", "enum": [0, 1]}
_TEXTS: Final = {"type": "array", "items": TEXT}
_OPTIONAL_TEXTS: Final = {"type": "array", "items": TEXT, "nullable": True}
_MEMBER: Final = strict(["userId"], userId=TEXT, roles=_OPTIONAL_TEXTS)


def _of_team(*required: str, **properties: Any) -> Schema:
    """A team by ``teamId`` or ``teamName``, and these properties."""
    return either("teamId", "teamName", required, **properties)


CREATE: Final = Schema(
    strict(
        ["name", "type"],
        name=TEXT,
        type=_TYPE,
        members=_TEXTS,
        owner=OPTIONAL_TEXT,
        room={
            "type": "object",
            "nullable": True,
            "properties": {
                "id": TEXT,
                "name": TEXT,
                "members": _TEXTS,
                "readOnly": FLAG,
                "extraData": {
                    "type": "object",
                    "properties": {
                        "topic": TEXT,
                        "description": TEXT,
                        "announcement": TEXT,
                        "broadcast": FLAG,
                    },
                },
            },
        },
        sidepanel={
            "type": "object",
            "nullable": True,
            "properties": {
                "items": {
                    "type": "array",
                    "items": {"type": "string", "enum": ["channels", "discussions"]},
                    "maxItems": 2,
                    "uniqueItems": True,
                }
            },
        },
    )
)
UPDATE: Final = _of_team(
    "data",
    data={
        "type": "object",
        "properties": {"name": OPTIONAL_TEXT, "type": _TYPE, "updateRoom": FLAG},
        "additionalProperties": False,
        "anyOf": [{"required": ["name"]}, {"required": ["type"]}],
    },
)
TEAM: Final = _of_team()
REMOVE: Final = _of_team(roomsToRemove=_OPTIONAL_TEXTS)
ADD_MEMBERS: Final = _of_team("members", members={"type": "array", "items": _MEMBER, "minItems": 1})
UPDATE_MEMBER: Final = _of_team("member", member=_MEMBER)
REMOVE_MEMBER: Final = _of_team("userId", userId=TEXT, rooms=_OPTIONAL_TEXTS)
LEAVE: Final = _of_team(rooms=_OPTIONAL_TEXTS)
ADD_ROOMS: Final = _of_team("rooms", rooms=_TEXTS)
REMOVE_ROOM: Final = _of_team("roomId", roomId=TEXT)
UPDATE_ROOM: Final = Schema(strict(["roomId", "isDefault"], roomId=TEXT, isDefault=FLAG))

LIST: Final = loose(**PARAMETERS)
MEMBERS: Final = _of_team(name=TEXT, username=TEXT, status=ANYTHING, **{"status[]": ANYTHING}, **PARAMETERS)
LIST_ROOMS: Final = _of_team(filter=TEXT, type=TEXT, **PARAMETERS)
LIST_ROOMS_OF_USER: Final = _of_team("userId", userId=TEXT, canUserDelete=FLAG, **PARAMETERS)
_CHILDREN: Final[dict[str, Any]] = {
    "filter": TEXT,
    "type": {"type": "string", "enum": ["channels", "discussions", "channel", "discussion"]},
    **PARAMETERS,
}
LIST_CHILDREN: Final = Schema(
    {"oneOf": [strict([one], **{one: TEXT}, **_CHILDREN) for one in ("teamId", "teamName", "roomId")]}
)
AUTOCOMPLETE: Final = Schema(strict(["name"], name=TEXT))
OF_USER: Final = Schema(strict(["userId"], userId={"type": "string", "minLength": 1}))

CHANNEL_TO_TEAM: Final = either("channelId", "channelName")
GROUP_TO_TEAM: Final = either("roomId", "roomName")

INVITE: Final = Schema(
    strict(["rid", "days", "maxUses"], rid=TEXT, days={"type": "integer"}, maxUses={"type": "integer"})
)
TOKEN: Final = Schema(strict(["token"], token=TEXT))

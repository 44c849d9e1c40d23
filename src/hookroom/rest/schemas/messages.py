"""Schemas of ``chat.*`` and of the histories of rooms.

The order of properties is the order in which they are checked. Histories take ``roomName`` too where the
original's schemas forgot it.
"""

from __future__ import annotations

from typing import Any, Final

from hookroom.rest.validation import Schema

_TEXT: Final = {"type": "string"}
_ID: Final = {"type": "string", "minLength": 1}
_FLAG: Final = {"type": "boolean"}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_FLAG: Final = {"type": "boolean", "nullable": True}
_OPTIONAL_NUMBER: Final = {"type": "number", "nullable": True}
_OPTIONAL_OBJECT: Final = {"type": "object", "nullable": True}
_OPTIONAL_OBJECTS: Final = {"type": "array", "items": {"type": "object"}, "nullable": True}
_OPTIONAL_TEXTS: Final = {"type": "array", "items": {"type": "string"}, "nullable": True}
_PAGE: Final = {"count": _OPTIONAL_NUMBER, "offset": _OPTIONAL_NUMBER, "sort": _OPTIONAL_TEXT}
_TRUE_OR_FALSE: Final = {"type": "string", "enum": ["false", "true"]}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _posted_to(name: str) -> dict[str, Any]:
    return _object(
        [name],
        **{name: {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]}},
        text=_OPTIONAL_TEXT,
        alias=_OPTIONAL_TEXT,
        emoji=_OPTIONAL_TEXT,
        avatar=_OPTIONAL_TEXT,
        attachments=_OPTIONAL_OBJECTS,
        tmid=_TEXT,
        customFields=_OPTIONAL_OBJECT,
        parseUrls=_FLAG,
    )


POST: Final = Schema({"oneOf": [_posted_to("roomId"), _posted_to("channel")]})
"""The original's, except that it takes ``tmid`` only beside ``roomId``."""

SEND: Final = Schema(
    _object(
        ["message"],
        message={
            "type": "object",
            "properties": {
                "_id": _OPTIONAL_TEXT,
                "rid": _TEXT,
                "tmid": _OPTIONAL_TEXT,
                "msg": _OPTIONAL_TEXT,
                "alias": _OPTIONAL_TEXT,
                "emoji": _OPTIONAL_TEXT,
                "tshow": _OPTIONAL_FLAG,
                "avatar": _OPTIONAL_TEXT,
                "attachments": _OPTIONAL_OBJECTS,
                "blocks": _OPTIONAL_OBJECTS,
                "customFields": _OPTIONAL_OBJECT,
            },
        },
        previewUrls=_OPTIONAL_TEXTS,
    )
)
UPDATE: Final = Schema(
    _object(
        ["roomId", "msgId", "text"],
        roomId=_TEXT,
        msgId=_TEXT,
        text=_TEXT,
        previewUrls=_OPTIONAL_TEXTS,
        customFields=_OPTIONAL_OBJECT,
    )
)
DELETE: Final = Schema(_object(["msgId", "roomId"], msgId=_TEXT, roomId=_TEXT, asUser=_OPTIONAL_FLAG))
GET: Final = Schema(_object(["msgId"], msgId=_ID))
REACT: Final = Schema(
    {
        "oneOf": [
            _object([name, "messageId"], **{name: _TEXT}, messageId=_ID, shouldReact=_OPTIONAL_FLAG)
            for name in ("emoji", "reaction")
        ]
    }
)
STAR: Final = Schema(_object(["messageId"], messageId=_TEXT))
PIN: Final = Schema(_object(["messageId"], messageId=_ID))
FOLLOW: Final = Schema(_object(["mid"], mid=_ID))

OF_ROOM: Final = Schema(_object(["roomId"], roomId=_ID, **_PAGE))
"""Pinned, starred and mentioned messages."""

DELETED: Final = Schema(_object(["roomId", "since"], roomId=_ID, since=_ID, **_PAGE))
THREAD: Final = Schema(_object(["tmid"], tmid=_ID, **_PAGE))
THREADS: Final = Schema(
    _object(
        ["rid"],
        rid=_TEXT,
        type={"type": "string", "enum": ["following", "unread"], "nullable": True},
        text=_OPTIONAL_TEXT,
        offset=_OPTIONAL_NUMBER,
        count=_OPTIONAL_NUMBER,
        sort=_OPTIONAL_TEXT,
        query=_OPTIONAL_TEXT,
        fields=_OPTIONAL_TEXT,
    )
)
SYNC_THREADS: Final = Schema(
    _object(["rid", "updatedSince"], rid=_ID, updatedSince=_TEXT, sort=_OPTIONAL_TEXT, fields=_OPTIONAL_TEXT)
)
SYNC_THREAD: Final = Schema(_object(["tmid", "updatedSince"], tmid=_ID, updatedSince=_TEXT, **_PAGE))
DISCUSSIONS: Final = Schema(_object(["roomId"], roomId=_ID, text=_OPTIONAL_TEXT, **_PAGE))
IGNORE: Final = Schema(_object(["rid", "userId", "ignore"], rid=_ID, userId=_ID, ignore=_ID))
SYNC: Final = Schema(
    _object(
        ["roomId"],
        roomId=_TEXT,
        lastUpdate=_OPTIONAL_TEXT,
        count=_OPTIONAL_NUMBER,
        next=_OPTIONAL_TEXT,
        previous=_OPTIONAL_TEXT,
        type={"type": "string", "enum": ["UPDATED", "DELETED"], "nullable": True},
    )
)

HISTORY: Final = Schema(
    {
        "type": "object",
        "properties": {
            "roomId": _ID,
            "roomName": _ID,
            "username": _ID,
            "latest": _ID,
            "showThreadMessages": _TRUE_OR_FALSE,
            "oldest": _ID,
            "inclusive": _TRUE_OR_FALSE,
            "unreads": _TRUE_OR_FALSE,
            "count": _OPTIONAL_NUMBER,
            "offset": _OPTIONAL_NUMBER,
        },
    }
)
MESSAGES: Final = Schema(
    {
        "type": "object",
        "properties": {
            "roomId": _TEXT,
            "roomName": _TEXT,
            "username": _TEXT,
            "mentionIds": _TEXT,
            "starredIds": _TEXT,
            "pinned": _TEXT,
            **_PAGE,
            "query": _OPTIONAL_TEXT,
        },
        "additionalProperties": False,
    }
)

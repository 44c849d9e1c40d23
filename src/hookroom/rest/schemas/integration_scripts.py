"""Schemas of trying integrations out and of the upgrade check, which are both ours.

A try-out takes the fields of ``integrations.create``, all of them optional: those that are left out are the
stored integration's, or a draft's defaults.
"""

from __future__ import annotations

from typing import Any, Final

from hookroom.rest.validation import Schema

_TEXT: Final = {"type": "string"}
_ID: Final = {"type": "string", "minLength": 1, "maxLength": 64}
_FLAG: Final = {"type": "boolean"}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_WHOLE: Final = {"type": "integer", "nullable": True}
_TEXTS: Final = {"type": "array", "items": {"type": "string", "minLength": 1}}
_HEADERS: Final = {"type": "object", "additionalProperties": _TEXT}
_STATUS: Final = {"type": "integer", "minimum": 100, "maximum": 599}
_ANYTHING: Final[dict[str, Any]] = {}
"""A body: a text goes as it is, any other value as JSON."""
_PERSON: Final = {"type": "object", "properties": {"_id": _TEXT}, "required": ["_id"]}


def _object(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


_DRAFT: Final[dict[str, Any]] = {
    "type": {"type": "string", "enum": ["webhook-incoming", "webhook-outgoing"]},
    "name": _TEXT,
    "username": _TEXT,
    "channel": _TEXT,
    "alias": _OPTIONAL_TEXT,
    "avatar": _OPTIONAL_TEXT,
    "emoji": _OPTIONAL_TEXT,
    "scriptEnabled": _FLAG,
    "script": _OPTIONAL_TEXT,
    "skipTranspile": _FLAG,
    "scriptTimeLimit": _OPTIONAL_WHOLE,
    "scriptMemoryLimit": _OPTIONAL_WHOLE,
    "overrideDestinationChannelEnabled": _FLAG,
    "event": _TEXT,
    "urls": _TEXTS,
    "triggerWords": {**_TEXTS, "also": ["string"]},
    "triggerWordAnywhere": _FLAG,
    "targetRoom": _OPTIONAL_TEXT,
    "impersonateUser": _FLAG,
    "retryFailedCalls": _FLAG,
    "retryCount": {"type": "number", "nullable": True},
    "retryDelay": _OPTIONAL_TEXT,
}

TEST: Final = Schema(
    _object(
        integrationId=_ID,
        **_DRAFT,
        recorded=_ID,
        request=_object(
            method={"type": "string", "enum": ["POST"]}, headers=_HEADERS, query=_TEXT, body=_ANYTHING
        ),
        # Over the sample of the event: what an event says that the server itself reads must be of its type.
        data={
            "type": "object",
            "properties": {
                "bot": _FLAG,
                "channel_id": _TEXT,
                "user_id": _TEXT,
                "text": _TEXT,
                "tmid": _TEXT,
                "user": _PERSON,
                "owner": _PERSON,
            },
        },
        response=_object(status=_STATUS, headers=_HEADERS, body=_ANYTHING),
        fetches={
            "type": "array",
            "maxItems": 50,
            "items": _object(
                ["url"], url=_TEXT, method=_TEXT, status=_STATUS, headers=_HEADERS, body=_ANYTHING
            ),
        },
    )
)

CHECK_SCRIPTS: Final = Schema(
    _object(
        integrationIds={"type": "array", "items": _ID, "maxItems": 1000},
        names={"type": "array", "items": _TEXT, "maxItems": 1000},
        count={"type": "integer", "minimum": 1, "maximum": 100},
        offset={"type": "integer", "minimum": 0},
        apply=_FLAG,
    )
)

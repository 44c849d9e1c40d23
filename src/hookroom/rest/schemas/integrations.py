"""Schemas of the integrations endpoints and of the subscription hooks (contract, sections 1 to 3).

The order of properties matters: it is the order in which AJV checks them, so it decides which error is
reported first. Each ``type`` of integration is matched by a pattern without anchors, as the original does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hookroom.rest.schemas.integration_history import CLEAR_HISTORY, HISTORY, REPLAY_OUTGOING
from hookroom.rest.validation import Schema

_TEXT: Final = {"type": "string"}
_FLAG: Final = {"type": "boolean"}
_ID: Final = {"type": "string", "minLength": 1}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_FLAG: Final = {"type": "boolean", "nullable": True}
_OPTIONAL_NUMBER: Final = {"type": "number", "nullable": True}
_OPTIONAL_WHOLE: Final = {"type": "integer", "nullable": True}
_OPTIONAL_TEXTS: Final = {"type": "array", "items": {"type": "string", "minLength": 1}, "nullable": True}

_INCOMING: Final = {"type": "string", "pattern": "webhook-incoming"}
_OUTGOING: Final = {"type": "string", "pattern": "webhook-outgoing"}

_LOOKS: Final = {
    "name": _TEXT,
    "enabled": _FLAG,
    "alias": _OPTIONAL_TEXT,
    "avatar": _OPTIONAL_TEXT,
    "emoji": _OPTIONAL_TEXT,
}
_SCRIPT: Final = {
    "scriptEnabled": _FLAG,
    "script": _OPTIONAL_TEXT,
    "skipTranspile": _OPTIONAL_FLAG,
    "scriptEngine": _TEXT,
    # Of ours: milliseconds and megabytes.
    "scriptTimeLimit": _OPTIONAL_WHOLE,
    "scriptMemoryLimit": _OPTIONAL_WHOLE,
}
# Of ours: who may call, how often, and what proves it.
_CALLS: Final = {
    "verification": {"type": "object", "nullable": True},
    "allowedNetworks": {**_OPTIONAL_TEXTS, "also": ["string"]},
    "rateLimitCalls": _OPTIONAL_WHOLE,
    "rateLimitSeconds": _OPTIONAL_WHOLE,
    "idempotencyHours": _OPTIONAL_NUMBER,
}
_TRIGGERS: Final = {
    "username": _TEXT,
    "channel": _TEXT,
    "event": _TEXT,
    "targetRoom": _OPTIONAL_TEXT,
    # Another name of targetRoom, of ours.
    "targetChannel": _OPTIONAL_TEXT,
    "urls": _OPTIONAL_TEXTS,
    # Of ours too: one string of words with commas between them.
    "triggerWords": {**_OPTIONAL_TEXTS, "also": ["string"]},
    "triggerWordAnywhere": _OPTIONAL_FLAG,
    "token": _OPTIONAL_TEXT,
    **_SCRIPT,
    "runOnEdits": _OPTIONAL_FLAG,
    "retryFailedCalls": _OPTIONAL_FLAG,
    "retryCount": _OPTIONAL_NUMBER,
    "retryDelay": _OPTIONAL_TEXT,
    "impersonateUser": _OPTIONAL_FLAG,
    # Of ours: the way deliveries go, how they are signed, and whom they trust.
    "ordered": _OPTIONAL_FLAG,
    "concurrency": _OPTIONAL_WHOLE,
    "signing": _OPTIONAL_TEXT,
    "caCertificate": _OPTIONAL_TEXT,
    "allowSelfSigned": _OPTIONAL_FLAG,
    **_LOOKS,
}
_OUTGOING_REQUIRED: Final = ["type", "username", "channel", "event", "scriptEnabled", "name", "enabled"]

CREATE: Final = Schema(
    {
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "type": _INCOMING,
                    "username": _TEXT,
                    "channel": _TEXT,
                    "overrideDestinationChannelEnabled": _OPTIONAL_FLAG,
                    "template": _OPTIONAL_TEXT,
                    **_CALLS,
                    **_SCRIPT,
                    **_LOOKS,
                },
                "required": ["type", "username", "channel", "scriptEnabled", "name", "enabled"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"type": _OUTGOING, **_TRIGGERS},
                "required": _OUTGOING_REQUIRED,
                "additionalProperties": False,
            },
        ]
    }
)

UPDATE: Final = Schema(
    {
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "type": _INCOMING,
                    "integrationId": _TEXT,
                    "channel": _TEXT,
                    "overrideDestinationChannelEnabled": _OPTIONAL_FLAG,
                    **_CALLS,
                    **_SCRIPT,
                    **_LOOKS,
                },
                "required": ["integrationId", "type", "channel", "scriptEnabled", "name", "enabled"],
                "additionalProperties": True,
            },
            {
                "type": "object",
                "properties": {
                    "type": _OUTGOING,
                    "integrationId": _OPTIONAL_TEXT,
                    "target_url": _OPTIONAL_TEXT,
                    **_TRIGGERS,
                },
                "required": _OUTGOING_REQUIRED,
                "additionalProperties": False,
            },
        ]
    }
)

REMOVE: Final = Schema(
    {
        "type": "object",
        "oneOf": [
            {
                "type": "object",
                "properties": {"type": _INCOMING, "integrationId": _TEXT},
                "required": ["type", "integrationId"],
            },
            {
                "type": "object",
                "properties": {"type": _OUTGOING, "target_url": _TEXT},
                "required": ["type", "target_url"],
            },
            {
                "type": "object",
                "properties": {"type": _OUTGOING, "integrationId": _TEXT},
                "required": ["type", "integrationId"],
            },
        ],
    }
)

GET: Final = Schema(
    {
        "type": "object",
        "properties": {"integrationId": _TEXT, "createdBy": _OPTIONAL_TEXT},
        "required": ["integrationId"],
    }
)

LIST: Final = Schema(
    {
        "type": "object",
        "properties": {
            "count": {"type": ["number", "string"], "nullable": True},
            "offset": {"type": ["number", "string"], "nullable": True},
            "sort": _OPTIONAL_TEXT,
            "name": _OPTIONAL_TEXT,
            "type": _OPTIONAL_TEXT,
            "query": _OPTIONAL_TEXT,
            "fields": _OPTIONAL_TEXT,
        },
        "additionalProperties": False,
    }
)

HOOKS_ADD: Final = Schema(
    {
        "type": "object",
        "properties": {
            "event": {"type": "string", "enum": ["newMessageOnChannel", "newMessageToUser"]},
            "name": _TEXT,
            "target_url": _TEXT,
            "data": {
                "type": "object",
                "properties": {
                    "channel_name": _TEXT,
                    # A list of words is ours; the original takes one string.
                    "trigger_words": {
                        **_TEXT,
                        "also": ["array"],
                        "items": {"type": "string", "minLength": 1},
                    },
                    "username": _TEXT,
                },
            },
        },
        "required": ["event", "name", "target_url"],
        "additionalProperties": False,
    }
)

HOOKS_REMOVE: Final = Schema(
    {
        "type": "object",
        "properties": {"target_url": _TEXT},
        "required": ["target_url"],
        "additionalProperties": False,
    }
)

SCHEMAS: Final[Mapping[str, Schema]] = {
    "POST /api/v1/integrations.create": CREATE,
    "PUT /api/v1/integrations.update": UPDATE,
    "POST /api/v1/integrations.remove": REMOVE,
    "GET /api/v1/integrations.get": GET,
    "GET /api/v1/integrations.list": LIST,
    "GET /api/v1/integrations.history": HISTORY,
    "POST /api/v1/integrations.clearHistory": CLEAR_HISTORY,
    "POST /api/v1/integrations.replayOutgoing": REPLAY_OUTGOING,
    "POST /hooks/add": HOOKS_ADD,
    "POST /hooks/remove": HOOKS_REMOVE,
}
"""The schema of each endpoint: of the query where it is a GET, of the body otherwise."""

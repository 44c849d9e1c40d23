"""Schemas of the history of an incoming integration's calls. All of it is ours."""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

_ID: Final = {"type": "string", "minLength": 1, "maxLength": 64}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_NUMBER: Final = {"type": "number", "nullable": True}

CALLS: Final = Schema(
    {
        "type": "object",
        "properties": {
            "integrationId": _ID,
            "count": _OPTIONAL_NUMBER,
            "offset": _OPTIONAL_NUMBER,
            "fields": _OPTIONAL_TEXT,
            "state": _OPTIONAL_TEXT,
            "status": _OPTIONAL_TEXT,
            "from": _OPTIONAL_TEXT,
            "until": _OPTIONAL_TEXT,
            "text": _OPTIONAL_TEXT,
            "cursor": _OPTIONAL_TEXT,
            "callId": _OPTIONAL_TEXT,
        },
        "required": ["integrationId"],
        "additionalProperties": False,
    }
)

REPLAY_CALL: Final = Schema(
    {
        "type": "object",
        "properties": {"integrationId": _ID, "callId": _ID},
        "required": ["integrationId", "callId"],
        "additionalProperties": False,
    }
)

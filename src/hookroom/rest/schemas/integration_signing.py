"""Schemas of the keys that outgoing integrations sign with. All of it is ours."""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

_ID: Final = {"type": "string", "minLength": 1, "maxLength": 64}

SIGNING_KEYS: Final = Schema(
    {
        "type": "object",
        "properties": {"integrationId": _ID},
        "required": ["integrationId"],
        "additionalProperties": False,
    }
)

ROTATE: Final = Schema(
    {
        "type": "object",
        "properties": {
            "integrationId": _ID,
            # Null must stay null: as 0 it would end the old keys at once.
            "overlapHours": {"type": "number", "nullable": True, "minimum": 0, "maximum": 720},
            "key": {"type": "string", "nullable": True, "maxLength": 256},
        },
        "required": ["integrationId"],
        "additionalProperties": False,
    }
)

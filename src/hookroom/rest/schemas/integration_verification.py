"""Schemas of the secrets that calls of incoming integrations are verified with. All of it is ours."""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

_ID: Final = {"type": "string", "minLength": 1, "maxLength": 64}

SECRETS: Final = Schema(
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
            # Null must stay null: as 0 it would end the old secrets at once.
            "overlapHours": {"type": "number", "nullable": True, "minimum": 0, "maximum": 720},
            # How long it may be is for the scheme to say.
            "secret": {"type": "string", "nullable": True, "maxLength": 1024},
        },
        "required": ["integrationId"],
        "additionalProperties": False,
    }
)

"""Schemas of the changes that leave the rest of an integration alone. All of it is ours."""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

_ID: Final = {"type": "string", "minLength": 1, "maxLength": 64}

REGENERATE_TOKEN: Final = Schema(
    {
        "type": "object",
        "properties": {
            "integrationId": _ID,
            # Null must stay null: as 0 it would end the old token at once.
            "overlapHours": {"type": "number", "nullable": True, "minimum": 0, "maximum": 720},
        },
        "required": ["integrationId"],
        "additionalProperties": False,
    }
)

TRANSFER: Final = Schema(
    {
        "type": "object",
        "properties": {"integrationId": _ID, "username": {"type": "string", "minLength": 1}},
        "required": ["integrationId", "username"],
        "additionalProperties": False,
    }
)

SET_ENABLED: Final = Schema(
    {
        "type": "object",
        "properties": {"integrationId": _ID, "enabled": {"type": "boolean"}},
        "required": ["integrationId", "enabled"],
        "additionalProperties": False,
    }
)

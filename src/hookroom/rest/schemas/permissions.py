"""Schemas of ``permissions.*``."""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

LIST_ALL: Final = Schema(
    {
        "type": "object",
        "properties": {"updatedSince": {"type": "string", "nullable": True}},
        "additionalProperties": False,
    }
)

UPDATE: Final = Schema(
    {
        "type": "object",
        "properties": {
            "permissions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "_id": {"type": "string"},
                        "roles": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
                    },
                    "additionalProperties": False,
                    "required": ["_id", "roles"],
                },
            }
        },
        "required": ["permissions"],
        "additionalProperties": False,
    }
)

ROLE: Final = Schema(
    {
        "type": "object",
        "properties": {"permissionId": {"type": "string"}, "role": {"type": "string"}},
        "required": ["permissionId", "role"],
        "additionalProperties": False,
    }
)

"""Schemas of the settings endpoints."""

from __future__ import annotations

from typing import Final

from hookroom.rest import paging
from hookroom.rest.validation import Schema

LIST: Final = Schema(
    {
        "type": "object",
        "properties": {
            **paging.PARAMETERS,
            "includeDefaults": {"type": "boolean", "nullable": True},
        },
        "additionalProperties": False,
    }
)

PUBLIC: Final = Schema(
    {
        "type": "object",
        "properties": {**paging.PARAMETERS, "_id": {"type": "string", "nullable": True}},
        "additionalProperties": False,
    }
)

SET: Final = Schema({"type": "object", "properties": {"value": {}}, "required": ["value"]})

SET_MANY: Final = Schema(
    {
        "type": "object",
        "properties": {
            "settings": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"_id": {"type": "string"}, "value": {}},
                    "required": ["_id", "value"],
                },
            }
        },
        "required": ["settings"],
        "additionalProperties": False,
    }
)

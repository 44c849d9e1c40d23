"""Schemas of the endpoints of an outgoing integration's history (contract, sections 1 and 4).

Those of the original's endpoints keep its order of properties: it decides which error is reported first.
"""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

_ID: Final = {"type": "string", "minLength": 1}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_NUMBER: Final = {"type": "number", "nullable": True}

HISTORY: Final = Schema(
    {
        "type": "object",
        "properties": {
            "id": _ID,
            "offset": _OPTIONAL_NUMBER,
            "count": _OPTIONAL_NUMBER,
            "sort": _OPTIONAL_TEXT,
            "query": _OPTIONAL_TEXT,
            "fields": _OPTIONAL_TEXT,
            # Of ours: which entries, and where to go on.
            "state": _OPTIONAL_TEXT,
            "status": _OPTIONAL_TEXT,
            "from": _OPTIONAL_TEXT,
            "until": _OPTIONAL_TEXT,
            "text": _OPTIONAL_TEXT,
            "event": _OPTIONAL_TEXT,
            "cursor": _OPTIONAL_TEXT,
            "historyId": _OPTIONAL_TEXT,
        },
        "required": ["id"],
        "additionalProperties": False,
    }
)

CLEAR_HISTORY: Final = Schema(
    {
        "type": "object",
        "properties": {"integrationId": _ID},
        "required": ["integrationId"],
        "additionalProperties": False,
    }
)

REPLAY_OUTGOING: Final = Schema(
    {
        "type": "object",
        "properties": {"integrationId": _ID, "historyId": _ID},
        "required": ["integrationId", "historyId"],
        "additionalProperties": False,
    }
)

REPLAY_FAILED: Final = Schema(
    {
        "type": "object",
        "properties": {
            "integrationId": _ID,
            "since": _ID,
            "until": _OPTIONAL_TEXT,
            "state": _OPTIONAL_TEXT,
            "limit": {"type": "integer", "minimum": 1, "maximum": 10_000, "nullable": True},
            "cursor": _OPTIONAL_TEXT,
        },
        "required": ["integrationId", "since"],
        "additionalProperties": False,
    }
)
"""``since`` and ``until`` may be numbers as well: they are read as texts."""

"""Schemas of ``rooms.export`` and ``users.requestDataDownload``."""

from __future__ import annotations

from typing import Any, Final

from hookroom.rest.validation import Schema

_TEXT: Final = {"type": "string"}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_TEXTS: Final[dict[str, Any]] = {"type": "array", "items": _TEXT, "nullable": True}

EXPORT: Final = Schema(
    {
        "type": "object",
        "properties": {
            "rid": {"type": "string", "minLength": 1},
            "type": {"type": "string", "enum": ["file", "email"]},
            "format": _OPTIONAL_TEXT,
            "dateFrom": _OPTIONAL_TEXT,
            "dateTo": _OPTIONAL_TEXT,
            "toUsers": _OPTIONAL_TEXTS,
            "toEmails": _OPTIONAL_TEXTS,
            "additionalEmails": _OPTIONAL_TEXT,
            "subject": _OPTIONAL_TEXT,
            "messages": _OPTIONAL_TEXTS,
        },
        "required": ["rid", "type"],
    }
)
"""What belongs to the other type is passed over, as in the published example."""

OWN_DATA: Final = Schema(
    {"type": "object", "properties": {"fullExport": {"type": "boolean", "nullable": True}}}
)

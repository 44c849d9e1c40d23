"""Schema of ``method.call``: a message of the realtime protocol, as a text."""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

MESSAGE: Final = Schema(
    {
        "type": "object",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
        "additionalProperties": False,
    }
)

"""Schema of ``login``. Unknown properties are let through: clients send all sorts of hints along."""

from __future__ import annotations

from typing import Final

from hookroom.rest.validation import Schema

_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}

LOGIN: Final = Schema(
    {
        "type": "object",
        "properties": {
            "user": {
                "type": ["string", "object"],
                "nullable": True,
                "properties": {"username": _OPTIONAL_TEXT, "email": _OPTIONAL_TEXT},
            },
            "username": _OPTIONAL_TEXT,
            "email": _OPTIONAL_TEXT,
            "password": {
                "type": ["string", "object"],
                "nullable": True,
                "properties": {"digest": _OPTIONAL_TEXT, "algorithm": _OPTIONAL_TEXT},
            },
            "resume": _OPTIONAL_TEXT,
            "code": _OPTIONAL_TEXT,
        },
    }
)

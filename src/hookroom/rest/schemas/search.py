"""Schemas of what is searched: messages, people and rooms."""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import OPTIONAL_TEXT, TEXT, loose
from hookroom.rest.validation import Schema

MESSAGES: Final = loose(roomId=TEXT, searchText=TEXT, count=PARAMETERS["count"], offset=PARAMETERS["offset"])
SPOTLIGHT: Final = Schema(
    {
        "type": "object",
        "properties": {
            "query": TEXT,
            "usernames": OPTIONAL_TEXT,
            "type": {"type": "string", "enum": ["users", "rooms", ""], "nullable": True},
            "rid": OPTIONAL_TEXT,
        },
        "required": ["query"],
    }
)
DIRECTORY: Final = loose(text=OPTIONAL_TEXT, type=OPTIONAL_TEXT, workspace=OPTIONAL_TEXT, **PARAMETERS)

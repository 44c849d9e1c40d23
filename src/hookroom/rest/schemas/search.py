"""Schemas of what is searched (messages, people and rooms), cleaned and previewed."""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import OPTIONAL_FLAG, OPTIONAL_TEXT, TEXT, loose
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
CLEAN: Final = Schema(
    {
        "type": "object",
        "properties": {
            "roomId": TEXT,
            "roomName": TEXT,
            "latest": TEXT,
            "oldest": TEXT,
            "inclusive": OPTIONAL_FLAG,
            "excludePinned": OPTIONAL_FLAG,
            "filesOnly": OPTIONAL_FLAG,
            "users": {"type": "array", "items": TEXT, "nullable": True},
            "limit": {"type": "integer", "minimum": 0, "nullable": True},
            "ignoreDiscussion": OPTIONAL_FLAG,
            "ignoreThreads": OPTIONAL_FLAG,
        },
        "required": ["latest", "oldest"],
    }
)
PREVIEW: Final = Schema(
    {
        "type": "object",
        "properties": {
            "roomId": {"type": "string", "minLength": 1},
            "url": {"type": "string", "minLength": 1, "maxLength": 4096},
        },
        "required": ["roomId", "url"],
    }
)

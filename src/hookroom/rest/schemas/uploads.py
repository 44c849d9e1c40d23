"""Schemas of uploads, and of listings of files."""

from __future__ import annotations

from typing import Any, Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import ANYTHING, OPTIONAL_FLAG, OPTIONAL_TEXT, TEXT, loose
from hookroom.rest.validation import Schema

_WORDS: Final[dict[str, Any]] = {
    "msg": OPTIONAL_TEXT,
    "description": OPTIONAL_TEXT,
    "tmid": OPTIONAL_TEXT,
    "alias": OPTIONAL_TEXT,
    "avatar": OPTIONAL_TEXT,
    "emoji": OPTIONAL_TEXT,
    "groupable": OPTIONAL_FLAG,
    "customFields": ANYTHING,
}

UPLOAD: Final = loose(**_WORDS)
"""The text fields of a multipart body; the file is in ``file``."""

MEDIA: Final = loose()

CONFIRM: Final = loose(**_WORDS, fileName=OPTIONAL_TEXT)

_CHOICE: Final[dict[str, Any]] = {"name": OPTIONAL_TEXT, "typeGroup": OPTIONAL_TEXT, **PARAMETERS}

FILES: Final = loose(roomId=TEXT, roomName=TEXT, **_CHOICE)
DIRECT_FILES: Final = loose(roomId=TEXT, username=TEXT, **_CHOICE)
IMAGES: Final = Schema(
    {
        "type": "object",
        "properties": {"roomId": TEXT, "startingFromId": OPTIONAL_TEXT, **PARAMETERS},
        "required": ["roomId"],
    }
)

DELETE: Final = Schema({"type": "object", "properties": {"fileId": {"type": "string"}}})
"""In the body, as published, or in the query, as the original reads it."""

"""Schemas of ``emoji-custom.*``."""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import OPTIONAL_TEXT, TEXT, loose

LIST: Final = loose(
    query=OPTIONAL_TEXT, updatedSince=OPTIONAL_TEXT, _updatedAt=OPTIONAL_TEXT, _id=OPTIONAL_TEXT
)
ALL: Final = loose(name=OPTIONAL_TEXT, **PARAMETERS)
FORM: Final = loose(name=TEXT, aliases=TEXT, _id=TEXT)
"""The fields beside the file (``emoji``) of a multipart body."""

DELETE: Final = loose(emojiId=TEXT)

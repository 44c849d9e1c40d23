"""Schemas of ``custom-user-status.*``."""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import OPTIONAL_TEXT, TEXT, loose, strict
from hookroom.rest.validation import Schema

LIST: Final = Schema(
    strict(
        (),
        name=OPTIONAL_TEXT,
        _id=OPTIONAL_TEXT,
        **{name: PARAMETERS[name] for name in ("count", "offset", "sort", "query")},
    )
)
CREATE: Final = Schema(strict(["name"], name=TEXT, statusType=OPTIONAL_TEXT))
UPDATE: Final = Schema(strict(["_id", "name"], _id=TEXT, name=TEXT, statusType=OPTIONAL_TEXT))
DELETE: Final = loose(customUserStatusId=TEXT)

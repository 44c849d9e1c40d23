"""Schemas of ``commands.*``. What is missing has texts of its own, which the endpoints see to."""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import OPTIONAL_TEXT, TEXT, loose

GET: Final = loose(command=TEXT)
LIST: Final = loose(**PARAMETERS)
_RUN: Final = {
    "command": TEXT,
    "roomId": TEXT,
    "params": OPTIONAL_TEXT,
    "tmid": OPTIONAL_TEXT,
    "triggerId": OPTIONAL_TEXT,
}
RUN: Final = loose(**_RUN)
PREVIEW: Final = loose(command=TEXT, roomId=TEXT, params=OPTIONAL_TEXT)
RUN_PREVIEW: Final = loose(**_RUN, previewItem={"type": "object"})

"""Schemas of what is searched: messages, people and rooms."""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import TEXT, loose

MESSAGES: Final = loose(roomId=TEXT, searchText=TEXT, count=PARAMETERS["count"], offset=PARAMETERS["offset"])

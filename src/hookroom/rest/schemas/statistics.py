"""Schemas of the endpoints in which the server counts itself."""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.schemas.rooms import OPTIONAL_FLAG, loose, strict
from hookroom.rest.validation import Schema

STATISTICS: Final = Schema(strict((), refresh={"type": "string", "enum": ["true", "false"]}))
LIST: Final = loose(**PARAMETERS)
LICENSE: Final = Schema(strict((), loadValues=OPTIONAL_FLAG))

"""Schema of ``shield.svg``."""

from __future__ import annotations

from typing import Final

from hookroom.rest.schemas.rooms import TEXT, loose
from hookroom.rest.user_params import PARAMETERS

SHIELD: Final = loose(type=TEXT, icon=TEXT, channel=TEXT, name=TEXT, **PARAMETERS)

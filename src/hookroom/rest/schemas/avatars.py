"""Schemas of the endpoints of pictures of users."""

from __future__ import annotations

from typing import Final

from hookroom.rest.schemas.rooms import OPTIONAL_TEXT, TEXT, loose
from hookroom.rest.user_params import PARAMETERS

SET: Final = loose(avatarUrl=OPTIONAL_TEXT, service=OPTIONAL_TEXT, **PARAMETERS)
"""Of a JSON or form body; a multipart one has the picture in its field ``image``."""

OF_USER: Final = loose(**PARAMETERS)
PICTURE: Final = loose(format=TEXT, size={}, rc_uid=TEXT, rc_token=TEXT)

"""A picture that somebody set for themselves or for a room."""

from __future__ import annotations

from typing import Literal

from hookroom.rules.model import Value
from hookroom.rules.times import IsoTime

Origin = Literal["url", "rest"]
"""Fetched from an address, or sent."""


class Avatar(Value, frozen=True, kw_only=True):
    """Of ``subject`` (``user/<id>``, ``room/<id>``)."""

    subject: str
    type: str
    """Media type."""
    size: int
    """Bytes."""
    etag: str
    """Another one for each picture: it names the bytes in the storage of files, too."""
    origin: Origin
    updated_at: IsoTime


def of_user(user_id: str) -> str:
    """The subject of a user's picture."""
    return f"user/{user_id}"


def of_room(room_id: str) -> str:
    """The subject of a room's picture."""
    return f"room/{room_id}"

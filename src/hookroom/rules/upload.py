"""An uploaded file as the server keeps it."""

from __future__ import annotations

from msgspec import field

from hookroom.rules.export import Export
from hookroom.rules.model import Value
from hookroom.rules.times import IsoTime


class PictureSize(Value, frozen=True):
    """In pixels, as the picture is shown."""

    width: int
    height: int


class Identified(Value, frozen=True, kw_only=True):
    """What a picture's first bytes say: ``png``, ``jpeg``, ``gif`` or ``webp``, and its size."""

    format: str
    size: PictureSize | None = None


def place_of(user_id: str) -> str:
    """What stands in the place of its room for a file that only this user may have."""
    return f"@{user_id}"


class Upload(Value, frozen=True, kw_only=True):
    """One file. ``size`` is in bytes; ``complete`` once all of it is stored."""

    id: str = field(name="_id")
    name: str
    size: int
    type: str
    type_group: str = field(name="typeGroup")
    room_id: str = field(name="rid")
    user_id: str = field(name="userId")
    store: str
    identify: Identified | None = None
    complete: bool
    etag: str
    description: str | None = None
    export: Export | None = None
    """What it is to hold, of one that the server makes itself."""
    uploaded_at: IsoTime = field(name="uploadedAt")
    updated_at: IsoTime = field(name="_updatedAt")

    @property
    def is_personal(self) -> bool:
        """Whether it belongs to no room: only ``user_id`` may have it."""
        return self.room_id == place_of(self.user_id)

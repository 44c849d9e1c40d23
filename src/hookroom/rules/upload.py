"""An uploaded file as the server keeps it."""

from __future__ import annotations

from msgspec import field

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
    uploaded_at: IsoTime = field(name="uploadedAt")
    updated_at: IsoTime = field(name="_updatedAt")

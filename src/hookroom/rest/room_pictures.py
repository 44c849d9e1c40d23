"""The picture of a room among its settings (``rooms.saveRoomSettings``, ``roomAvatar``)."""

from __future__ import annotations

from typing import Final

from hookroom.errors import Refused
from hookroom.rest.call import Call
from hookroom.rules.model import Room
from hookroom.rules.picture import picture
from hookroom.uploads import avatars
from hookroom.uploads.fetched import decoded

_METHOD: Final = "saveRoomSettings"


async def checked(call: Call, room: Room, value: object) -> bytes | None:
    """The bytes of ``value``, a ``data:`` URL or base64; ``None`` where it is empty: the drawn picture.

    Raises ``Refused``: ``error-action-not-allowed`` without ``edit-room-avatar`` there, ``error-not-allowed``
    for a direct room, ``error-avatar-invalid-image``.
    """
    member = await call.ws.directory.subscription(room.id, call.user.id)
    avatars.check_may_change_room(call.ws, call.user, room, member)
    if value is None or value == "":
        return None
    data = decoded(value) if isinstance(value, str) else None
    if data is None or picture(data) is None:
        raise Refused("error-avatar-invalid-image", avatars.NOT_A_PICTURE, method=_METHOD)
    return data


async def save(call: Call, room: Room, data: bytes | None) -> None:
    """Set what ``checked`` answered."""
    await avatars.set_of_room(call.ws, call.services.files, call.user, room, data)

"""Pictures of users and rooms: setting one, going back to the drawn one."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms import system_messages
from hookroom.rooms.membership import current
from hookroom.rules.avatar import Avatar, Origin, of_room, of_user
from hookroom.rules.model import Room, Subscription, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import avatars, rooms, users
from hookroom.uploads.pictures import StoredPicture, storing
from hookroom.uploads.store import FileStore
from hookroom.workspace.workspace import Workspace, retrying

NOT_A_PICTURE: Final = "The picture must be a PNG, JPEG, GIF or WebP image"
EDIT_ROOM_AVATAR: Final = "edit-room-avatar"
_SAVE: Final = "saveRoomSettings"


async def set_of_user(ws: Workspace, store: FileStore, user: User, data: bytes, origin: Origin) -> User:
    """``data`` is the picture of ``user`` from now on; answers the user as they are now.

    Raises ``Refused``: ``error-avatar-invalid-image``, ``error-file-too-large``, ``error-invalid-user``.
    """
    refusal = Refused("error-avatar-invalid-image", NOT_A_PICTURE, method="users.setAvatar")
    async with storing(ws, store, user.id, data, refusal) as stored:
        return await _change_user(ws, user.id, stored, origin)


async def reset_of_user(ws: Workspace, user: User) -> User:
    """``user`` has the drawn picture again; answers the user as they are now."""
    return await _change_user(ws, user.id, None, "rest")


def check_may_change_room(ws: Workspace, actor: User, room: Room, member: Subscription | None) -> None:
    """Raises ``Refused``: ``error-action-not-allowed`` without ``edit-room-avatar`` in the room, and
    ``error-not-allowed`` for a direct one, whose picture is its members'.
    """
    if room.type == "d":
        raise Refused("error-not-allowed", "Not allowed", method=_SAVE)
    if not ws.authority.allows(EDIT_ROOM_AVATAR, actor, member):
        raise Refused(
            "error-action-not-allowed",
            "Editing a room avatar is not allowed",
            details={"method": _SAVE, "action": "Editing_room"},
        )


async def set_of_room(ws: Workspace, store: FileStore, actor: User, room: Room, data: bytes | None) -> Room:
    """``data`` is the picture of ``room`` from now on, ``None`` for the drawn one; answers the room.

    It needs ``edit-room-avatar`` there. Raises ``Refused``: ``error-invalid-room``, ``error-not-allowed``
    for a direct room, ``error-action-not-allowed``, ``error-avatar-invalid-image``, ``error-file-too-large``.
    """
    check_may_change_room(ws, actor, room, await ws.directory.subscription(room.id, actor.id))
    if data is None:
        return await _change_room(ws, actor, room, None)
    refusal = Refused("error-avatar-invalid-image", NOT_A_PICTURE, method=_SAVE)
    async with storing(ws, store, actor.id, data, refusal) as stored:
        return await _change_room(ws, actor, room, stored)


@retrying
async def _change_user(ws: Workspace, user_id: str, stored: StoredPicture | None, origin: Origin) -> User:
    old = await ws.directory.user(user_id)
    if old is None:
        raise Refused("error-invalid-user", "Invalid user", method="users.setAvatar")
    if stored is None and old.avatar_etag is None:
        return old
    changes = Changes()
    etag = _replace(ws, changes, of_user(old.id), old.avatar_etag, stored, origin)
    new = structs.replace(old, avatar_etag=etag, updated_at=ws.stamp(old.updated_at))
    users.update(changes, old, new)
    await ws.db.commit(changes)
    return new


@retrying
async def _change_room(ws: Workspace, actor: User, room: Room, stored: StoredPicture | None) -> Room:
    old = await current(ws, room, _SAVE)
    if stored is None and old.avatar_etag is None:
        return old
    changes = Changes()
    etag = _replace(ws, changes, of_room(old.id), old.avatar_etag, stored, "rest")
    new = structs.replace(old, avatar_etag=etag, updated_at=ws.stamp(old.updated_at))
    rooms.update(changes, old, new)
    system_messages.add(ws, changes, new, actor, "room_changed_avatar", "")
    await ws.db.commit(changes)
    return new


def _replace(
    ws: Workspace,
    changes: Changes,
    subject: str,
    old_etag: str | None,
    stored: StoredPicture | None,
    origin: Origin,
) -> str | None:
    avatars.forget(changes, subject, old_etag, ws.now())
    if stored is None:
        return None
    new = Avatar(
        subject=subject,
        type=stored.type,
        size=stored.size,
        etag=stored.file_id,
        origin=origin,
        updated_at=ws.stamp(),
    )
    avatars.put(changes, new, ws.now())
    return new.etag

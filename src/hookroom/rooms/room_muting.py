"""Muting members of a room, and letting single ones speak where only owners may."""

from __future__ import annotations

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms import system_messages
from hookroom.rooms.membership import current
from hookroom.rules.model import Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def mute(ws: Workspace, actor: User, user: User, room: Room) -> None:
    """``user`` may write in the room no more. Needs ``mute-user`` there.

    Raises ``Refused``: ``error-invalid-room``, ``error-not-allowed``, ``error-invalid-room-type`` (a direct
    room), ``error-user-not-in-room``.
    """
    method = "muteUserInRoom"
    old = await _check(ws, actor, user, room, method)
    muted = _with(old.muted, user.username)
    unmuted = _without(old.unmuted, user.username)
    await _write(ws, actor, user, old, muted, unmuted, "user-muted")


@retrying
async def unmute(ws: Workspace, actor: User, user: User, room: Room) -> None:
    """``user`` may write again, also in a room that is read-only. Raises as ``mute``."""
    method = "unmuteUserInRoom"
    old = await _check(ws, actor, user, room, method)
    muted = _without(old.muted, user.username)
    unmuted = _with(old.unmuted, user.username) if old.read_only else old.unmuted
    await _write(ws, actor, user, old, muted, unmuted, "user-unmuted")


async def _check(ws: Workspace, actor: User, user: User, room: Room, method: str) -> Room:
    room = await current(ws, room, method)
    own = await ws.directory.subscription(room.id, actor.id)
    if not ws.authority.allows("mute-user", actor, own):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    if room.type == "d":
        raise Refused(
            "error-invalid-room-type",
            f"{room.type} is not a valid room type",
            details={"method": method, "type": room.type},
        )
    if await ws.directory.subscription(room.id, user.id) is None:
        raise Refused("error-user-not-in-room", "User is not in this room", method=method)
    return room


async def _write(
    ws: Workspace,
    actor: User,
    user: User,
    old: Room,
    muted: tuple[str, ...] | None,
    unmuted: tuple[str, ...] | None,
    kind: str,
) -> None:
    stamp = ws.stamp(old.updated_at)
    new = structs.replace(old, muted=muted, unmuted=unmuted, updated_at=stamp)
    changes = Changes()
    rooms.update(changes, old, new)
    system_messages.add(ws, changes, new, actor, kind, user.username)
    await ws.db.commit(changes)


def _with(names: tuple[str, ...] | None, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(names or ()), name)))


def _without(names: tuple[str, ...] | None, name: str) -> tuple[str, ...] | None:
    return tuple(one for one in names or () if one != name) or None

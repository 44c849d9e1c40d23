"""Archiving rooms, bringing them back, and removing them for good."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms import system_messages, team_messages
from hookroom.rooms.membership import current
from hookroom.rules.model import Message, Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import invites, message_marks, messages, rooms, subscriptions, uploads
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace, retrying

_ERASE: Final = "eraseRoom"


@retrying
async def archive(ws: Workspace, actor: User, room: Room) -> None:
    """Close a room to new messages; nothing happens to one that is archived.

    Needs ``archive-room`` there. Raises ``Refused``: ``error-invalid-room``, ``error-direct-message-room``,
    ``error-not-authorized``.
    """
    await _set_archived(ws, actor, room, True, "archiveRoom")


@retrying
async def unarchive(ws: Workspace, actor: User, room: Room) -> None:
    """Open an archived room again. Needs ``unarchive-room``; raises as ``archive``."""
    await _set_archived(ws, actor, room, False, "unarchiveRoom")


@retrying
async def erase(ws: Workspace, actor: User, room: Room) -> None:
    """Remove a room with its messages, their files, its memberships and its discussions.

    Needs ``delete-c``, ``delete-p`` or ``delete-d`` there, and for a room of a team ``delete-team-channel`` or
    ``delete-team-group`` in its main room, which goes with the team alone. Raises ``Refused``:
    ``error-invalid-room``, ``error-not-allowed``, ``error-cannot-delete-team-channel``.
    """
    room = await current(ws, room, _ERASE)
    if room.team_main:
        raise Refused("error-cannot-delete-team-channel", "Cannot delete a team channel", method=_ERASE)
    await check_may_erase(ws, actor, room)
    changes = Changes()
    await team_messages.add(ws, changes, room, actor, "user-deleted-room-from-team")
    await remove_all(ws, changes, room)
    await ws.db.commit(changes)


async def check_may_erase(ws: Workspace, actor: User, room: Room) -> None:
    """Raises ``Refused`` (``error-not-allowed``) unless ``actor`` may remove that room, of a team or not."""
    member = await ws.directory.subscription(room.id, actor.id)
    may = ws.authority.allows(f"delete-{room.type}", actor, member)
    team = await ws.directory.team(room.team_id) if room.team_id is not None else None
    if may and team is not None and not room.team_main:
        own = await ws.directory.subscription(team.room_id, actor.id)
        kind = "channel" if room.type == "c" else "group"
        may = ws.authority.allows(f"delete-team-{kind}", actor, own)
    if not may:
        raise Refused("error-not-allowed", "Not allowed", method=_ERASE)


async def remove_all(ws: Workspace, changes: Changes, room: Room) -> frozenset[str]:
    """``remove`` with its discussions; answers the ids of all that goes.

    The message that stands for a discussion does so no longer.
    """
    gone = (*await rooms.of_parent(ws.db, room.id), room)
    for one in gone:
        remove(changes, one, ws.now())
    if room.parent_id is not None and (said := await messages.for_discussion(ws.db, room.id)) is not None:
        _forget_discussion(ws, changes, said)
    return frozenset(one.id for one in gone)


def remove(changes: Changes, room: Room, at: int) -> None:
    """Remove a room with all that is in it ``at`` (epoch milliseconds); nothing is checked."""
    rooms.delete(changes, room, at)
    subscriptions.delete_of_room(changes, room.id, at)
    messages.delete_of_room(changes, room.id)
    uploads.release_of_room(changes, room.id)
    invites.delete_of_room(changes, room.id)


def _forget_discussion(ws: Workspace, changes: Changes, old: Message) -> None:
    new = structs.replace(
        old,
        discussion_id=None,
        discussion_count=None,
        discussion_last_at=None,
        updated_at=ws.stamp(old.updated_at),
    )
    messages.update(changes, old, new)
    message_marks.remove(changes, old, "discussion", message_marks.NOBODY)


async def _set_archived(ws: Workspace, actor: User, room: Room, archived: bool, method: str) -> None:
    old = await current(ws, room, method)
    if old.type == "d":
        raise Refused(
            "error-direct-message-room", f"rooms type: {old.type} can not be archived", method=method
        )
    member = await ws.directory.subscription(old.id, actor.id)
    permission = "archive-room" if archived else "unarchive-room"
    if not ws.authority.allows(permission, actor, member):
        raise Refused("error-not-authorized", "Not authorized", method=method)
    if bool(old.archived) == archived:
        return
    new = structs.replace(old, archived=archived or None, updated_at=ws.stamp(old.updated_at))
    changes = Changes()
    rooms.update(changes, old, new)
    system_messages.add(ws, changes, new, actor, "room-archived" if archived else "room-unarchived", "")
    event = "roomArchived" if archived else "roomUnarchived"
    ws.observer.observe(Event(name=event, room=new, user=actor, at=ws.now()), changes)
    await ws.db.commit(changes)

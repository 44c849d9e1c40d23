"""Pins, which are the room's, and stars, which are everybody's own."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms import system_messages
from hookroom.rooms.access import may_see
from hookroom.rules.model import Message, User, UserRef
from hookroom.rules.times import millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_marks, messages
from hookroom.workspace.workspace import Workspace, retrying


async def pin(ws: Workspace, user: User, message: Message) -> Message:
    """Pin a message; answers the system message that says so, or the message itself if it was pinned.

    Raises ``Refused``: ``error-invalid-message``, ``error-action-not-allowed``, ``not-authorized``.
    """
    async with ws.turns.of([message.id]):
        return await _pin(ws, user, message.id)


async def unpin(ws: Workspace, user: User, message: Message) -> None:
    """Unpin a message. Raises as ``pin``; who is no member is told that there is no such message."""
    async with ws.turns.of([message.id]):
        await _unpin(ws, user, message.id)


async def star(ws: Workspace, user: User, message: Message, wanted: bool) -> None:
    """Put the user's star on a message or take it away; nothing happens for who is not in the room.

    Raises ``Refused``: ``error-action-not-allowed``, ``not-authorized``.
    """
    method = "starMessage"
    if not ws.settings["Message_AllowStarring"]:
        raise Refused(
            "error-action-not-allowed",
            "Message starring not allowed",
            details={"method": method, "action": "Message_starring"},
        )
    room = await ws.directory.room(message.room_id)
    if room is None or await ws.directory.subscription(room.id, user.id) is None:
        return
    if not await may_see(ws, user, room):
        raise Refused("not-authorized", "Not Authorized", method=method)
    changes = Changes()
    if wanted:
        message_marks.put(changes, message, "star", (user.id,), millis(message.created_at))
    else:
        message_marks.remove(changes, message, "star", user.id)
    await ws.db.commit(changes)


@retrying
async def _pin(ws: Workspace, user: User, message_id: str) -> Message:
    method = "pinMessage"
    old = await messages.by_id(ws.db, message_id)
    if old is None or old.type == "rm":
        raise _gone("Message you are pinning was not found", method)
    _check_switched_on(ws, method)
    room = await ws.directory.room(old.room_id)
    member = await ws.directory.subscription(old.room_id, user.id)
    if (
        room is None
        or not ws.authority.allows("pin-message", user, member)
        or not await may_see(ws, user, room)
    ):
        raise Refused("not-authorized", "Not Authorized", method=method)
    if old.pinned:
        return old
    stamp = ws.stamp(old.updated_at)
    by = UserRef(id=user.id, username=user.username)
    new = structs.replace(old, pinned=True, pinned_at=stamp, pinned_by=by, updated_at=stamp)
    changes = Changes()
    messages.update(changes, old, new)
    message_marks.put(changes, new, "pin", (message_marks.NOBODY,), millis(stamp))
    quoted = {
        "text": old.text,
        "author_name": old.user.username,
        "author_icon": f"/avatar/{old.user.username}",
        "ts": old.created_at,
        # What they quote themselves stays behind: pins of pins would nest without end.
        "attachments": [_without(one, "attachments") for one in old.attachments or ()],
    }
    said = system_messages.add(ws, changes, room, user, "message_pinned", "", attachments=[quoted])
    await ws.db.commit(changes)
    return said


@retrying
async def _unpin(ws: Workspace, user: User, message_id: str) -> None:
    method = "unpinMessage"
    _check_switched_on(ws, method)
    old = await messages.by_id(ws.db, message_id)
    room = await ws.directory.room(old.room_id) if old is not None else None
    member = await ws.directory.subscription(old.room_id, user.id) if old is not None else None
    if old is None or room is None or member is None:
        raise _gone("Message you are unpinning was not found", method)
    if not ws.authority.allows("pin-message", user, member) or not await may_see(ws, user, room):
        raise Refused("not-authorized", "Not Authorized", method=method)
    if not old.pinned:
        return
    changes = Changes()
    if ws.settings["Message_KeepHistory"]:
        messages.keep_version(changes, old)
    stamp = ws.stamp(old.updated_at)
    new = structs.replace(old, pinned=False, pinned_at=None, pinned_by=None, updated_at=stamp)
    messages.update(changes, old, new)
    message_marks.remove(changes, old, "pin", message_marks.NOBODY)
    await ws.db.commit(changes)


def _check_switched_on(ws: Workspace, method: str) -> None:
    if not ws.settings["Message_AllowPinning"]:
        raise Refused(
            "error-action-not-allowed",
            "Message pinning not allowed",
            details={"method": method, "action": "Message_pinning"},
        )


def _gone(reason: str, method: str) -> Refused:
    return Refused("error-invalid-message", reason, details={"method": method, "action": "Message_pinning"})


def _without(attachment: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in attachment.items() if name != key}

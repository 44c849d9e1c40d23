"""What a member does to a room in their own list: open and hide it, favour it, read it, mark it unread, and
how they are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.rules import notification_settings
from hookroom.rules.model import Subscription, User
from hookroom.rules.times import iso, millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, rooms, subscriptions
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def show(ws: Workspace, user: User, room_id: str) -> None:
    """Put a room back into the member's list; nothing happens to one that is there, or to who is none."""
    member = await ws.directory.subscription(room_id, user.id)
    if member is not None:
        await _change(ws, member, open=True)


@retrying
async def hide(ws: Workspace, user: User, room_id: str) -> None:
    """Take a room out of the member's list until somebody writes in it; it counts as read."""
    member = await ws.directory.subscription(room_id, user.id)
    if member is not None:
        await _change(ws, member, open=False, marked_unread=None, last_seen=ws.stamp())


@retrying
async def favor(ws: Workspace, user: User, room_id: str, favorite: bool) -> None:
    """Set the member's star. Raises ``Refused`` (``error-invalid-subscription``) for who is none."""
    member = await ws.directory.subscription(room_id, user.id)
    if member is None:
        raise Refused(
            "error-invalid-subscription", "You must be part of a room to favorite it", method="toggleFavorite"
        )
    await _change(ws, member, favorite=favorite)


@retrying
async def read(ws: Workspace, user: User, room_id: str) -> None:
    """The member has seen everything there is. Raises ``Failure`` (``error-invalid-subscription``)."""
    member = await ws.directory.subscription(room_id, user.id)
    if member is None:
        raise Failure("error-invalid-subscription")
    await _change(ws, member, open=True, marked_unread=None, last_seen=ws.stamp())


@retrying
async def save_notifications(ws: Workspace, user: User, room_id: str, fields: Mapping[str, object]) -> None:
    """Set how the member is told of the room, all of ``fields`` or none (``rules.notification_settings``).

    Raises ``Refused``: ``error-invalid-settings``, ``error-invalid-subscription``.
    """
    member = await ws.directory.subscription(room_id, user.id)
    kept: dict[str, Any] = dict((member.preferences if member else None) or {})
    for field, value in fields.items():
        kept = notification_settings.changed(kept, field, value)
    if member is None:
        raise Refused(
            "error-invalid-subscription", "Invalid subscription", method=notification_settings.METHOD
        )
    await _change(ws, member, preferences=kept or None)


@retrying
async def mark_room_unread(ws: Workspace, user: User, room_id: str) -> None:
    """The room's last message is unread again. Raises ``Refused`` (``error-action-not-allowed``)."""
    member = await ws.directory.subscription(room_id, user.id)
    last = (await rooms.activity(ws.db, room_id)).last_message_at
    if member is None or last is None:
        raise _not_allowed()
    await _change(ws, member, open=True, marked_unread=True, last_seen=iso(last - 1))


@retrying
async def mark_message_unread(ws: Workspace, user: User, message_id: str) -> None:
    """A message of somebody else and all after it are unread again; unread ones stay what they are.

    Raises ``Refused``: ``error-action-not-allowed``, ``error-subscription-not-found``.
    """
    message = await messages.by_id(ws.db, message_id)
    if message is None or message.user.id == user.id:
        raise _not_allowed()
    member = await ws.directory.subscription(message.room_id, user.id)
    if member is None:
        raise Refused("error-subscription-not-found", "Subscription not found", method="unreadMessages")
    if message.created_at <= (member.last_seen or member.created_at):
        before = iso(millis(message.created_at) - 1)
        await _change(ws, member, open=True, marked_unread=True, last_seen=before)


async def _change(ws: Workspace, old: Subscription, **fields: Any) -> None:
    new = structs.replace(old, **fields)
    if new == old:
        return
    changes = Changes()
    stamped = structs.replace(new, updated_at=ws.stamp(old.updated_at))
    subscriptions.update(changes, old, stamped)
    await ws.db.commit(changes)


def _not_allowed() -> Refused:
    return Refused(
        "error-action-not-allowed",
        "Not allowed",
        details={"method": "unreadMessages", "action": "Unread_messages"},
    )

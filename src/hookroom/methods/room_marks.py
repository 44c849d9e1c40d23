"""What a member does to a room in their own list."""

from __future__ import annotations

from typing import Any

from hookroom.messages import threads
from hookroom.methods import finding
from hookroom.methods.params import flag, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rooms import room_marks

methods = Methods("Rooms in one's list")


@methods.add("readMessages")
async def read_messages(call: MethodCall, room_id: Any, read_threads: Any = None) -> None:
    """Everything in a room is read, its threads too if asked; nothing happens to who is no member."""
    with_threads = flag(read_threads, "readThreads", default=False)
    room = await finding.seen_room(call, room_id)
    if await call.ws.directory.subscription(room.id, call.user.id) is None:
        return
    if with_threads:
        await threads.read_all(call.ws, call.user, room.id)
    await room_marks.read(call.ws, call.user, room.id)


@methods.add("readThreads")
async def read_threads(call: MethodCall, thread: Any) -> None:
    """The answers of a thread are read."""
    first = await finding.message(call, thread, "tmid")
    await finding.seen_room(call, first.room_id)
    await threads.read(call.ws, call.user, first)


@methods.add("saveNotificationSettings")
async def save_notification_settings(call: MethodCall, room_id: Any, field: Any, value: Any) -> bool:
    """Set one thing of how one is told of a room."""
    key, name = text(room_id, "roomId"), text(field, "field")
    await room_marks.save_notifications(call.ws, call.user, key, {name: value})
    return True


@methods.add("unreadMessages")
async def unread_messages(call: MethodCall, first_unread: Any = None, room_id: Any = None) -> None:
    """A message (``{_id}``) and all after it are unread again, or the last one of the room ``room_id``."""
    if first_unread is None:
        await room_marks.mark_room_unread(call.ws, call.user, text(room_id, "room"))
    else:
        message_id = text(record(first_unread, "firstUnreadMessage").get("_id"), "_id")
        await room_marks.mark_message_unread(call.ws, call.user, message_id)


@methods.add("openRoom")
async def open_room(call: MethodCall, room_id: Any) -> int:
    """Put a room back into one's list."""
    await room_marks.show(call.ws, call.user, text(room_id, "rid"))
    return 1


@methods.add("hideRoom")
async def hide_room(call: MethodCall, room_id: Any) -> int:
    """Take a room out of one's list until somebody writes in it."""
    await room_marks.hide(call.ws, call.user, text(room_id, "rid"))
    return 1


@methods.add("toggleFavorite")
async def toggle_favorite(call: MethodCall, room_id: Any, favorite: Any = None) -> int:
    """Give a room a star (``favorite``), or take it away; without ``favorite`` the other of the two."""
    key = text(room_id, "rid")
    member = await call.ws.directory.subscription(key, call.user.id)
    wanted = flag(favorite, "f", default=not (member is not None and member.favorite))
    await room_marks.favor(call.ws, call.user, key, wanted)
    return 1

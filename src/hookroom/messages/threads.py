"""Threads: answers to a message, which knows how many they are, when the last came, and who follows them."""

from __future__ import annotations

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms.access import may_see
from hookroom.rules.model import Message, Room, User
from hookroom.rules.times import millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_marks, messages
from hookroom.workspace.workspace import Workspace, retrying


async def beginning_of(ws: Workspace, room: Room, message_id: str) -> Message:
    """The message that began the thread which an answer to ``message_id`` in ``room`` belongs to.

    Threads do not nest: an answer to an answer is one to the first message. Raises ``Refused``: threads are
    switched off (``error-not-allowed``), or there is no such message in that room (``error-invalid-message``).
    """
    if not ws.settings["Threads_enabled"]:
        raise Refused("error-not-allowed", "not-allowed", method="sendMessage")
    found = await messages.by_id(ws.db, message_id)
    if found is not None and found.thread_id is not None:
        found = await messages.by_id(ws.db, found.thread_id)
    if found is None or found.room_id != room.id:
        raise Refused("error-invalid-message", "Invalid message", method="sendMessage")
    return found


def answered(ws: Workspace, first: Message, room: Room, answer: Message) -> Message:
    """``first`` with one more answer: its author, those it mentions and the author of the first follow."""
    followers = dict.fromkeys(first.replies or ())
    if not first.replies:
        followers[first.user.id] = None
        if room.type == "d":
            followers.update(dict.fromkeys(room.user_ids or ()))
    followers.update({one["_id"]: None for one in answer.mentions or () if one.get("type") == "user"})
    followers[answer.user.id] = None
    return structs.replace(
        first,
        thread_count=(first.thread_count or 0) + 1,
        thread_last_at=answer.created_at,
        replies=list(followers),
        updated_at=ws.stamp(first.updated_at),
    )


def put_answered(changes: Changes, old: Message, new: Message) -> None:
    """Write what ``answered`` gave."""
    messages.update(changes, old, new)
    at = millis(new.thread_last_at or new.updated_at)
    message_marks.put(changes, new, "thread", (message_marks.NOBODY,), at)
    known = set(old.replies or ())
    message_marks.put(changes, new, "follow", (one for one in new.replies or () if one not in known), at)


def put_one_less(ws: Workspace, changes: Changes, first: Message) -> None:
    """An answer of the thread of ``first`` goes; without any it is a message like others again."""
    count = max((first.thread_count or 0) - 1, 0)
    new = structs.replace(first, thread_count=count or None, updated_at=ws.stamp(first.updated_at))
    if not count:
        new = structs.replace(new, thread_last_at=None)
        message_marks.remove(changes, first, "thread", message_marks.NOBODY)
    messages.update(changes, first, new)


async def follow(ws: Workspace, user: User, message_id: str) -> None:
    """``user`` follows the thread that the message is of. Raises as ``unfollow``."""
    await _set_following(ws, user, message_id, True, "followMessage")


async def unfollow(ws: Workspace, user: User, message_id: str) -> None:
    """``user`` follows it no longer.

    Raises ``Refused``: ``error-not-allowed`` (threads are off, or they may not see the room),
    ``error-invalid-message``.
    """
    await _set_following(ws, user, message_id, False, "unfollowMessage")


async def _set_following(ws: Workspace, user: User, message_id: str, wanted: bool, method: str) -> None:
    if not ws.settings["Threads_enabled"]:
        raise Refused("error-not-allowed", "not-allowed", method=method)
    message = await messages.by_id(ws.db, message_id)
    if message is None:
        raise Refused("error-invalid-message", "Invalid message", method=method)
    room = await ws.directory.room(message.room_id)
    if room is None or not await may_see(ws, user, room):
        raise Refused("error-not-allowed", "not-allowed", method=method)
    first_id = message.thread_id or message.id
    async with ws.turns.of([first_id]):
        await _write_following(ws, user, first_id, wanted)


@retrying
async def _write_following(ws: Workspace, user: User, first_id: str, wanted: bool) -> None:
    first = await messages.by_id(ws.db, first_id)
    if first is None or wanted is (user.id in (first.replies or ())):
        return
    followers = [one for one in first.replies or () if one != user.id]
    if wanted:
        followers.append(user.id)
    changes = Changes()
    new = structs.replace(first, replies=followers, updated_at=ws.stamp(first.updated_at))
    messages.update(changes, first, new)
    if wanted:
        message_marks.put(changes, new, "follow", (user.id,), ws.now())
    else:
        message_marks.remove(changes, new, "follow", user.id)
    await ws.db.commit(changes)

"""Threads: answers to a message, which knows how many they are, when the last came, and who follows them.

A thread is unread for a follower until they answer it themselves or look at it: the mark of a follower has the
time of the last answer that they have seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms.access import may_see
from hookroom.rules.model import Message, Room, User
from hookroom.rules.times import millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_marks, messages, removals, subscriptions
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


def put_answered(changes: Changes, old: Message, new: Message, author: User) -> None:
    """Write what ``answered`` gave; ``author``, who answered, has seen it."""
    messages.update(changes, old, new)
    at = millis(new.thread_last_at or new.updated_at)
    message_marks.put(changes, new, "thread", (message_marks.NOBODY,), at)
    known = {*(old.replies or ()), author.id}
    others = (one for one in new.replies or () if one not in known)
    message_marks.put(changes, new, "follow", others, at - 1)
    message_marks.put(changes, new, "follow", (author.id,), at)
    if not old.thread_count:
        removals.forget(changes, "thread", new.id)


def put_one_less(ws: Workspace, changes: Changes, first: Message) -> None:
    """An answer of the thread of ``first`` goes; without any it is a message like others again."""
    count = max((first.thread_count or 0) - 1, 0)
    new = structs.replace(first, thread_count=count or None, updated_at=ws.stamp(first.updated_at))
    if not count:
        new = structs.replace(new, thread_last_at=None)
        message_marks.remove(changes, first, "thread", message_marks.NOBODY)
        removals.add(changes, "thread", first.id, ws.now(), scope=first.room_id)
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


async def unread(ws: Workspace, user: User, room_id: str) -> Sequence[str]:
    """Ids of the threads of a room that ``user`` follows and whose last answer they have not seen."""
    return [thread for thread, _ in await message_marks.unread_threads(ws.db, room_id, user.id)]


async def read_all(ws: Workspace, user: User, room_id: str) -> None:
    """``user`` has seen all answers of the threads that they follow in a room."""
    changes = Changes()
    for thread, at in await message_marks.unread_threads(ws.db, room_id, user.id):
        message_marks.see_thread(changes, thread, user.id, at)
    if changes.steps:
        changes.touch("member", subscriptions.member_key(room_id, user.id))
        await ws.db.commit(changes)


async def read(ws: Workspace, user: User, first: Message) -> None:
    """``user`` has seen the answers of the thread of ``first``, if they follow it."""
    if first.thread_last_at is None:
        return
    changes = Changes()
    message_marks.see_thread(changes, first.id, user.id, millis(first.thread_last_at))
    changes.touch("member", subscriptions.member_key(first.room_id, user.id))
    await ws.db.commit(changes)


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

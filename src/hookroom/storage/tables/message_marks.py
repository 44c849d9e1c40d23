"""Marks on messages, by which they are looked for: mentions, stars, pins, threads and who follows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from hookroom.rules.model import Message
from hookroom.rules.times import millis
from hookroom.storage.database import Database
from hookroom.storage.statement import Append, Changes, Statement

Kind = Literal["mention", "star", "pin", "thread", "follow", "discussion", "discussion-of"]
"""``mention``, ``star`` and ``follow`` are a user's; the others are the room's.

``follow`` has the time of the last answer that its user has seen. ``discussion`` is on the message that stands for
one, ``discussion-of`` too, but under the discussion's own room.
"""

NOBODY: Final = ""
"""The user of a mark that is the room's."""

_APPEND: Final = Append(
    "message_marks",
    {"message_id": "text", "kind": "text", "user_id": "text", "room_id": "text", "created_at": "bigint"},
)
_PUT: Final = Statement(
    "INSERT INTO message_marks (message_id, kind, user_id, room_id, created_at)"
    " VALUES (:message_id, :kind, :user_id, :room_id, :created_at)"
    " ON CONFLICT (message_id, kind, user_id) DO UPDATE SET created_at = excluded.created_at"
)
_UNREAD_THREADS: Final = Statement(
    "SELECT f.message_id, k.created_at FROM message_marks f JOIN message_marks k"
    " ON k.message_id = f.message_id AND k.kind = 'thread' AND k.user_id = ''"
    " WHERE f.room_id = :room_id AND f.kind = 'follow' AND f.user_id = :user_id AND k.created_at > f.created_at"
    " ORDER BY k.created_at, f.message_id"
)
_SEEN_THREAD: Final = Statement(
    "UPDATE message_marks SET created_at = :at WHERE message_id = :message_id AND kind = 'follow'"
    " AND user_id = :user_id AND created_at < :at"
)
_REMOVE: Final = Statement(
    "DELETE FROM message_marks WHERE message_id = :message_id AND kind = :kind AND user_id = :user_id"
)
_REMOVE_KIND: Final = Statement("DELETE FROM message_marks WHERE message_id = :message_id AND kind = :kind")
_REMOVE_ALL: Final = Statement("DELETE FROM message_marks WHERE message_id = :message_id")
_REMOVE_OF_ROOM: Final = Statement("DELETE FROM message_marks WHERE room_id = :room_id")


def add_mentions(changes: Changes, message: Message) -> None:
    """Whom a new message mentions, groups included. Commutes."""
    at = millis(message.created_at)
    for user_id in {mention["_id"] for mention in message.mentions or ()}:
        changes.append(
            _APPEND,
            message_id=message.id,
            kind="mention",
            user_id=user_id,
            room_id=message.room_id,
            created_at=at,
        )


def change_mentions(changes: Changes, message: Message) -> None:
    """Whom a changed message mentions now."""
    changes.run(_REMOVE_KIND, message_id=message.id, kind="mention")
    add_mentions(changes, message)


def put(changes: Changes, message: Message, kind: Kind, user_ids: Iterable[str], at: int) -> None:
    """Set marks, ``at`` (epoch milliseconds) if they are there already too."""
    for user_id in user_ids:
        changes.run(
            _PUT, message_id=message.id, kind=kind, user_id=user_id, room_id=message.room_id, created_at=at
        )


def add_discussion(changes: Changes, message: Message, discussion_id: str) -> None:
    """A new message stands for the discussion that is the room ``discussion_id``."""
    at = millis(message.created_at)
    for kind, room_id in (("discussion", message.room_id), ("discussion-of", discussion_id)):
        changes.append(
            _APPEND, message_id=message.id, kind=kind, user_id=NOBODY, room_id=room_id, created_at=at
        )


def see_thread(changes: Changes, message_id: str, user_id: str, at: int) -> None:
    """A follower has seen the answers of a thread until ``at`` (epoch milliseconds)."""
    changes.run(_SEEN_THREAD, message_id=message_id, user_id=user_id, at=at)


async def unread_threads(db: Database, room_id: str, user_id: str) -> Sequence[tuple[str, int]]:
    """The threads of a room that a user follows and whose last answer they have not seen, with its time."""
    rows = await db.fetch(_UNREAD_THREADS, room_id=room_id, user_id=user_id)
    return [(row[0], row[1]) for row in rows]


def remove(changes: Changes, message: Message, kind: Kind, user_id: str) -> None:
    """Take a mark away, if it is there."""
    changes.run(_REMOVE, message_id=message.id, kind=kind, user_id=user_id)


def remove_all(changes: Changes, message_id: str) -> None:
    """The message is gone."""
    changes.run(_REMOVE_ALL, message_id=message_id)


def remove_of_room(changes: Changes, room_id: str) -> None:
    """The room is gone."""
    changes.run(_REMOVE_OF_ROOM, room_id=room_id)

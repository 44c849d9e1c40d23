"""Marks on messages, by which they are looked for: mentions, stars, pins, threads and who follows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from hookroom.rules.model import Message
from hookroom.rules.times import millis
from hookroom.storage.statement import Append, Changes, Statement

Kind = Literal["mention", "star", "pin", "thread", "follow"]
"""``mention``, ``star`` and ``follow`` are a user's; ``pin`` and ``thread`` are the room's."""

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


def remove(changes: Changes, message: Message, kind: Kind, user_id: str) -> None:
    """Take a mark away, if it is there."""
    changes.run(_REMOVE, message_id=message.id, kind=kind, user_id=user_id)


def remove_all(changes: Changes, message_id: str) -> None:
    """The message is gone."""
    changes.run(_REMOVE_ALL, message_id=message_id)


def remove_of_room(changes: Changes, room_id: str) -> None:
    """The room is gone."""
    changes.run(_REMOVE_OF_ROOM, room_id=room_id)

"""Emoji that the server has of its own, and their names. Their pictures are in the storage of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.emoji import CustomEmoji
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import removals, uploads

_decode: Final = msgspec.json.Decoder(CustomEmoji).decode

_INSERT: Final = Statement(
    "INSERT INTO custom_emojis (id, created_at, updated_at, doc) VALUES (:id, :updated_at, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE custom_emojis SET updated_at = :updated_at, doc = :doc WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM custom_emojis WHERE id = :id AND updated_at = :seen")
_NAME: Final = Statement("INSERT INTO custom_emoji_names (name_key, emoji_id) VALUES (:name_key, :emoji_id)")
_NO_NAMES: Final = Statement("DELETE FROM custom_emoji_names WHERE emoji_id = :emoji_id")
_ALL: Final = Statement("SELECT doc FROM custom_emojis ORDER BY created_at, id")
_BY_ID: Final = Statement("SELECT doc FROM custom_emojis WHERE id = :id")
_BY_NAME: Final = Statement(
    "SELECT e.doc FROM custom_emoji_names n JOIN custom_emojis e ON e.id = n.emoji_id"
    " WHERE n.name_key = :name_key"
)


def insert(changes: Changes, emoji: CustomEmoji, now: int) -> None:
    """A new emoji. Conflict: ``custom_emoji_names_pk`` (a name is taken)."""
    changes.run(_INSERT, **_columns(emoji))
    _names(changes, emoji)
    uploads.hand_over(changes, emoji.etag, now)


def update(changes: Changes, old: CustomEmoji, new: CustomEmoji, now: int) -> None:
    """Put ``new`` in the place of ``old``, whose picture goes if it has another; ``Stale``, Conflict as above."""
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **_columns(new))
    if new.names != old.names:
        changes.run(_NO_NAMES, emoji_id=old.id)
        _names(changes, new)
    if new.etag != old.etag:
        uploads.hand_over(changes, new.etag, now)
        uploads.discard(changes, old.etag, now)


def delete(changes: Changes, emoji: CustomEmoji, now: int) -> None:
    """Remove it with its names and its picture; ``Stale`` when it is another by now."""
    changes.run(_DELETE, expect=1, id=emoji.id, seen=millis(emoji.updated_at))
    changes.run(_NO_NAMES, emoji_id=emoji.id)
    uploads.discard(changes, emoji.etag, now)
    removals.add(changes, "emoji", emoji.id, now)


async def everything(db: Database) -> Sequence[CustomEmoji]:
    """All of them, oldest first: a server has some hundreds at most."""
    return [_decode(row[0]) for row in await db.fetch(_ALL)]


async def by_id(db: Database, emoji_id: str) -> CustomEmoji | None:
    """The emoji with that id."""
    row = await fetch_one(db, _BY_ID, id=emoji_id)
    return _decode(row[0]) if row else None


async def by_name(db: Database, name: str) -> CustomEmoji | None:
    """The emoji of that name, or that other name."""
    row = await fetch_one(db, _BY_NAME, name_key=name.lower())
    return _decode(row[0]) if row else None


def _names(changes: Changes, emoji: CustomEmoji) -> None:
    for name in emoji.names:
        changes.run(_NAME, name_key=name, emoji_id=emoji.id)


def _columns(emoji: CustomEmoji) -> dict[str, Any]:
    return {
        "id": emoji.id,
        "updated_at": millis(emoji.updated_at),
        "doc": msgspec.json.encode(emoji).decode(),
    }

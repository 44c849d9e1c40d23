"""Exports: files that the server makes for a user, among the uploads.

    claimed -> under way -> made -> expired
                ^     |
        taken over   silent: whoever made it has not been heard of

A row that is under way has no size yet; its ``updated_at`` says when its maker was last heard of, and guards every
write of theirs: whoever was taken over finds ``Stale``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.export import OWN_DATA_GROUP, ROOM_GROUP
from hookroom.rules.times import millis
from hookroom.rules.upload import Upload, place_of
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables.uploads import searchable

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Upload).decode

_UNDER_WAY: Final = "size = 0 AND expires_at > :now"
# Two nodes that are asked at once: the second waits for the first, and then sees its row.
_LOCK_USER: Final = Statement("UPDATE users SET updated_at = updated_at WHERE id = :user_id")
_CLAIM: Final = Statement(
    "INSERT INTO uploads"
    " (id, room_id, user_id, message_id, type_group, search, size, expires_at, created_at, updated_at, doc)"
    " SELECT :id, :room_id, :user_id, NULL, :type_group, :search, 0, :expires_at, :created_at, :updated_at, :doc"
    " FROM users WHERE id = :user_id AND (SELECT count(*) FROM uploads"
    f" WHERE room_id = :room_id AND type_group = :type_group AND {_UNDER_WAY}) < :most"
)
_GUARD: Final = f"WHERE id = :id AND updated_at = :seen AND {_UNDER_WAY}"
_PUT: Final = Statement(f"UPDATE uploads SET updated_at = :updated_at, doc = :doc {_GUARD}")
_MADE: Final = Statement(
    "UPDATE uploads SET size = :size, expires_at = :expires_at, updated_at = :updated_at, doc = :doc"
    f" {_GUARD}"
)
_GIVE_UP: Final = Statement(f"UPDATE uploads SET expires_at = 0 {_GUARD}")
_OWN: Final = Statement(
    f"SELECT doc FROM uploads WHERE room_id = :room_id AND type_group = '{OWN_DATA_GROUP}'"
    " AND created_at > :after AND expires_at > :now ORDER BY created_at DESC, id LIMIT :count"
)
_SILENT: Final = Statement(
    f"SELECT doc FROM uploads WHERE type_group IN ('{ROOM_GROUP}', '{OWN_DATA_GROUP}')"
    f" AND updated_at < :silent_since AND {_UNDER_WAY} ORDER BY created_at, id LIMIT :count"
)
_RECENT: Final = 20


def claim(changes: Changes, upload: Upload, expires_at: int, now: int, *, most: int) -> None:
    """A new one is under way; ``Stale`` where its user has ``most`` of its kind already, or is gone."""
    changes.run(_LOCK_USER, user_id=upload.user_id)
    changes.run(
        _CLAIM,
        expect=1,
        id=upload.id,
        room_id=upload.room_id,
        user_id=upload.user_id,
        type_group=upload.type_group,
        search=searchable(upload.name),
        expires_at=expires_at,
        created_at=millis(upload.uploaded_at),
        updated_at=millis(upload.updated_at),
        doc=_encode(upload).decode(),
        now=now,
        most=most,
    )


def put(changes: Changes, old: Upload, new: Upload, now: int) -> None:
    """It is still being made: ``new`` says since when. ``Stale``: no longer by whoever has ``old``."""
    changes.run(_PUT, expect=1, **_guarded(old, new), now=now)


def made(changes: Changes, old: Upload, new: Upload, expires_at: int, now: int) -> None:
    """It is made, and may be downloaded until ``expires_at``. ``Stale`` as above."""
    changes.run(_MADE, expect=1, size=new.size, expires_at=expires_at, **_guarded(old, new), now=now)


def give_up(changes: Changes, old: Upload, now: int) -> None:
    """It will not be made; nothing happens where somebody else makes it by now."""
    changes.run(_GIVE_UP, id=old.id, seen=millis(old.updated_at), now=now)
    changes.touch("upload", old.id)


async def own_data(db: Database, user_id: str, after: int, now: int) -> Sequence[Upload]:
    """Exports of all of a user that were asked for later than ``after``, made or not, the newest first."""
    rows = await db.fetch(_OWN, room_id=place_of(user_id), after=after, now=now, count=_RECENT)
    return [_decode(row[0]) for row in rows]


async def silent(db: Database, silent_since: int, now: int, count: int) -> Sequence[Upload]:
    """Those under way whose makers were not heard of since then, the oldest first, at most ``count``."""
    rows = await db.fetch(_SILENT, silent_since=silent_since, now=now, count=count)
    return [_decode(row[0]) for row in rows]


def _guarded(old: Upload, new: Upload) -> dict[str, Any]:
    return {
        "id": old.id,
        "seen": millis(old.updated_at),
        "updated_at": millis(new.updated_at),
        "doc": _encode(new).decode(),
    }

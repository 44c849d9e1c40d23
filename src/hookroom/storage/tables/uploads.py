"""Uploaded files: what is known of each, whose message it is, and when what nobody needs is removed.

A row is there before the first byte of its file is stored, and goes after the last one is removed: whatever
lies in the storage has a row that says so, also when a server dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from hookroom.rules.times import iso, millis
from hookroom.rules.upload import Upload
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Append, Changes, Statement

TOUCHED: Final = "upload"
"""The kind of touch that says: there is something to remove."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Upload).decode

_APPEND: Final = Append(
    "uploads",
    {
        "id": "text",
        "room_id": "text",
        "user_id": "text",
        "message_id": "text",
        "type_group": "text",
        "search": "text",
        "size": "bigint",
        "expires_at": "bigint",
        "created_at": "bigint",
        "updated_at": "bigint",
        "doc": "text",
    },
)
_WAITING: Final = "WHERE id = :id AND message_id IS NULL AND expires_at > :now"
_STORED: Final = Statement(
    f"UPDATE uploads SET size = :size, updated_at = :updated_at, doc = :doc {_WAITING}"
)
_POSTED: Final = Statement(
    "UPDATE uploads SET message_id = :message_id, expires_at = NULL, search = :search, size = :size,"
    f" updated_at = :updated_at, doc = :doc {_WAITING}"
)
_OVER: Final = 0
_ABANDON: Final = Statement(f"UPDATE uploads SET expires_at = {_OVER} WHERE id = :id AND message_id IS NULL")
_RELEASE: Final = Statement(
    f"UPDATE uploads SET expires_at = {_OVER} WHERE id = :id AND message_id = :message_id"
)
_RELEASE_ROOM: Final = Statement(f"UPDATE uploads SET expires_at = {_OVER} WHERE room_id = :room_id")
_RELEASE_LOST: Final = Statement(
    f"UPDATE uploads SET expires_at = {_OVER} WHERE id = :id AND expires_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = uploads.message_id)"
)
_DELETE: Final = Statement("DELETE FROM uploads WHERE id = :id AND expires_at <= :now")
_HAND_OVER: Final = Statement(f"DELETE FROM uploads {_WAITING}")
_ONE: Final = Statement(
    "SELECT u.doc, u.message_id, u.expires_at, m.id FROM uploads u"
    " LEFT JOIN messages m ON m.id = u.message_id WHERE u.id = :id"
)
_EXPIRED: Final = Statement(
    "SELECT id FROM uploads WHERE expires_at <= :now ORDER BY expires_at, id LIMIT :count"
)
_WALK: Final = Statement(
    "SELECT u.id, m.id FROM uploads u LEFT JOIN messages m ON m.id = u.message_id"
    " WHERE u.id > :after AND u.expires_at IS NULL ORDER BY u.id LIMIT :count"
)


class StoredUpload(NamedTuple):
    """A file and its state. It waits for its message until ``expires_at`` (epoch milliseconds).

    ``posted``: it belongs to a message, and that is still there.
    """

    upload: Upload
    message_id: str | None
    expires_at: int | None
    posted: bool

    def is_there(self, now: int) -> bool:
        """Whether it can be downloaded: all of it is stored, and nobody has given it up."""
        waits = self.expires_at is not None and self.expires_at > now
        return self.upload.complete and (self.posted if self.expires_at is None else waits)


def searchable(name: str) -> str:
    """The form of a name in which a part of one is looked for, and by which files are sorted."""
    return name.casefold()


def claim(changes: Changes, upload: Upload, expires_at: int) -> None:
    """Something of this file is about to be stored; unless a message takes it, it goes at ``expires_at``."""
    changes.append(
        _APPEND,
        id=upload.id,
        room_id=upload.room_id,
        user_id=upload.user_id,
        message_id=None,
        type_group=upload.type_group,
        search=searchable(upload.name),
        size=upload.size,
        expires_at=expires_at,
        created_at=millis(upload.uploaded_at),
        updated_at=millis(upload.updated_at),
        doc=_encode(upload).decode(),
    )


def put_stored(changes: Changes, upload: Upload, now: int) -> None:
    """All of it is stored. ``Stale`` when it has expired."""
    changes.run(_STORED, expect=1, id=upload.id, now=now, **_columns(upload))


def put_posted(changes: Changes, upload: Upload, message_id: str, now: int) -> None:
    """It is that message's. ``Stale`` when it has expired, or is another's already."""
    changes.run(
        _POSTED,
        expect=1,
        id=upload.id,
        now=now,
        message_id=message_id,
        search=searchable(upload.name),
        **_columns(upload),
    )


def abandon(changes: Changes, file_id: str) -> None:
    """No message will take it."""
    changes.run(_ABANDON, id=file_id)
    changes.touch(TOUCHED, file_id)


def release(changes: Changes, message_id: str, files: Sequence[dict[str, Any]] | None) -> None:
    """A message goes, or shows its ``files`` no longer: they are removed."""
    for file in files or ():
        changes.run(_RELEASE, id=file["_id"], message_id=message_id)
        changes.touch(TOUCHED, file["_id"])


def release_of_room(changes: Changes, room_id: str) -> None:
    """A room goes with all its files."""
    changes.run(_RELEASE_ROOM, room_id=room_id)
    changes.touch(TOUCHED, room_id)


def release_lost(changes: Changes, file_id: str) -> None:
    """Its message is gone, and nobody said so."""
    changes.run(_RELEASE_LOST, id=file_id)


def hand_over(changes: Changes, file_id: str, now: int) -> None:
    """A row of another table names it from now on, and this one no longer. ``Stale`` when it has expired."""
    changes.run(_HAND_OVER, expect=1, id=file_id, now=now)


def discard(changes: Changes, file_id: str, now: int) -> None:
    """No other table names it any longer: it is removed."""
    at = iso(now)
    nobodys = Upload(
        id=file_id,
        name="",
        size=0,
        type="",
        type_group="",
        room_id="",
        user_id="",
        store="",
        complete=False,
        etag="",
        uploaded_at=at,
        updated_at=at,
    )
    claim(changes, nobodys, _OVER)
    changes.touch(TOUCHED, file_id)


def delete(changes: Changes, file_id: str, now: int) -> None:
    """Forget a file that expired by ``now``: nothing of it is stored any more."""
    changes.run(_DELETE, id=file_id, now=now)


async def by_id(db: Database, file_id: str) -> StoredUpload | None:
    """The file with that id."""
    row = await fetch_one(db, _ONE, id=file_id)
    return StoredUpload(_decode(row[0]), row[1], row[2], row[3] is not None) if row else None


async def expired(db: Database, now: int, count: int) -> Sequence[str]:
    """Ids of files that are to be removed, at most ``count``."""
    return [row[0] for row in await db.fetch(_EXPIRED, now=now, count=count)]


async def walk(db: Database, after: str, count: int) -> Sequence[tuple[str, bool]]:
    """Files of messages by id, after that one: each with whether its message is there."""
    return [(row[0], row[1] is not None) for row in await db.fetch(_WALK, after=after, count=count)]


def _columns(upload: Upload) -> dict[str, Any]:
    return {
        "size": upload.size,
        "updated_at": millis(upload.updated_at),
        "doc": _encode(upload).decode(),
    }

"""Pictures of users and rooms. Their bytes are in the storage of files, and go when nothing names them."""

from __future__ import annotations

from typing import Final

import msgspec

from hookroom.rules.avatar import Avatar
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import uploads

_decode: Final = msgspec.json.Decoder(Avatar).decode

_PUT: Final = Statement("INSERT INTO avatars (subject, updated_at, doc) VALUES (:subject, :updated_at, :doc)")
_DELETE: Final = Statement("DELETE FROM avatars WHERE subject = :subject")
_ONE: Final = Statement("SELECT doc FROM avatars WHERE subject = :subject")


def put(changes: Changes, new: Avatar, now: int) -> None:
    """The picture of ``new.subject``, which has none (``forget``); its file is no upload that waits any longer.

    What shows its ``etag`` is written with it, guarded.
    """
    changes.run(
        _PUT,
        subject=new.subject,
        updated_at=millis(new.updated_at),
        doc=msgspec.json.encode(new).decode(),
    )
    uploads.hand_over(changes, new.etag, now)


def forget(changes: Changes, subject: str, etag: str | None, now: int) -> None:
    """The picture of ``subject`` goes (``etag`` is what the user or room says of it, ``None``: there is none)."""
    if etag is not None:
        changes.run(_DELETE, subject=subject)
        uploads.discard(changes, etag, now)


async def of(db: Database, subject: str) -> Avatar | None:
    """The picture of a user or a room (``rules.avatar``), if one was set."""
    row = await fetch_one(db, _ONE, subject=subject)
    return _decode(row[0]) if row else None

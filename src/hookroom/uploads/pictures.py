"""Small pictures that people set: of themselves, of rooms, of emoji. Kept in memory until they are stored.

They are what their first bytes say, whatever their sender claims; SVG is none of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog
from msgspec import Struct

from hookroom.errors import HookroomError, Refused
from hookroom.rules.ids import random_id
from hookroom.rules.picture import picture
from hookroom.rules.upload import Upload
from hookroom.storage.statement import Changes
from hookroom.storage.tables import uploads
from hookroom.uploads.receiving import EXPIRES_MS
from hookroom.uploads.store import FileStore
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

MAX_BYTES: Final = 5 * 1024 * 1024
"""Of one such picture; less where ``FileUpload_MaxFileSize`` is less."""


class StoredPicture(Struct, frozen=True, kw_only=True):
    """A picture in the storage that nothing names yet; whoever does calls ``tables.uploads.hand_over``."""

    file_id: str
    format: str
    """``png``, ``jpeg``, ``gif`` or ``webp``."""
    size: int
    """Bytes."""

    @property
    def type(self) -> str:
        """Its media type."""
        return f"image/{self.format}"


def largest(ws: Workspace) -> int:
    """Most bytes of a picture."""
    limit: int = ws.settings["FileUpload_MaxFileSize"]
    return min(limit, MAX_BYTES) if limit >= 0 else MAX_BYTES


async def gathered(ws: Workspace, chunks: AsyncIterator[bytes]) -> bytes:
    """All of ``chunks``. Raises ``Refused`` (``error-file-too-large``) once they are over ``largest``."""
    limit = largest(ws)
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        parts.append(chunk)
    return b"".join(parts)


@contextlib.asynccontextmanager
async def storing(
    ws: Workspace, store: FileStore, user_id: str, data: bytes, not_one: Refused
) -> AsyncIterator[StoredPicture]:
    """Store ``data``; in the block it is named. Whatever goes wrong there, nothing of it stays.

    Raises ``not_one`` for what is no picture, ``Refused`` (``error-file-too-large``) and ``StoreFailed``.
    """
    seen = picture(data)
    if seen is None:
        raise not_one
    if len(data) > largest(ws):
        raise too_large(largest(ws))
    stored = StoredPicture(file_id=random_id(), format=seen.format, size=len(data))
    await _claim(ws, store, user_id, stored)
    try:
        await store.put(stored.file_id, _one(data))
        yield stored
    except Exception:
        await _give_up(ws, stored.file_id)
        raise


def too_large(limit: int) -> Refused:
    """What a larger picture than ``limit`` bytes is refused with."""
    return Refused("error-file-too-large", f"File exceeds allowed size of {limit} bytes.")


async def _claim(ws: Workspace, store: FileStore, user_id: str, stored: StoredPicture) -> None:
    now = ws.stamp()
    changes = Changes()
    uploads.claim(
        changes,
        Upload(
            id=stored.file_id,
            name="",
            size=stored.size,
            type=stored.type,
            type_group="image",
            room_id="",
            user_id=user_id,
            store=store.name,
            complete=False,
            etag="",
            uploaded_at=now,
            updated_at=now,
        ),
        ws.now() + EXPIRES_MS,
    )
    await ws.db.commit(changes)


async def _give_up(ws: Workspace, file_id: str) -> None:
    changes = Changes()
    uploads.abandon(changes, file_id)
    try:
        await ws.db.commit(changes)
    except HookroomError as error:
        log.warning("a picture that was not kept goes when it expires", reason=str(error))


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data

"""Taking a file in: a row that claims its place, the bytes as they come, then what became known of them.

What is not kept in the end goes again: by itself after ``EXPIRES_MS``, at once where the server still lives.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog
from msgspec import structs

from hookroom.errors import HookroomError, Refused
from hookroom.rules.file_names import clean_name
from hookroom.rules.file_types import media_type, type_group
from hookroom.rules.ids import random_id
from hookroom.rules.model import Room, User
from hookroom.rules.picture import HEAD, picture
from hookroom.rules.upload import Identified, PictureSize, Upload
from hookroom.storage.database import Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import uploads
from hookroom.uploads.checks import check_size, check_type
from hookroom.uploads.store import FileStore
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

EXPIRES_MS: Final = 24 * 3600 * 1000
"""How long a file waits for its message (the published API, ``rooms.media``)."""


class Reception:
    """Takes one file of ``user`` for ``room`` in; ``receiving`` makes it."""

    def __init__(self, ws: Workspace, store: FileStore, user: User, room: Room) -> None:
        self._ws = ws
        self._store = store
        self._user = user
        self._room = room
        self.claimed: str | None = None
        """Id of the file for which there is a row."""

    async def take(self, name: str, declared: str | None, chunks: AsyncIterator[bytes]) -> Upload:
        """Store ``chunks`` as they come; the file is kept only once ``keep`` or a message has it.

        ``declared`` is the media type that the sender names. Raises ``Refused``: ``error-invalid-file-type``,
        ``error-file-too-large``, ``error-invalid-file`` for an empty one; and ``StoreFailed``.
        """
        ws = self._ws
        name = clean_name(name)
        kind = media_type(declared, name)
        check_type(ws, kind)
        now = ws.stamp()
        upload = Upload(
            # Whoever knows it may download the file where files are not protected: it cannot be guessed.
            id=random_id(),
            name=name,
            size=0,
            type=kind,
            type_group=type_group(kind),
            room_id=self._room.id,
            user_id=self._user.id,
            store=self._store.name,
            complete=False,
            etag=random_id(),
            uploaded_at=now,
            updated_at=now,
        )
        changes = Changes()
        uploads.claim(changes, upload, ws.now() + EXPIRES_MS)
        await ws.db.commit(changes)
        self.claimed = upload.id
        metered = _Metered(ws, chunks)
        await self._store.put(upload.id, metered.read())
        if not metered.size:
            raise Refused("error-invalid-file", "The file is empty.")
        return structs.replace(
            upload,
            size=metered.size,
            identify=_identified(metered.head) if upload.type_group == "image" else None,
            complete=True,
            updated_at=ws.stamp(upload.updated_at),
        )

    async def keep(self, upload: Upload) -> None:
        """Keep a file that was taken until its message comes; on disk when this returns."""
        changes = Changes()
        uploads.put_stored(changes, upload, self._ws.now())
        try:
            await self._ws.db.commit(changes)
        except Stale:
            raise Refused("error-invalid-file", "The upload took too long.") from None

    async def give_up(self) -> None:
        """Have what was taken removed."""
        if self.claimed is None:
            return
        changes = Changes()
        uploads.abandon(changes, self.claimed)
        try:
            await self._ws.db.commit(changes)
        except HookroomError as error:
            log.warning("a file that was not kept goes when it expires", reason=str(error))


@contextlib.asynccontextmanager
async def receiving(ws: Workspace, store: FileStore, user: User, room: Room) -> AsyncIterator[Reception]:
    """Take a file in; whatever goes wrong in the block, nothing of it stays."""
    reception = Reception(ws, store, user, room)
    try:
        yield reception
    except Exception:
        await reception.give_up()
        raise


class _Metered:
    """Counts bytes on their way, and keeps the first of them."""

    def __init__(self, ws: Workspace, chunks: AsyncIterator[bytes]) -> None:
        self._ws = ws
        self._chunks = chunks
        self.size = 0
        self.head = b""

    async def read(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self.size += len(chunk)
            check_size(self._ws, self.size)
            if len(self.head) < HEAD:
                self.head += chunk[: HEAD - len(self.head)]
            yield chunk


def _identified(head: bytes) -> Identified | None:
    seen = picture(head)
    if seen is None:
        return None
    return Identified(format=seen.format, size=PictureSize(*seen.size) if seen.size else None)

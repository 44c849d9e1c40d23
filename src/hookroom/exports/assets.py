"""The uploaded files that go into an export, up to a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from hookroom.exports.archive import Entry
from hookroom.rules.export_page import asset_name
from hookroom.rules.model import Message
from hookroom.storage.tables import uploads
from hookroom.uploads.store import FileLost, FileStore
from hookroom.workspace.workspace import Workspace

MAX_BYTES: Final = 1024**3
"""Of all files of one export."""
MAX_FILES: Final = 10_000


class Assets:
    """Gathers the files of messages, then reads them one after the other."""

    def __init__(self, ws: Workspace, store: FileStore, *, max_bytes: int = MAX_BYTES) -> None:
        self._ws = ws
        self._store = store
        self._room_left = max_bytes
        self._of_rooms: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        """Where each file lies in the archive, by id."""
        self.left_out = 0
        """Files that were over the limit, or are lost."""

    def want(self, message: Message) -> None:
        """Take the files of ``message`` in, where there is room for them."""
        for file in message.files or ():
            file_id, size = str(file.get("_id")), int(file.get("size") or 0)
            if file_id in self.paths:
                continue
            if size > self._room_left or len(self.paths) >= MAX_FILES:
                self.left_out += 1
                continue
            self._room_left -= size
            self.paths[file_id] = asset_name(file_id, str(file.get("name") or ""))
            self._of_rooms[file_id] = message.room_id

    async def entries(self) -> AsyncIterator[Entry]:
        """The files. Raises ``StoreFailed``."""
        for file_id, path in self.paths.items():
            stored = await uploads.by_id(self._ws.db, file_id)
            if (
                stored is None
                or stored.upload.room_id != self._of_rooms[file_id]
                or not stored.is_there(self._ws.now())
            ):
                self.left_out += 1
                continue
            size = stored.upload.size
            try:
                chunks = await self._store.open(file_id, 0, size)
            except FileLost:
                self.left_out += 1
                continue
            yield Entry(name=path, chunks=chunks, packed=False, size=size)

"""Makes exports in the background, a few at a time, and those that a server left behind which is gone.

Whoever makes one says so in the database now and then (``tables.exports``); one that nobody was heard of making
for a while is taken over by any node, from its beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from typing import Final

import structlog
from msgspec import structs

from hookroom.exports import telling
from hookroom.exports.archive import archive
from hookroom.exports.contents import Contents, shown_name
from hookroom.rooms.access import may_see
from hookroom.rules.export import Export
from hookroom.rules.model import Room, User
from hookroom.rules.upload import Upload
from hookroom.storage.database import Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import exports
from hookroom.uploads.store import FileStore
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

AT_ONCE: Final = 2
"""Exports that one node makes at the same time."""
BEAT_S: Final = 20.0
SILENT_MS: Final = 90_000
"""Heard of for the last time so long ago, a maker is gone."""
LOOK_S: Final = 30.0
"""From one look for those that were left behind to the next."""
MAX_TRIES: Final = 3
"""One that stopped so many servers is given up."""

OWN_DATA: Final = "your data"
"""What is exported where it is no room."""


class _Making:
    """One under way: what was last written of it, by one writer at a time."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.lock = asyncio.Lock()


class Exports:
    """Those under way on this node."""

    def __init__(self, ws: Workspace, store: FileStore) -> None:
        self._ws = ws
        self._store = store
        self._free = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None

    @property
    def store_name(self) -> str:
        """Where they are kept, as ``Upload.store`` says it."""
        return self._store.name

    @property
    def under_way(self) -> Collection[str]:
        """Ids of those that this node makes."""
        return self._tasks.keys()

    def start(self) -> None:
        """Look after those that others left behind, from now on."""
        self._looking = asyncio.create_task(self._look_for_ever(), name="exports")

    async def stop(self) -> None:
        """Make no more; what is under way is made by another node, or after the next start."""
        tasks = [*self._tasks.values(), *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, upload: Upload) -> None:
        """Make the export that ``upload`` claims (``tables.exports.claim``)."""
        making = _Making(upload)
        task = asyncio.create_task(self._make(making), name="export")
        self._tasks[upload.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(upload.id, None))

    async def look(self) -> None:
        """Take over what nobody makes any longer."""
        now = self._ws.now()
        for old in await exports.silent(self._ws.db, now - SILENT_MS, now, AT_ONCE):
            if old.id in self._tasks or old.export is None:
                continue
            if old.export.tries >= MAX_TRIES:
                log.error("an export is given up", upload=old.id, tries=old.export.tries)
                await self._give_up(old)
                continue
            again = structs.replace(old.export, tries=old.export.tries + 1)
            new = structs.replace(old, export=again, updated_at=self._ws.stamp(old.updated_at))
            changes = Changes()
            exports.put(changes, old, new, now)
            with contextlib.suppress(Stale):
                await self._ws.db.commit(changes)
                self.begin(new)

    async def _look_for_ever(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("exports that were left behind could not be looked for")
            await asyncio.sleep(LOOK_S)

    async def _make(self, making: _Making) -> None:
        work = asyncio.create_task(self._work(making))
        beat = asyncio.create_task(self._beat(making))
        try:
            await asyncio.wait((work, beat), return_when=asyncio.FIRST_COMPLETED)
        finally:
            work.cancel()
            beat.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)

    async def _beat(self, making: _Making) -> None:
        """Say that it is being made. Ends when it is not this node's any longer."""
        while True:
            await asyncio.sleep(BEAT_S)
            async with making.lock:
                old = making.upload
                new = structs.replace(old, updated_at=self._ws.stamp(old.updated_at))
                changes = Changes()
                exports.put(changes, old, new, self._ws.now())
                try:
                    await self._ws.db.commit(changes)
                except Stale:
                    return
                making.upload = new

    async def _work(self, making: _Making) -> None:
        upload, export = making.upload, making.upload.export
        user = await self._ws.directory.user(upload.user_id)
        try:
            async with self._free:
                if export is None or user is None or not user.active:
                    await self._drop(making)
                    return
                room = await self._ws.directory.room(export.room_id) if export.room_id else None
                if export.room_id and (room is None or not await may_see(self._ws, user, room)):
                    await self._drop(making)
                    return
                await self._write(making, export, user, room)
        except Stale:
            log.warning("another node makes an export", upload=upload.id)
        except Exception:
            log.exception("an export could not be made", upload=upload.id)
            async with making.lock:
                await self._give_up(making.upload)

    async def _write(self, making: _Making, export: Export, user: User, room: Room | None) -> None:
        ws = self._ws
        contents = Contents(ws, self._store, export, user)
        entries = contents.of_user() if room is None else contents.of_room(room)
        counted = _Counted(archive(entries, ws.now()))
        # What a server that is gone has left of it is in the way.
        await self._store.delete(making.upload.id)
        await self._store.put(making.upload.id, counted.read())
        async with making.lock:
            old = making.upload
            made = structs.replace(
                old,
                size=counted.size,
                complete=True,
                export=structs.replace(export, rooms=tuple(contents.rooms)),
                updated_at=ws.stamp(old.updated_at),
            )
            changes = Changes()
            exports.made(changes, old, made, ws.now() + telling.GOOD_FOR_MS, ws.now())
            await ws.db.commit(changes)
        log.info("an export is made", upload=made.id, bytes=made.size)
        await telling.ready(ws, user, made, OWN_DATA if room is None else shown_name(room, str))

    async def _drop(self, making: _Making) -> None:
        async with making.lock:
            changes = Changes()
            exports.give_up(changes, making.upload, self._ws.now())
            await self._ws.db.commit(changes)

    async def _give_up(self, upload: Upload) -> None:
        ws = self._ws
        changes = Changes()
        exports.give_up(changes, upload, ws.now())
        await ws.db.commit(changes)
        user = await ws.directory.user(upload.user_id)
        room_id = upload.export.room_id if upload.export else None
        room = await ws.directory.room(room_id) if room_id else None
        if user is not None:
            await telling.failed(ws, user, shown_name(room, str) if room else OWN_DATA)


class _Counted:
    """Counts bytes on their way."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.size = 0

    async def read(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self.size += len(chunk)
            yield chunk

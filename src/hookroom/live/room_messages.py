"""New and changed messages, told to those who listen to their room or to all of theirs.

::

    written here ───────────────► queue ──► its room and stars ──► listeners of the room
    touched by another node ────►   │                          └─► ``__my_messages__`` of who may see it
    all may have changed ───────►   └─ loaded from the database, many in one query

One task works for all: messages are told in the order in which they came in. Nothing is loaded and nothing encoded
that nobody on this node listens to, and what a message costs does not grow with those who listen elsewhere.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from typing import Final

import structlog

from hookroom.errors import HookroomError
from hookroom.live.my_rooms import MessageListener, MyRooms
from hookroom.live.said import Said
from hookroom.rules.model import Message
from hookroom.rules.times import millis
from hookroom.storage.statement import Touch
from hookroom.storage.tables import message_loading
from hookroom.storage.tables.messages import TOUCHED
from hookroom.workspace.background import Background
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

RETRY_S: Final = 0.25
"""From a database that cannot be reached to the next try."""
SKEW_MS: Final = 10_000
"""What the clocks of nodes may differ by, together with the time that a transaction takes."""
REMEMBERED: Final = 20_000
"""Messages that are known to have been told, so that catching up tells none of them twice."""

_Item = Message | str | int
"""A message; the id of one that another node wrote; the time (epoch ms) that all was heard until."""


class RoomMessages:
    """The listeners to messages on this node. ``start`` before anybody listens, ``stop`` in the end."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._rooms: dict[str, dict[MessageListener, None]] = {}
        self._mine = MyRooms(ws)
        self._queue: list[_Item] = []
        self._wake = asyncio.Event()
        self._told: OrderedDict[str, str] = OrderedDict()
        """Message -> when it was changed last, as it was told."""
        self._background = Background()
        ws.db.on_touched(self._touched)
        ws.db.on_told(self._hear)
        ws.authority.on_reloaded(lambda: self._mine.touched([("authority", "")]))

    def start(self) -> None:
        """Tell from now on."""
        self._background.start("room-messages", self._tell_for_ever())

    async def stop(self) -> None:
        """Tell no more."""
        await self._background.stop()

    def listen(self, room_id: str, listener: MessageListener) -> None:
        """Tell ``listener`` of the room's messages from now on."""
        self._rooms.setdefault(room_id, {})[listener] = None

    def leave(self, room_id: str, listener: MessageListener) -> None:
        """Tell it no longer."""
        listeners = self._rooms.get(room_id)
        if listeners is not None:
            listeners.pop(listener, None)
            if not listeners:
                del self._rooms[room_id]

    async def listen_to_mine(self, user_id: str, listener: MessageListener) -> None:
        """Tell ``listener`` from now on of all messages that the user may see, in whatever room."""
        await self._mine.listen(user_id, listener)

    def leave_mine(self, user_id: str, listener: MessageListener) -> None:
        """Tell it no longer."""
        self._mine.leave(user_id, listener)

    def _hear(self, told: Sequence[object]) -> None:
        if not self._rooms and not self._mine:
            return
        for one in told:
            if isinstance(one, Message) and (self._mine or one.room_id in self._rooms):
                self._queue.append(one)
        if self._queue:
            self._wake.set()

    def _touched(self, touches: Sequence[Touch], local: bool) -> None:
        if not self._rooms and not self._mine:
            return
        self._mine.touched(touches)
        if local:
            return
        for kind, key in touches:
            if kind == TOUCHED:
                room_id, _, message_id = key.partition("/")
                if self._mine or room_id in self._rooms:
                    self._queue.append(message_id)
            elif kind == "*" and key:
                self._queue.append(int(key) if key.isdecimal() else self._ws.now())
        if self._queue:
            self._wake.set()

    async def _tell_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            items, self._queue = self._queue, []
            while True:
                try:
                    await self._tell_batch(items)
                except HookroomError:
                    # The database cannot be reached. Who heard some of it hears that again: nothing is missed.
                    log.warning("messages wait for the database", waiting=len(items))
                    await asyncio.sleep(RETRY_S)
                except Exception:
                    log.exception("messages were not told", messages=len(items))
                    break
                else:
                    break

    async def _tell_batch(self, items: Sequence[_Item]) -> None:
        ids = {one for one in items if isinstance(one, str)}
        loaded = await message_loading.by_ids(self._ws.db, ids) if ids else {}
        messages: list[Message] = []
        for one in items:
            if isinstance(one, int):
                await self._tell(messages)
                messages = []
                await self._mine.load_again()
                async for missed in self._missed(one - SKEW_MS):
                    await self._tell(missed, missed=True)
            elif isinstance(one, Message):
                messages.append(one)
            elif one in loaded:
                # Touched twice in one batch, it is loaded as it was left: once is enough.
                message = loaded.pop(one)
                if not self._was_told(message):
                    messages.append(message)
        await self._tell(messages)

    async def _missed(self, since: int) -> AsyncIterator[Sequence[Message]]:
        room_ids = None if self._mine else set(self._rooms)
        async for page in message_loading.changed_since(self._ws.db, room_ids, since):
            yield [one for one in page if not self._was_told(one)]

    async def _tell(self, messages: Sequence[Message], *, missed: bool = False) -> None:
        changed = [one.id for one in messages if one.updated_at != one.created_at]
        stars = await message_loading.stars(self._ws.db, changed) if changed else {}
        hidden = self._ws.settings["Hide_System_Messages"]
        for message in messages:
            room = await self._ws.directory.room(message.room_id)
            if room is None or (message.type is not None and message.type in hidden):
                continue
            written_at = millis(message.updated_at) if missed else None
            said = Said(message, room, stars.get(message.id, frozenset()), written_at)
            for listener in tuple(self._rooms.get(room.id, ())):
                listener.hear_message(said)
            if self._mine:
                await self._mine.tell(said)
            self._remember(message)

    def _was_told(self, message: Message) -> bool:
        return self._told.get(message.id) == message.updated_at

    def _remember(self, message: Message) -> None:
        if self._ws.db.kind == "sqlite":
            return
        self._told[message.id] = message.updated_at
        self._told.move_to_end(message.id)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

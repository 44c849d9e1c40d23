"""A worker apart from those of live calls: compiles scripts and tries them out. There only while it is needed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from hookroom.scripting.model import ScriptFailed
from hookroom.scripting.pool import BUSY, Gate, Slot
from hookroom.scripting.process import Carry, Reply, Turn
from hookroom.scripting.worker.messages import Drop, Settings

WIDTH: Final = 4
"""What it does at once."""
IDLE_S: Final = 60.0
"""Seconds without work after which it ends."""

Take = Callable[[Turn, Carry], Awaitable[Reply]]


class Workshop:
    """``queue`` may wait for it."""

    def __init__(self, settings: Settings, *, queue: int) -> None:
        self._slot = Slot(settings)
        self._gate = Gate(WIDTH)
        self._queue = queue
        self._waiting = 0
        self._users = 0
        self._closing: asyncio.TimerHandle | None = None

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Take]:
        """A place in it, for the turns of one script. Raises ``ScriptFailed`` (``busy``, ``unavailable``)."""
        if not self._gate.open and self._waiting >= self._queue:
            raise ScriptFailed("busy", BUSY)
        self._waiting += 1
        try:
            await self._gate.enter()
        finally:
            self._waiting -= 1
        self._users += 1
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        try:
            await self._slot.worker()
            yield self._take
        finally:
            self._users -= 1
            self._gate.leave()
            if not self._users:
                self._closing = asyncio.get_running_loop().call_later(IDLE_S, self._end)

    async def _take(self, turn: Turn, carry: Carry) -> Reply:
        return await (await self._slot.worker()).turn(turn, carry)

    def drop(self, key: str) -> None:
        """Forget an instance."""
        if (worker := self._slot.running) is not None:
            worker.tell(Drop(key))

    async def stop(self) -> None:
        """End it."""
        if self._closing is not None:
            self._closing.cancel()
        await self._slot.stop()

    def _end(self) -> None:
        self._closing = None
        if not self._users:
            self._slot.end()

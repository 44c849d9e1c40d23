"""One at a time for the same thing: so that many who change one message do not undo each other's tries."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from weakref import WeakValueDictionary


class Turns:
    """Locks by key; those that nobody holds or waits for take no room."""

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def of(self, keys: Iterable[str]) -> AsyncIterator[None]:
        """Wait until nobody else of this process is at any of ``keys``, and keep others away until the end.

        Other nodes are not kept away: the guard of the write itself is for them.
        """
        async with contextlib.AsyncExitStack() as held:
            # In one order for everybody, so that no two wait for each other.
            for key in sorted(set(keys)):
                lock = self._locks.get(key)
                if lock is None:
                    lock = self._locks[key] = asyncio.Lock()
                await held.enter_async_context(lock)
            yield

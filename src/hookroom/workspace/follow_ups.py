"""Work that follows from writes and need not be done for each of them: once is enough for many."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

PAUSE_S: Final = 0.25
"""Least time between two times that the same is done."""

log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]


class FollowUps:
    """What is to be done, by key. It is done soon, and once more for all that asked while it was being done."""

    __slots__ = ("_asked", "_ending", "_tasks")

    def __init__(self) -> None:
        self._asked: dict[str, Work] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending = asyncio.Event()

    def ask(self, key: str, work: Work) -> None:
        """Have ``work`` done; what was asked for under ``key`` and has not begun is not done besides."""
        self._asked[key] = work
        if key not in self._tasks:
            self._tasks[key] = asyncio.get_running_loop().create_task(self._do(key))

    async def finish(self) -> None:
        """Do now what still waits, and from now on everything without a pause."""
        self._ending.set()
        while self._tasks:
            await asyncio.gather(*self._tasks.values())

    async def _do(self, key: str) -> None:
        while (work := self._asked.pop(key, None)) is not None:
            try:
                await work()
            except Exception:
                log.exception("what follows from a write failed", what=key)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), PAUSE_S)
        del self._tasks[key]

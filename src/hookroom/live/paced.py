"""Work that comes in bursts, done at a measured pace: what comes in meanwhile is done together."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar, Final

import structlog

from hookroom.errors import HookroomError
from hookroom.workspace.background import Background

log = structlog.get_logger()

RETRY_S: Final = 1.0


class Paced(ABC):
    """Calls ``step`` after ``wake``: at once the first time, and then no sooner than ``pause_s`` later.

    The pause is also ``rest`` times as long as the step before it: with 3 no more than a quarter of the time goes
    into it.
    """

    pause_s: ClassVar[float]
    rest: ClassVar[float] = 3.0

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._background = Background()

    @abstractmethod
    async def step(self) -> None:
        """Do what there is to do. What raises ``HookroomError`` is tried again: it must keep what is left."""

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def start(self) -> None:
        """Work from now on."""
        self._background.start(type(self).__name__, self._work_for_ever())

    async def stop(self) -> None:
        """Work no more."""
        await self._background.stop()

    async def _work_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            begun = loop.time()
            try:
                await self.step()
            except HookroomError as error:
                log.warning("clients are told later", what=type(self).__name__, reason=str(error))
                self._wake.set()
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("clients were not told", what=type(self).__name__)
            await asyncio.sleep(max(self.pause_s, self.rest * (loop.time() - begun)))

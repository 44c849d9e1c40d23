"""Tables that every node holds whole in memory, and loads anew when another node changes them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import structlog

from hookroom.storage.database import Database
from hookroom.storage.statement import Touch

log = structlog.get_logger()


class Reloading(ABC):
    """Calls ``load`` when another node touched one of ``kinds``; changes made here apply themselves."""

    kinds: ClassVar[frozenset[str]]

    def __init__(self, db: Database) -> None:
        self._reload: asyncio.Task[None] | None = None
        self._again = False
        self._watchers: list[Callable[[], None]] = []
        db.on_touched(self._heard, {*self.kinds, "*"})

    def on_reloaded(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` when what another node changed is in force here."""
        self._watchers.append(watcher)

    @abstractmethod
    async def load(self) -> None:
        """Read everything anew."""

    def _heard(self, touched: Sequence[Touch], local: bool) -> None:
        if local or not any(kind == "*" or kind in self.kinds for kind, _ in touched):
            return
        if self._reload and not self._reload.done():
            self._again = True
            return
        self._reload = asyncio.create_task(self._load_until_current())

    async def _load_until_current(self) -> None:
        self._again = True
        while self._again:
            self._again = False
            try:
                await self.load()
            except Exception:
                # Older values stay in force until the next notification; better than none.
                log.exception("reload failed", kinds=sorted(self.kinds))
        for watcher in self._watchers:
            watcher()

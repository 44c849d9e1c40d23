"""Whether the server lives and can do its work, for whoever watches it: ``/health``, ``/livez``, ``/readyz``.

``/health`` is the original's. A process that answers lives; it is ready while its database answers too.
"""

from __future__ import annotations

import asyncio
from typing import Final

import falcon.asgi

from hookroom.errors import HookroomError
from hookroom.storage.database import Database
from hookroom.storage.tables import settings

ALIVE: Final = "/livez"
READY: Final = ("/readyz", "/health")

PATIENCE_S: Final = 5.0


class Alive:
    """Answers ``ok``, whatever else is wrong."""

    async def on_get(self, _request: falcon.asgi.Request, response: falcon.asgi.Response) -> None:
        """``ok``."""
        _say(response, 200, "ok")

    on_head = on_get


class Ready:
    """Answers ``ok`` while the database does, else 503."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, _request: falcon.asgi.Request, response: falcon.asgi.Response) -> None:
        """``ok`` or ``not healthy``."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await settings.noted(self._db, "")
        except (HookroomError, TimeoutError, OSError):
            _say(response, 503, "not healthy")
        else:
            _say(response, 200, "ok")

    on_head = on_get


def _say(response: falcon.asgi.Response, status: int, text: str) -> None:
    response.status = status
    response.content_type = "text/plain"
    response.set_header("Cache-Control", "no-cache, no-store, must-revalidate")
    response.text = text

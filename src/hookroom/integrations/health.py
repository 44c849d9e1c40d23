"""Which integrations fail all the time, and when that has been so for too long."""

from __future__ import annotations

from collections.abc import Callable

from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import failing


class Health:
    """Since when all calls of integrations fail, as this node knows it; ``load`` before anything else.

    Knowing costs a statement when an integration begins to fail and when it succeeds again, none in between.
    Another node may have seen a success: before an integration is given up, the database is asked.
    ``longest_ms`` is how long one may fail, 0 for ever.
    """

    def __init__(self, db: Database, now: Callable[[], int], longest_ms: int) -> None:
        self._db = db
        self._now = now
        self._longest_ms = longest_ms
        self._since: dict[str, int] = {}

    @property
    def longest_ms(self) -> int:
        """How long an integration may fail, in milliseconds; 0 for ever."""
        return self._longest_ms

    async def load(self) -> None:
        """Read what is known."""
        self._since = await failing.everything(self._db)

    def succeeded(self, changes: Changes, integration_id: str) -> None:
        """A call of the integration succeeded, or it is not called any longer."""
        if integration_id in self._since:
            failing.end(changes, integration_id)
            changes.then(lambda: self._forget(integration_id))

    async def failed(self, changes: Changes, integration_id: str) -> bool:
        """A call of the integration failed; whether it has done nothing else for too long."""
        now = self._now()
        since = self._since.get(integration_id)
        if since is None:
            self._begin(changes, integration_id, now)
            return False
        if not self._longest_ms or now - since < self._longest_ms:
            return False
        stored = await failing.since(self._db, integration_id)
        if stored is None or await failing.succeeded_after(self._db, integration_id, stored):
            failing.end(changes, integration_id)
            self._begin(changes, integration_id, now)
            return False
        return now - stored >= self._longest_ms

    def _begin(self, changes: Changes, integration_id: str, now: int) -> None:
        failing.begin(changes, integration_id, now)
        changes.then(lambda: self._since.update({integration_id: now}))

    def _forget(self, integration_id: str) -> None:
        self._since.pop(integration_id, None)

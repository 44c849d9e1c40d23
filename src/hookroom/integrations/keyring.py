"""Keys of integrations, in memory on every node: those that they sign with, or verify calls with.

They come and go with the integration: ``Registry`` reads both when another node changed it. So no delivery and no
call asks the database for a key, and an integration without keys has nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from hookroom.rules.key_rotation import KeptKey, active
from hookroom.rules.model import Integration
from hookroom.rules.times import millis
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables.kept_keys import KeptKeys, KeyTable

Ready = TypeVar("Ready")
"""A key as it is worked with."""


class Keyring(Generic[Ready]):
    """Keys by the id of their integration. Use ``load`` before anything else.

    ``uses`` tells whether an integration has keys in ``table``; ``make`` makes one of its text.
    """

    def __init__(
        self,
        db: Database,
        table: KeyTable,
        uses: Callable[[Integration], bool],
        make: Callable[[str], Ready],
    ) -> None:
        self._db = db
        self._table = table
        self._uses = uses
        self._make = make
        self._held: dict[str, KeptKeys] = {}
        self._ready: dict[str, Ready] = {}
        """By their text; made at the first use, as an ed25519 key takes its time."""

    async def load(self) -> None:
        """Read everything anew."""
        stored = await self._table.everything(self._db)
        for integration_id in [one for one in self._held if one not in stored]:
            self.forget(integration_id)
        for integration_id, kept in stored.items():
            self._put(integration_id, kept)

    async def read(self, integration: Integration) -> None:
        """Have the keys of ``integration``, which was just read: they are those of then, or later ones."""
        if self._uses(integration):
            stored = await self._table.of(self._db, integration.id)
            if stored is not None:
                self._put(integration.id, stored)
            return
        held = self._held.get(integration.id)
        if held is not None and held.version < millis(integration.updated_at):
            self.forget(integration.id)

    def of(self, integration_id: str, now: int) -> Sequence[KeptKey]:
        """An integration's keys at ``now`` (epoch milliseconds), newest first."""
        held = self._held.get(integration_id)
        return active(held.keys, now) if held is not None else ()

    def ready(self, integration_id: str, now: int) -> Sequence[Ready]:
        """The same, ready for work."""
        return [self._made(one.key) for one in self.of(integration_id, now)]

    async def stored(self, integration_id: str) -> Sequence[KeptKey]:
        """An integration's keys as the database has them, newest first: what a change starts from."""
        kept = await self._table.of(self._db, integration_id)
        return kept.keys if kept is not None else ()

    def put(self, changes: Changes, integration: Integration, keys: Sequence[KeptKey]) -> None:
        """Have ``integration``, as it is written with the same changes, use ``keys``."""
        kept = KeptKeys(millis(integration.updated_at), tuple(keys))
        self._table.put(changes, integration.id, kept)
        changes.then(lambda: self._put(integration.id, kept))

    def delete(self, changes: Changes, integration_id: str) -> None:
        """Have an integration use no key any more."""
        self._table.delete(changes, integration_id)
        changes.then(lambda: self.forget(integration_id))

    def forget(self, integration_id: str) -> None:
        """Have nothing of an integration in memory."""
        held = self._held.pop(integration_id, None)
        self._drop(held.keys if held is not None else ())

    def _put(self, integration_id: str, kept: KeptKeys) -> None:
        held = self._held.get(integration_id)
        if held is not None:
            if held.version > kept.version:
                # Read before what is held was written.
                return
            self._drop(held.keys)
        self._held[integration_id] = kept

    def _drop(self, keys: Sequence[KeptKey]) -> None:
        for one in keys:
            self._ready.pop(one.key, None)

    def _made(self, text: str) -> Ready:
        made = self._ready.get(text)
        if made is None:
            made = self._ready[text] = self._make(text)
        return made

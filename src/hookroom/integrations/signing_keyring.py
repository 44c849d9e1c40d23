"""The keys that integrations sign with, in memory on every node.

They come and go with the integration: ``Registry`` reads both when another node changed it. So no delivery asks
the database for a key, and what does not sign has nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookroom.rules.key_rotation import KeptKey, active
from hookroom.rules.model import Integration
from hookroom.rules.times import millis
from hookroom.rules.webhook_keys import SigningKey, signing_key
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import signing_keys
from hookroom.storage.tables.signing_keys import KeptKeys


class Keyring:
    """Keys by the id of their integration. Use ``load`` before anything else."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._held: dict[str, KeptKeys] = {}
        self._ready: dict[str, SigningKey] = {}
        """By their text; made at the first use, as an ed25519 key takes its time."""

    async def load(self) -> None:
        """Read everything anew."""
        stored = await signing_keys.everything(self._db)
        for integration_id in [one for one in self._held if one not in stored]:
            self.forget(integration_id)
        for integration_id, kept in stored.items():
            self._put(integration_id, kept)

    async def read(self, integration: Integration) -> None:
        """Have the keys of ``integration``, which was just read: they are those of then, or later ones."""
        if integration.signing is not None:
            stored = await signing_keys.of(self._db, integration.id)
            if stored is not None:
                self._put(integration.id, stored)
            return
        held = self._held.get(integration.id)
        if held is not None and held.version < millis(integration.updated_at):
            self.forget(integration.id)

    def of(self, integration_id: str, now: int) -> Sequence[KeptKey]:
        """The keys that an integration signs with at ``now`` (epoch milliseconds), newest first."""
        held = self._held.get(integration_id)
        return active(held.keys, now) if held is not None else ()

    def signing(self, integration_id: str, now: int) -> Sequence[SigningKey]:
        """The same, ready to sign."""
        return [self._made(one.key) for one in self.of(integration_id, now)]

    def put(self, changes: Changes, integration: Integration, keys: Sequence[KeptKey]) -> None:
        """Have ``integration``, as it is written with the same changes, sign with ``keys``."""
        kept = KeptKeys(millis(integration.updated_at), tuple(keys))
        signing_keys.put(changes, integration.id, kept)
        changes.then(lambda: self._put(integration.id, kept))

    def delete(self, changes: Changes, integration_id: str) -> None:
        """Have an integration sign no more."""
        signing_keys.delete(changes, integration_id)
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

    def _made(self, text: str) -> SigningKey:
        made = self._ready.get(text)
        if made is None:
            made = self._ready[text] = signing_key(text)
        return made

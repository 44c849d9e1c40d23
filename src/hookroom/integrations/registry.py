"""Every integration, in memory on every node: what calls and events look up.

Changes made on this node apply when their commit has returned; of those made on others, just the touched
integrations are read again. Events find theirs through an index, so that matching costs the same with ten
integrations or a hundred thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

import structlog

from hookroom.integrations.index import Index
from hookroom.integrations.keyring import Keyring
from hookroom.integrations.trigger_index import TriggerIndex
from hookroom.rules.model import Integration, Message
from hookroom.rules.times import millis
from hookroom.rules.verification_secret import VerificationSecret
from hookroom.rules.webhook_keys import SigningKey, signing_key
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Touch
from hookroom.storage.tables import deliveries, incoming_calls, integrations
from hookroom.storage.tables.signing_keys import SIGNING_KEYS
from hookroom.storage.tables.verification_secrets import VERIFICATION_SECRETS

log = structlog.get_logger()

KIND: Final = "integration"

DISABLED: Final = "The integration was disabled."
"""What the history says of deliveries that were not made for this reason."""

_EVERYTHING: Final = "*"


class Registry:
    """All integrations by id, by event, by channel, by URL and by the user they post as.

    Use ``load`` before anything else. ``keyring`` has the keys that they sign with, ``secrets``
    those that their calls are verified with.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.keyring: Keyring[SigningKey] = Keyring(
            db, SIGNING_KEYS, lambda one: one.signing is not None, signing_key
        )
        self.secrets: Keyring[VerificationSecret] = Keyring(
            db, VERIFICATION_SECRETS, lambda one: one.verification is not None, VerificationSecret
        )
        self._listeners: list[Callable[[str], None]] = []
        self._reset()
        self._loading = False
        self._pending: set[str] = set()
        self._reload: asyncio.Task[None] | None = None
        db.on_touched(self._heard, {KIND, _EVERYTHING})

    async def load(self) -> None:
        """Read everything anew."""
        self._loading = True
        try:
            everything = await integrations.everything(self._db)
            # After the integrations, here as below: none is known without the keys that it needs.
            await self.keyring.load()
            await self.secrets.load()
        finally:
            self._loading = False
        self._reset()
        for integration in everything:
            self._put(integration)
        self._read_pending()

    def get(self, integration_id: str) -> Integration | None:
        """The integration with that id."""
        return self._all.get(integration_id)

    def all(self) -> Collection[Integration]:
        """All of them. A live view: copy it to keep it."""
        return self._all.values()

    def outgoing(
        self, event: str, keys: Iterable[str], message: Message | None = None
    ) -> Sequence[Integration]:
        """The enabled outgoing integrations that ``event`` may fire, each once (``TriggerIndex.find``)."""
        return self._triggers.find(event, keys, message)

    def on_channel(self, channel: str) -> Sequence[Integration]:
        """Those of either kind whose ``channel`` names exactly ``channel`` (``#general``, ``@ann``)."""
        return list(self._by_channel.under(channel))

    def calling(self, url: str) -> Integration | None:
        """The oldest outgoing integration that has ``url`` among its ``urls``."""
        return min(self._by_url.under(url), key=_age, default=None)

    def posting_as(self, user_id: str) -> Sequence[Integration]:
        """Those that post as that user."""
        return list(self._by_user.under(user_id))

    def insert(self, changes: Changes, integration: Integration) -> None:
        """Add a new integration."""
        integrations.insert(changes, integration)
        changes.then(lambda: self._put(integration))

    def update(self, changes: Changes, old: Integration, new: Integration) -> None:
        """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored.

        Disabling it cancels what it still had to deliver.
        """
        integrations.update(changes, old, new)
        if old.enabled and not new.enabled:
            deliveries.cancel_of_integration(changes, old.id, DISABLED, millis(new.updated_at))
        changes.then(lambda: self._put(new))

    def delete(self, changes: Changes, integration: Integration) -> None:
        """Remove an integration with its history and deliveries; ``Stale`` when it is gone already."""
        integrations.delete(changes, integration)
        deliveries.delete_of_integration(changes, integration.id)
        incoming_calls.delete_of_integration(changes, integration.id)
        self.keyring.delete(changes, integration.id)
        self.secrets.delete(changes, integration.id)
        changes.then(lambda: self._remove(integration.id))

    def on_removed(self, listener: Callable[[str], None]) -> None:
        """Have ``listener`` told the id of each integration that is removed, on whatever node."""
        self._listeners.append(listener)

    def _reset(self) -> None:
        self._all: dict[str, Integration] = {}
        self._triggers = TriggerIndex()
        self._by_channel: Index[str] = Index(lambda one: dict.fromkeys(one.channel))
        self._by_url: Index[str] = Index(lambda one: dict.fromkeys(one.urls or ()))
        self._by_user: Index[str] = Index(lambda one: (one.user_id,))

    def _put(self, integration: Integration) -> None:
        self._drop(integration.id)
        self._all[integration.id] = integration
        for index in (self._triggers, self._by_channel, self._by_url, self._by_user):
            index.add(integration)

    def _remove(self, integration_id: str) -> None:
        self._drop(integration_id)
        self.keyring.forget(integration_id)
        self.secrets.forget(integration_id)
        for listener in self._listeners:
            listener(integration_id)

    def _drop(self, integration_id: str) -> None:
        known = self._all.pop(integration_id, None)
        if known is None:
            return
        for index in (self._triggers, self._by_channel, self._by_url, self._by_user):
            index.remove(known)

    def _heard(self, touched: Sequence[Touch], local: bool) -> None:
        for kind, key in touched:
            if kind == _EVERYTHING:
                self._pending.add(_EVERYTHING)
            # A change made here applies itself, but a reading under way may have missed it.
            elif kind == KIND and (not local or self._reading):
                self._pending.add(key)
        self._read_pending()

    @property
    def _reading(self) -> bool:
        return self._loading or (self._reload is not None and not self._reload.done())

    def _read_pending(self) -> None:
        if self._pending and not self._reading:
            self._reload = asyncio.create_task(self._read_until_current())

    async def _read_until_current(self) -> None:
        while self._pending:
            wanted, self._pending = self._pending, set()
            try:
                if _EVERYTHING in wanted:
                    await self._read_changed()
                else:
                    await self._read(wanted)
            except Exception:
                # Older values stay in force until the next notification; better than none.
                log.exception("reload failed", kinds=[KIND])

    async def _read_changed(self) -> None:
        stored = await integrations.versions(self._db)
        for integration_id in [one for one in self._all if one not in stored and one not in self._pending]:
            self._remove(integration_id)
        known = {one.id: millis(one.updated_at) for one in self._all.values()}
        await self._read([one for one, version in stored.items() if known.get(one) != version])

    async def _read(self, wanted: Iterable[str]) -> None:
        for integration_id in wanted:
            integration = await integrations.by_id(self._db, integration_id)
            if integration is not None:
                await self.keyring.read(integration)
                await self.secrets.read(integration)
            if integration_id in self._pending:
                continue
            if integration is None:
                self._remove(integration_id)
            else:
                self._put(integration)


def _age(integration: Integration) -> tuple[str, str]:
    return integration.created_at, integration.id

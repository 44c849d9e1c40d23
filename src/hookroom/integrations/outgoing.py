"""One attempt of a delivery: it is made, and its outcome written down.

What was sent and could not be written down is sent again: at least once, with the same ``webhook-id``.
"""

from __future__ import annotations

from functools import lru_cache

import structlog

from hookroom.delivery.dispatcher import Answered
from hookroom.integrations.calling import AlreadyRecorded, Caller, write
from hookroom.integrations.health import Health
from hookroom.integrations.outcome import current, found, further, settle, tell, why_not
from hookroom.integrations.registry import Registry
from hookroom.integrations.request import plain, told
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.scripted_attempt import ScriptedAttempts
from hookroom.rules.ids import random_id
from hookroom.rules.integration_fields import has_script
from hookroom.rules.times import IsoTime, millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries
from hookroom.storage.tables.deliveries import Delivery
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()


class Outgoing:
    """Makes attempts, with ``caller`` as the only way out; scripts run in ``host``."""

    def __init__(
        self, ws: Workspace, registry: Registry, health: Health, caller: Caller, host: ScriptHost
    ) -> None:
        self._ws = ws
        self._registry = registry
        self._health = health
        self._caller = caller
        self._scripted = ScriptedAttempts(ws, registry, health, caller, host)

    async def attempt(self, delivery: Delivery, answered: Answered) -> int | None:
        """Try ``delivery`` once and write down the outcome; see ``Attempt``."""
        try:
            return await self._attempt(delivery, answered)
        except AlreadyRecorded:
            # See how it went on.
            return self._ws.now()
        except Exception:
            failure = random_id(12)
            log.exception("delivery failed for an unexpected reason", delivery=delivery.id, failure=failure)
            await self._fail(delivery, f"Something went wrong on the server; its log has it as {failure}.")
            return None

    async def _attempt(self, delivery: Delivery, answered: Answered) -> int | None:
        ws = self._ws
        integration = await current(ws, self._registry, delivery)
        reason = why_not(integration, delivery)
        if integration is None or reason is not None:
            await self._cancel(delivery, reason or "")
            return None
        if _changed_at(integration.updated_at) >= delivery.as_of and not await deliveries.is_open(
            ws.db, delivery.id
        ):
            # It was disabled, which cancelled this, and is enabled again.
            return None
        if has_script(integration):
            return await self._scripted.attempt(integration, delivery, answered)
        request = plain(delivery, await told(ws, integration, delivery))
        called = await self._caller.call(integration, delivery, request)
        answered(found(called))
        again = await write(
            ws,
            delivery,
            lambda changes: settle(ws, self._registry, self._health, changes, delivery, called),
        )
        tell(delivery, called.attempt, again)
        return again

    async def _cancel(self, delivery: Delivery, reason: str) -> None:
        async def add(changes: Changes) -> None:
            deliveries.cancel(changes, delivery, reason, self._ws.now())

        await write(self._ws, delivery, add)

    async def _fail(self, delivery: Delivery, reason: str) -> None:
        progress = further(delivery, "after-http-call", error=reason)

        async def add(changes: Changes) -> None:
            at, made = self._ws.now(), delivery.attempts
            deliveries.finish(changes, delivery, "failed", progress, at, attempts=made)

        await write(self._ws, delivery, add)


@lru_cache(maxsize=4096)
def _changed_at(updated_at: IsoTime) -> int:
    # Asked with every delivery of an integration, and the same for all of them.
    return millis(updated_at)

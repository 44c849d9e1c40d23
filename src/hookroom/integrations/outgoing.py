"""One attempt of a delivery: it is made, and its outcome written down.

What was sent and could not be written down is sent again: at least once, with the same ``webhook-id``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from hookroom.delivery.client import GuardedClient
from hookroom.delivery.exchange import Kind, NotReached, OutgoingRequest, OutgoingResponse
from hookroom.integrations.outcome import Called, current, settle, tell, why_not
from hookroom.integrations.recording import received, sent
from hookroom.integrations.registry import Registry
from hookroom.integrations.request import NotCalled, prepare
from hookroom.rules import retries
from hookroom.rules.ids import random_id
from hookroom.rules.times import millis
from hookroom.storage.database import Conflict, Stale, Unavailable
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries
from hookroom.storage.tables.attempts import Attempt
from hookroom.storage.tables.deliveries import Delivery, Progress
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

_PERMANENT: Final[frozenset[Kind]] = frozenset({"address-refused", "bad-url", "header"})
_STALE_TRIES: Final = 32
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0

Add = Callable[[Changes], Awaitable[int | None]]
"""Adds an outcome to changes; answers when to look at the delivery again."""


class Outgoing:
    """Makes attempts, with ``client`` as the only way out."""

    def __init__(self, ws: Workspace, registry: Registry, client: GuardedClient) -> None:
        self._ws = ws
        self._registry = registry
        self._client = client

    async def attempt(self, delivery: Delivery) -> int | None:
        """Try ``delivery`` once and write down the outcome.

        Answers when to look at it again (epoch milliseconds), ``None`` when it has ended.
        """
        try:
            return await self._attempt(delivery)
        except Exception:
            failure = random_id(12)
            log.exception("delivery failed for an unexpected reason", delivery=delivery.id, failure=failure)
            return await self._fail(
                delivery,
                "after-http-call",
                f"Something went wrong on the server; its log has it as {failure}.",
            )

    async def _attempt(self, delivery: Delivery) -> int | None:
        ws = self._ws
        integration = await current(ws, self._registry, delivery)
        reason = why_not(integration, delivery)
        if integration is None or reason is not None:
            return await self._cancel(delivery, reason or "")
        if millis(integration.updated_at) >= delivery.as_of and not await deliveries.is_open(
            ws.db, delivery.id
        ):
            # It was disabled, which cancelled this, and is enabled again.
            return None
        request = await prepare(ws, integration, delivery)
        if isinstance(request, NotCalled):
            return await self._fail(delivery, request.step, request.reason)
        called = await self._call(delivery, request)
        again = await self._write(
            delivery, lambda changes: settle(ws, self._registry, changes, delivery, called)
        )
        tell(delivery, called.attempt, again)
        return again

    async def _call(self, delivery: Delivery, request: OutgoingRequest) -> Called:
        started = self._ws.now()
        response: OutgoingResponse | None = None
        error: str | None = None
        outcome: retries.Outcome
        try:
            response = await self._client.send(request)
        except NotReached as failure:
            error = failure.reason
            outcome = retries.NotReached(error, permanent=failure.kind in _PERMANENT)
        else:
            outcome = retries.Answered(response.status, response.headers)
        attempt = Attempt(
            delivery_id=delivery.id,
            number=delivery.attempts + 1,
            started_at=started,
            duration_ms=response.duration_ms if response is not None else self._ws.now() - started,
            status=response.status if response is not None else None,
            request=sent(request),
            response=received(response) if response is not None else None,
            error=error,
        )
        return Called(attempt, outcome, response)

    async def _cancel(self, delivery: Delivery, reason: str) -> int | None:
        async def add(changes: Changes) -> None:
            deliveries.cancel(changes, delivery, reason, self._ws.now())

        return await self._write(delivery, add)

    async def _fail(self, delivery: Delivery, step: str, reason: str) -> int | None:
        progress = Progress(step=step, error=True, error_stack=reason)

        async def add(changes: Changes) -> None:
            at, made = self._ws.now(), delivery.attempts
            deliveries.finish(changes, delivery, "failed", progress, at, attempts=made)

        return await self._write(delivery, add)

    async def _write(self, delivery: Delivery, add: Add) -> int | None:
        """Commit what ``add`` adds, again and again until it is on disk; answers what ``add`` does."""
        stale, pause_s = 0, _FIRST_PAUSE_S
        while True:
            changes = Changes()
            try:
                again = await add(changes)
                await self._ws.db.commit(changes)
            except Conflict as conflict:
                if "attempts" not in conflict.constraint:
                    raise
                # Written before the connection broke, or by a node that took over: see how it went on.
                log.warning("attempt was recorded already", delivery=delivery.id)
                return self._ws.now()
            except Stale:
                stale += 1
                if stale == _STALE_TRIES:
                    raise
                self._ws.directory.forget_everything()
            except Unavailable:
                log.warning("the outcome of a delivery could not be written yet", delivery=delivery.id)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            else:
                return again

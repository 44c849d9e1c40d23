"""Calling a receiver, and writing down what came of it until that is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import structlog

from hookroom.delivery.client import GuardedClient
from hookroom.delivery.exchange import Kind, NotReached, OutgoingRequest, OutgoingResponse
from hookroom.integrations.outcome import Called
from hookroom.integrations.recording import received, sent
from hookroom.rules import retries
from hookroom.rules.model import Integration
from hookroom.storage.database import Conflict, Stale, Unavailable
from hookroom.storage.statement import Changes
from hookroom.storage.tables.attempts import Attempt
from hookroom.storage.tables.deliveries import Delivery
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

T = TypeVar("T")

Finish = Callable[[Integration, Delivery, OutgoingRequest], OutgoingRequest]
"""Puts something on a request of a delivery before it is sent; may raise ``NotReached``."""

_PERMANENT: Final[frozenset[Kind]] = frozenset({"address-refused", "bad-url", "header"})
_STALE_TRIES: Final = 32
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0


class AlreadyRecorded(Exception):
    """This attempt is on disk: written before the connection broke, or by a node that took over."""


class Caller:
    """Sends the requests of deliveries with ``client``; ``finishing`` has what is put on each of them first."""

    def __init__(self, ws: Workspace, client: GuardedClient, finishing: Sequence[Finish] = ()) -> None:
        self._ws = ws
        self._client = client
        self._finishing = finishing

    async def call(
        self,
        integration: Integration,
        delivery: Delivery,
        request: OutgoingRequest,
        *,
        scripted: bool = False,
    ) -> Called:
        """Send ``request``, the next attempt of ``delivery``, and answer what came of it.

        ``scripted``: a script made the request.
        """
        ws = self._ws
        started = ws.now()
        response: OutgoingResponse | None = None
        error: str | None = None
        outcome: retries.Outcome
        try:
            for finish in self._finishing:
                request = finish(integration, delivery, request)
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
            duration_ms=response.duration_ms if response is not None else ws.now() - started,
            status=response.status if response is not None else None,
            request=sent(request, scripted=scripted),
            response=received(response) if response is not None else None,
            error=error,
        )
        return Called(attempt=attempt, outcome=outcome, response=response)


async def write(ws: Workspace, delivery: Delivery, add: Callable[[Changes], Awaitable[T]]) -> T:
    """Commit what ``add`` adds, again and again until it is on disk; answers what ``add`` does.

    Raises ``AlreadyRecorded``.
    """
    stale, pause_s = 0, _FIRST_PAUSE_S
    while True:
        changes = Changes()
        try:
            added = await add(changes)
            await ws.db.commit(changes)
        except Conflict as conflict:
            if "attempts" not in conflict.constraint:
                raise
            log.warning("attempt was recorded already", delivery=delivery.id)
            raise AlreadyRecorded from None
        except Stale:
            stale += 1
            if stale == _STALE_TRIES:
                raise
            ws.directory.forget_everything()
        except Unavailable:
            log.warning("the outcome of a delivery could not be written yet", delivery=delivery.id)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        else:
            return added

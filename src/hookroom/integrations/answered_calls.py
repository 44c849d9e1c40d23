"""A call that comes again posts nothing again: it gets the answer that the first one got.

::

    call with a key ──▶ known here? ──▶ (scripts: stored?) ──▶ post, the key in the same commit ──▶ answer
                             │                  │                      │ Conflict: another node was faster
                             ▼                  ▼                      ▼
                        the first answer ◀── read what is stored ◀─────┘

Nothing is written before the call is done, so that a crash on the way leaves nothing behind: the sender's next
try posts. What failed, and what had nothing to post, is not kept either.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from hookroom.errors import HookFailure, HookroomError, Overloaded
from hookroom.integrations.registry import Registry
from hookroom.rules.delivery_keys import DeliveryKey, digest, fingerprint
from hookroom.rules.model import Integration
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import idempotency_keys
from hookroom.storage.tables.idempotency_keys import AnsweredCall
from hookroom.workspace.turns import Turns

HOUR_MS: Final = 3_600_000
KEPT: Final = 10_000
"""Calls that are remembered here, besides being stored."""
KEPT_SIZE: Final = 1024
"""Bytes of the largest answer among those."""
STORED_SIZE: Final = 64 * 1024
"""Bytes of the largest answer that is stored; of a larger one only the success is."""
TRIES: Final = 4

OTHER_BODY: Final = "This Idempotency-Key was used before with another body: nothing was posted"
BUSY: Final = (
    "Calls with this key were answered and forgotten at the same time: nothing was posted, please try again"
)

Remember = Callable[[Changes, Any], None]
"""Writes, with the changes of a call, that the call is answered so."""

Work = Callable[[Remember], Awaitable[Any]]
"""Does what a call asks for, and answers what its sender is answered."""

_encode: Final = msgspec.json.Encoder().encode


class Again(Struct, frozen=True):
    """What a sender is answered whose call came before: the first answer, as JSON, and the id of that call."""

    body: bytes
    call_id: str = ""


def body_of(answer: Any) -> bytes:
    """What a sender is answered, as JSON: mappings with ``success: true``, everything else as it is."""
    return _encode({**answer, "success": True} if isinstance(answer, Mapping) else answer)


_SUCCESS: Final = body_of({})


class AnsweredCalls:
    """The calls that one server answered.

    ``hours`` is how long a call counts as the same for integrations that do not say; ``now`` gives epoch
    milliseconds.
    """

    def __init__(self, db: Database, registry: Registry, now: Callable[[], int], hours: float) -> None:
        self._db = db
        self._registry = registry
        self._now = now
        self._hours = hours
        self._turns = Turns()
        self._known: OrderedDict[str, AnsweredCall] = OrderedDict()

    def window_ms(self, integration: Integration | None) -> int:
        """For how long calls of ``integration`` count as the same; 0 for those that never do."""
        own = integration.idempotency_hours if integration is not None else None
        return round((self._hours if own is None else own) * HOUR_MS)

    def shortest_ms(self) -> int:
        """The shortest time for which calls of any integration count as the same, 0 aside."""
        times = map(self.window_ms, (None, *self._registry.all()))
        return min((time for time in times if time), default=0)

    def is_over(self, integration_id: str, at: int) -> bool:
        """Whether a call that was answered ``at`` (epoch milliseconds) counts no longer."""
        return at + self.window_ms(self._registry.get(integration_id)) <= self._now()

    async def once(
        self,
        integration: Integration,
        named: DeliveryKey,
        body: bytes,
        work: Work,
        *,
        look_first: bool,
        call_id: str = "",
    ) -> Any:
        """Do ``work`` unless it was done for a call of that name; then answer ``Again`` what came of that.

        Two at once wait for each other, on one node; of two nodes one gives the other's answer. ``look_first``
        asks the database before ``work`` too, for work that should not be done in vain; ``call_id`` is this call's
        in the integration's history. Raises ``HookroomError``: what ``work`` raises, and 422 for another body
        under a key that is exact.
        """
        seen = fingerprint(body)
        key = digest(integration.id, named, seen)
        async with self._turns.of([key]):
            done = self._kept(integration, key)
            if done is None and look_first:
                done = await self._stored(integration, key)
            for _ in range(TRIES):
                if done is not None:
                    return _again(named, seen, done)
                try:
                    return await work(self._remember(integration, key, seen, call_id))
                except HookroomError as error:
                    if not idempotency_keys.is_repeat(error):
                        raise
                done = await self._stored(integration, key)
        raise Overloaded(BUSY)

    def _remember(self, integration: Integration, key: str, seen: str, call_id: str) -> Remember:
        def remember(changes: Changes, answer: Any) -> None:
            text = body_of(answer)
            call = AnsweredCall(
                integration_id=integration.id,
                key=key,
                at=self._now(),
                body=seen,
                answer=text.decode() if len(text) <= STORED_SIZE else None,
                call_id=call_id,
            )
            idempotency_keys.insert(changes, call)
            changes.then(lambda: self._keep(call))

        return remember

    def _keep(self, call: AnsweredCall) -> None:
        if call.answer is not None and len(call.answer) <= KEPT_SIZE:
            self._known[call.key] = call
            self._known.move_to_end(call.key)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)

    def _kept(self, integration: Integration, key: str) -> AnsweredCall | None:
        call = self._known.get(key)
        return call if call is not None and not self._is_over(integration, call) else None

    async def _stored(self, integration: Integration, key: str) -> AnsweredCall | None:
        call = await idempotency_keys.one(self._db, integration.id, key)
        if call is None:
            return None
        if self._is_over(integration, call):
            # It would be in the way of the new one.
            changes = Changes()
            idempotency_keys.forget(changes, call)
            await self._db.commit(changes)
            return None
        self._keep(call)
        return call

    def _is_over(self, integration: Integration, call: AnsweredCall) -> bool:
        return call.at + self.window_ms(integration) <= self._now()


def _again(named: DeliveryKey, seen: str, done: AnsweredCall) -> Again:
    if named.exact and done.body != seen:
        raise HookFailure(OTHER_BODY, status=422)
    return Again(done.answer.encode() if done.answer is not None else _SUCCESS, done.call_id)

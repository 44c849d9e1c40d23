"""Doing deliveries again: one entry of history, or all that ended badly since a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hookroom.errors import Refused
from hookroom.integrations.firing import Firing
from hookroom.integrations.history.managed import replayable
from hookroom.integrations.registry import Registry
from hookroom.rules.history_filter import HistoryFilter, Key
from hookroom.rules.model import Integration, User
from hookroom.storage.database import Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import delivery_history, history_keys
from hookroom.workspace.workspace import Workspace, retrying

METHOD: Final = "replayOutgoingIntegration"
FAILED_METHOD: Final = "replayFailedIntegration"

MAX_REPLAYED: Final = 10_000
"""Most entries that are replayed at once."""
STEP: Final = 200
"""Entries replayed in one commit."""
LOOKED_AT: Final = 2000
"""Entries looked at in one query."""
MAX_LOOKED_AT: Final = 100_000
"""Entries looked at for one call: those that were replayed before count as well."""
_TRIES: Final = 5


class Replayed(Struct, frozen=True):
    """How many entries were replayed; ``next`` is where to go on, ``None`` when all are done."""

    count: int
    next: Key | None


@retrying
async def replay(
    ws: Workspace, registry: Registry, firing: Firing, caller: User, integration_id: str, entry_id: str
) -> None:
    """Tell the URL of an entry of its event once more, with the data it had; the new delivery has its own entry.

    Nothing happens while the integration is disabled. Raises ``Refused``: ``not_authorized``,
    ``error-invalid-integration``, ``integration-type-must-be-outgoing``, ``error-invalid-integration-history``.
    """
    integration = replayable(ws, registry, caller, integration_id, METHOD)
    stored = await delivery_history.one(ws.db, integration.id, entry_id)
    if stored is None:
        raise Refused("error-invalid-integration-history", "Invalid Integration History", method=METHOD)
    if not integration.enabled:
        return
    entry = stored.entry()
    changes = Changes()
    # Were it removed at this moment, the new delivery would be of no event.
    delivery_history.hold(changes, entry.id)
    firing.again(changes, entry.event, integration, entry.url, entry.trigger_word, ws.now())
    await ws.db.commit(changes)


async def replay_failed(
    ws: Workspace,
    registry: Registry,
    firing: Firing,
    caller: User,
    integration_id: str,
    wanted: HistoryFilter,
    *,
    after: Key | None = None,
    limit: int,
) -> Replayed:
    """``replay`` of what ended badly, in the order in which it happened, each entry once and never again.

    ``wanted`` has the states and times. The oldest ``limit`` are taken, and written in steps. Raises ``Refused``
    as ``replay`` does, and ``error-integration-disabled``; that too when it is disabled meanwhile: what was
    replayed until then stays so.
    """
    _enabled(replayable(ws, registry, caller, integration_id, FAILED_METHOD))
    keys, end = await _left(ws, integration_id, wanted, after, limit)
    # In the order of their making: ids rise with time.
    ids = sorted(key.id for key in keys)
    count = 0
    for first in range(0, len(ids), STEP):
        start = time.monotonic()
        integration = _enabled(replayable(ws, registry, caller, integration_id, FAILED_METHOD))
        count += await _step(ws, firing, integration, ids[first : first + STEP])
        # As long for others.
        await asyncio.sleep(time.monotonic() - start)
    return Replayed(count, end)


async def _left(
    ws: Workspace, integration_id: str, wanted: HistoryFilter, after: Key | None, limit: int
) -> tuple[Sequence[Key], Key | None]:
    """Entries that were not replayed yet, the oldest first, and where looking for them went no further."""
    left: list[Key] = []
    for _ in range(MAX_LOOKED_AT // LOOKED_AT):
        found = await history_keys.find(ws.db, integration_id, wanted, "ASC", after=after, count=LOOKED_AT)
        unmarked = await delivery_history.not_replayed(ws.db, [key.id for key in found.keys])
        left += [key for key in found.keys if key.id in unmarked]
        if len(left) > limit:
            return left[:limit], left[limit - 1]
        after = found.end
        if after is None:
            break
    return left, after


async def _step(ws: Workspace, firing: Firing, integration: Integration, ids: Sequence[str]) -> int:
    for _ in range(_TRIES):
        stored = await delivery_history.of_ids(ws.db, ids)
        entries = [one.entry() for one in stored if not one.replayed]
        changes = Changes()
        made: dict[str, str] = {}
        for entry in entries:
            made[entry.id] = firing.again(
                changes, entry.event, integration, entry.url, entry.trigger_word, ws.now()
            )
        if not made:
            return 0
        delivery_history.mark_as_replayed(changes, ws.db.kind, made)
        try:
            await ws.db.commit(changes)
        except Stale:
            continue  # Somebody else replayed some of them, or removed them.
        return len(made)
    raise Stale


def _enabled(integration: Integration) -> Integration:
    if not integration.enabled:
        raise Refused(
            "error-integration-disabled",
            "The integration is disabled: enable it before its deliveries are replayed",
            method=FAILED_METHOD,
        )
    return integration

"""Switching an integration off that does nobody any good, and telling whoever made it."""

from __future__ import annotations

from typing import Final

import structlog
from msgspec.structs import replace

from hookroom.errors import Failure, HookFailure, Refused
from hookroom.integrations.registry import Registry
from hookroom.messages import posting
from hookroom.rooms.destinations import rooms_of
from hookroom.rules.hook_message import NO_DEFAULTS, draft, parse_destination
from hookroom.rules.model import Integration
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

TELLER: Final = "rocket.cat"
"""The id of the user who tells."""

HOUR_MS: Final = 3_600_000


def gone(host: str) -> str:
    """Why an integration is off whose receiver answered 410."""
    return f"{host} answered 410 Gone: it wants no more calls."


def failing_too_long(longest_ms: int) -> str:
    """Why an integration is off whose calls all failed."""
    hours = longest_ms / HOUR_MS
    span = f"{hours:g} hours" if hours >= 1 else f"{longest_ms / 1000:g} seconds"
    return f"All its calls failed for {span}."


async def switch_off(
    ws: Workspace, registry: Registry, changes: Changes, integration: Integration, reason: str, depth: int
) -> None:
    """Disable ``integration``, cancel what it still had to deliver, and send its creator a message.

    ``depth`` is that of the message (``Event.depth``). Nothing happens to one that is off already.
    """
    stored = await integrations.by_id(ws.db, integration.id)
    if stored is None or not stored.enabled:
        return
    stamp = ws.stamp(stored.updated_at)
    registry.update(changes, stored, replace(stored, enabled=False, disabled_reason=reason, updated_at=stamp))
    changes.then(lambda: log.warning("integration switched off", integration=stored.id, reason=reason))
    try:
        await _tell(ws, changes, stored, reason, depth)
    except (Refused, Failure, HookFailure) as error:
        log.warning("its creator could not be told", integration=stored.id, error=str(error))


async def _tell(ws: Workspace, changes: Changes, integration: Integration, reason: str, depth: int) -> None:
    creator = await ws.directory.user(integration.created_by.id)
    teller = await ws.directory.user(TELLER)
    if creator is None or not creator.active or teller is None or not teller.active:
        return
    text = (
        f"I switched off the outgoing integration *{integration.name}* (`{integration.id}`). {reason}\n"
        "Its history tells what happened. Once its receiver is well again, enable it;"
        " `integrations.replayFailed` sends what was missed."
    )
    rooms = await rooms_of(ws, teller, [parse_destination(f"@{creator.username}")])
    message = draft({"text": text}, NO_DEFAULTS)
    await posting.add_all(ws, changes, teller, [(room, message) for room in rooms], depth)

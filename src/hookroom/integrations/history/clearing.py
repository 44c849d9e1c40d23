"""Forgetting what an integration did."""

from __future__ import annotations

from typing import Final

from hookroom.delivery.removal import Pace, remove_ended
from hookroom.integrations.history.managed import managed
from hookroom.integrations.registry import Registry
from hookroom.rules.model import User
from hookroom.workspace.workspace import Workspace

METHOD: Final = "clearIntegrationHistory"


async def clear(ws: Workspace, registry: Registry, caller: User, integration_id: str) -> None:
    """Forget what had ended when this was called; what is still to be delivered stays.

    In steps, so that nobody waits behind a long history. Raises ``Refused``: ``not_authorized``,
    ``error-invalid-integration``.
    """
    integration = managed(ws, registry, caller, integration_id, METHOD)
    await remove_ended(ws.db, {integration.id: ws.now()}, Pace())

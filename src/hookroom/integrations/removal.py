"""Removing integrations (contract, section 2)."""

from __future__ import annotations

from hookroom.delivery.removal import Pace, remove_ended
from hookroom.errors import Failure
from hookroom.integrations.checks import check_managed, find
from hookroom.integrations.registry import Registry
from hookroom.rules.integration_fields import Body
from hookroom.rules.model import Integration, User
from hookroom.storage.statement import Changes
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def remove_incoming(ws: Workspace, registry: Registry, caller: User, body: Body) -> Integration:
    """Remove the incoming integration that ``integrationId`` names; answers it as it was.

    Raises ``Failure`` when there is none, ``Refused`` when it is not the caller's to change.
    """
    integration = await find(ws, registry, "incoming", body["integrationId"])
    return await _remove(ws, registry, caller, integration, "deleteIncomingIntegration")


@retrying
async def remove_outgoing(ws: Workspace, registry: Registry, caller: User, body: Body) -> Integration:
    """Remove the outgoing integration that ``target_url`` or ``integrationId`` names, with its history.

    Answers it as it was; raises as ``remove_incoming``.
    """
    integration_id, target_url = body.get("integrationId"), body.get("target_url")
    if not integration_id and not target_url:
        raise Failure("An integrationId or target_url needs to be provided.")
    integration = await find(ws, registry, "outgoing", integration_id, target_url)
    return await _remove(ws, registry, caller, integration, "deleteOutgoingIntegration")


async def _remove(
    ws: Workspace, registry: Registry, caller: User, integration: Integration, method: str
) -> Integration:
    check_managed(ws, caller, integration, method)
    # In steps, so that nobody waits while a long history goes; what is left of it goes with the integration.
    await remove_ended(ws.db, {integration.id: ws.now()}, Pace())
    changes = Changes()
    registry.delete(changes, integration)
    await ws.db.commit(changes)
    return integration

"""``integrations.regenerateToken``, ``transfer``, ``setEnabled``. All of it is ours."""

from __future__ import annotations

from hookroom.integrations import editing
from hookroom.integrations.visibility import ANY_OF_ALL
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_editing as schemas
from hookroom.rules.integration_fields import shown
from hookroom.rules.key_rotation import HOUR_MS

routes = Routes("Integrations")


@routes.post("integrations.regenerateToken", body=schemas.REGENERATE_TOKEN, permissions=ANY_OF_ALL)
async def regenerate_token(call: Call) -> Answer:
    """Give an integration a new token; calls may bring the old one for ``overlapHours`` (24) more."""
    body, hours = call.body, call.body.get("overlapHours")
    overlap_ms = None if hours is None else round(hours * HOUR_MS)
    changed = await editing.regenerate_token(
        call.ws, call.services.integrations, call.user, body["integrationId"], overlap_ms
    )
    return {"integration": shown(changed)}


@routes.post("integrations.transfer", body=schemas.TRANSFER, permissions=ANY_OF_ALL)
async def transfer(call: Call) -> Answer:
    """Make another user the owner of an integration."""
    body = call.body
    changed = await editing.transfer(
        call.ws, call.services.integrations, call.user, body["integrationId"], body["username"]
    )
    return {"integration": shown(changed)}


@routes.post("integrations.setEnabled", body=schemas.SET_ENABLED, permissions=ANY_OF_ALL)
async def set_enabled(call: Call) -> Answer:
    """Switch an integration on or off, and change nothing else of it."""
    body = call.body
    changed = await editing.set_enabled(
        call.ws, call.services.integrations, call.user, body["integrationId"], body["enabled"]
    )
    return {"integration": shown(changed)}

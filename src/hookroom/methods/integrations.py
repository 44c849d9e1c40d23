"""Managing integrations: the use cases of ``integrations.*`` (contract, section 2) by the names of methods.

What they take is Match's: no value is coerced, and fields that are not an integration's are left behind.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from hookroom.errors import Failure, Refused
from hookroom.integrations import manage_incoming, manage_outgoing, removal
from hookroom.integrations.checks import check_permission
from hookroom.integrations.history import clearing, replaying
from hookroom.integrations.visibility import Kind
from hookroom.methods.params import only, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rules.integration_fields import shown
from hookroom.rules.model import Integration

methods = Methods("Integrations")

T = TypeVar("T")

_SHARED: Final = {
    "username": "string",
    "channel": "string",
    "name": "string",
    "enabled": "boolean",
    "alias": "string",
    "avatar": "string",
    "emoji": "string",
    "scriptEnabled": "boolean",
    "script": "string",
    "skipTranspile": "boolean",
    "scriptEngine": "string",
    "scriptTimeLimit": "whole",
    "scriptMemoryLimit": "whole",
}
_INCOMING: Final = {
    **_SHARED,
    "overrideDestinationChannelEnabled": "boolean",
    "verification": "object",
    "allowedNetworks": "texts",
    "rateLimitCalls": "whole",
    "rateLimitSeconds": "whole",
    "idempotencyHours": "number",
    "template": "string",
}
_OUTGOING: Final = {
    **_SHARED,
    "event": "string",
    "targetRoom": "string",
    "targetChannel": "string",
    "urls": "array",
    "triggerWords": "texts",
    "triggerWordAnywhere": "boolean",
    "token": "string",
    "runOnEdits": "boolean",
    "retryFailedCalls": "boolean",
    "retryCount": "number",
    "retryDelay": "string",
    "impersonateUser": "boolean",
    "ordered": "boolean",
    "concurrency": "whole",
    "signing": "string",
    "caCertificate": "string",
    "allowSelfSigned": "boolean",
}
_ALWAYS: Final = ("channel", "name", "enabled", "scriptEnabled")


@methods.add("addIncomingIntegration")
async def add_incoming(call: MethodCall, integration: Any) -> dict[str, Any]:
    """Create an incoming integration; answers it."""
    body = only(integration, _INCOMING, (*_ALWAYS, "username"))
    services = call.services
    return shown(
        await manage_incoming.create(call.ws, services.integrations, services.script_host, call.user, body)
    )


@methods.add("updateIncomingIntegration")
async def update_incoming(call: MethodCall, integration_id: Any, integration: Any) -> dict[str, Any]:
    """Change an incoming integration; answers it."""
    body = {**only(integration, _INCOMING, _ALWAYS), "integrationId": text(integration_id, "integrationId")}
    if body.get("username") is None:
        body.pop("username", None)
    services = call.services
    changed = manage_incoming.update(call.ws, services.integrations, services.script_host, call.user, body)
    return shown(await _found(call, "incoming", changed))


@methods.add("deleteIncomingIntegration")
async def delete_incoming(call: MethodCall, integration_id: Any) -> bool:
    """Remove an incoming integration."""
    body = {"integrationId": text(integration_id, "integrationId")}
    check_permission(call.ws, call.user, "incoming", call.method)
    await _found(
        call, "incoming", removal.remove_incoming(call.ws, call.services.integrations, call.user, body)
    )
    return True


@methods.add("addOutgoingIntegration")
async def add_outgoing(call: MethodCall, integration: Any) -> dict[str, Any]:
    """Create an outgoing integration; answers it."""
    body = only(integration, _OUTGOING, (*_ALWAYS, "username", "event"))
    services = call.services
    return shown(
        await manage_outgoing.create(call.ws, services.integrations, services.script_host, call.user, body)
    )


@methods.add("updateOutgoingIntegration")
async def update_outgoing(call: MethodCall, integration_id: Any, integration: Any) -> dict[str, Any]:
    """Change an outgoing integration; answers it."""
    body = {
        **only(integration, _OUTGOING, (*_ALWAYS, "username", "event")),
        "integrationId": text(integration_id, "integrationId"),
    }
    services = call.services
    changed = manage_outgoing.update(call.ws, services.integrations, services.script_host, call.user, body)
    return shown(await _found(call, "outgoing", changed))


@methods.add("deleteOutgoingIntegration")
async def delete_outgoing(call: MethodCall, integration_id: Any) -> bool:
    """Remove an outgoing integration and its history."""
    body = {"integrationId": text(integration_id, "integrationId")}
    check_permission(call.ws, call.user, "outgoing", call.method)
    await _found(
        call, "outgoing", removal.remove_outgoing(call.ws, call.services.integrations, call.user, body)
    )
    return True


@methods.add("replayOutgoingIntegration")
async def replay_outgoing(call: MethodCall, entry: Any) -> bool:
    """Deliver the event of a history entry (``{integrationId, historyId}``) once more, with the data it had."""
    given = record(entry)
    services = call.services
    await replaying.replay(
        call.ws,
        services.integrations,
        services.firing,
        call.user,
        text(given.get("integrationId"), "integrationId"),
        text(given.get("historyId"), "historyId"),
    )
    return True


@methods.add("clearIntegrationHistory")
async def clear_history(call: MethodCall, integration_id: Any) -> bool:
    """Forget what an outgoing integration did."""
    key = text(integration_id, "integrationId")
    await clearing.clear(call.ws, call.services.integrations, call.user, key)
    return True


async def _found(call: MethodCall, kind: Kind, changed: Awaitable[Integration]) -> Integration:
    """What ``changed`` answers; methods have a code for an integration that there is not, where REST has none."""
    try:
        return await changed
    except Failure as error:
        if str(error) != "No integration found.":
            raise
        check_permission(call.ws, call.user, kind, call.method)
        if call.method == "updateOutgoingIntegration":
            raise Refused(
                "invalid_integration", "[methods] updateOutgoingIntegration -> integration not found"
            ) from None
        raise Refused("error-invalid-integration", "Invalid integration", method=call.method) from None

"""Creating and changing incoming integrations (contract, section 2); the order of the rules is the contract's."""

from __future__ import annotations

from hookroom.errors import Refused
from hookroom.integrations import verification_secrets
from hookroom.integrations.checks import (
    check_calls,
    check_managed,
    check_permission,
    check_rooms,
    check_script_limits,
    check_starts,
    find,
    user_named,
)
from hookroom.integrations.from_template import template_named
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.script_saving import ScriptSaving
from hookroom.rules.ids import incoming_token, integration_id
from hookroom.rules.integration_fields import Body, changed_incoming, new_incoming, split
from hookroom.rules.model import Integration, User
from hookroom.storage.statement import Changes
from hookroom.workspace.workspace import Workspace, retrying


async def create(
    ws: Workspace, registry: Registry, host: ScriptHost, caller: User, body: Body
) -> Integration:
    """Store the incoming integration that ``body`` (of ``integrations.create``) describes.

    Raises ``Refused`` for the first rule that it breaks, ``Failure`` when its script cannot be compiled now.
    """
    method = "addIncomingIntegration"
    check_permission(ws, caller, "incoming", method)
    if body.get("template"):
        template_named(body["template"])
    channels = _channels(body, method)
    if not body["username"].strip():
        raise Refused("error-invalid-username", "Invalid username", method=method)
    user = await user_named(ws, body["username"])
    if user is None:
        raise Refused("error-invalid-user", "Invalid user", method=method)
    _check_impersonation(ws, user, method)
    await check_rooms(ws, caller, "incoming", channels, {"method": method})
    check_script_limits(body, host.setup, {"method": method})
    asked = check_calls(body, None, {"method": method})
    integration = new_incoming(
        body,
        channels,
        user,
        integration_id=integration_id(),
        token=incoming_token(),
        by=caller,
        at=ws.stamp(),
    )
    integration = await ScriptSaving(host.scripts).settle(None, integration)
    changes = Changes()
    registry.insert(changes, integration)
    await verification_secrets.settle(registry, changes, None, integration, asked.secret, method)
    await ws.db.commit(changes)
    return integration


async def update(
    ws: Workspace, registry: Registry, host: ScriptHost, caller: User, body: Body
) -> Integration:
    """Change what ``body`` (of ``integrations.update``) sends; answers the integration as it is now.

    Raises ``Failure`` when there is no such incoming integration or its script cannot be compiled now,
    ``Refused`` for the first rule broken.
    """
    return await _update(ws, registry, host, ScriptSaving(host.scripts), caller, body)


@retrying
async def _update(
    ws: Workspace, registry: Registry, host: ScriptHost, saving: ScriptSaving, caller: User, body: Body
) -> Integration:
    method = "updateIncomingIntegration"
    old = await find(ws, registry, "incoming", body["integrationId"])
    channels = _channels(body, method)
    check_managed(ws, caller, old, method)
    await check_rooms(ws, caller, "incoming", channels, {"method": method})
    sent = await user_named(ws, body["username"]) if "username" in body else None
    user = sent if "username" in body else await ws.directory.user(old.user_id)
    if user is None:
        raise Refused("error-invalid-post-as-user", "Invalid Post As User", method=method)
    _check_impersonation(ws, user, method)
    check_script_limits(body, host.setup, {"method": method})
    asked = check_calls(body, old, {"method": method})
    new = changed_incoming(old, body, channels, sent, by=caller, at=ws.stamp(old.updated_at))
    new = await saving.settle_change(ws, old, new)
    changes = Changes()
    registry.update(changes, old, new)
    await verification_secrets.settle(registry, changes, old, new, asked.secret, method)
    await ws.db.commit(changes)
    return new


def _channels(body: Body, method: str) -> tuple[str, ...]:
    if not body["channel"].strip():
        raise Refused("error-invalid-channel", "Invalid channel", method=method)
    channels = split(body["channel"])
    check_starts(channels, {"method": method})
    return channels


def _check_impersonation(ws: Workspace, user: User, method: str) -> None:
    if not ws.authority.allows("message-impersonate", user):
        raise Refused(
            "error-user-lacks-message-impersonate-permission",
            "User selected for the incoming integration lacks the 'message-impersonate' permission.",
            method=method,
        )

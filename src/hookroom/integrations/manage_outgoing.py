"""Creating and changing outgoing integrations (contract, section 2); the order of the rules is the contract's."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from hookroom.errors import Refused
from hookroom.integrations.checks import (
    SCOPES,
    check_permission,
    check_rooms,
    check_script_limits,
    check_starts,
    check_trust,
    find,
    user_named,
)
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.script_saving import ScriptSaving
from hookroom.integrations.signing_keys import settle as settle_keys
from hookroom.integrations.visibility import manages, manages_all, manages_own
from hookroom.rules.ids import integration_id, outgoing_token
from hookroom.rules.integration_fields import (
    MAX_CONCURRENCY,
    Body,
    changed_outgoing,
    filled,
    new_outgoing,
    split,
    target_room,
)
from hookroom.rules.model import Integration, User
from hookroom.rules.triggers import EVENTS
from hookroom.rules.webhook_keys import SCHEMES
from hookroom.storage.statement import Changes
from hookroom.workspace.workspace import Workspace, retrying

_METHOD: Final = "updateOutgoingIntegration"
_REQUIRED: Final = {"function": "validateOutgoing._verifyRequiredFields"}
_FIELDS: Final = {"function": "validateOutgoing"}
_ROOMS: Final = {"function": "validateOutgoing._verifyUserHasPermissionForChannels"}


async def create(
    ws: Workspace, registry: Registry, host: ScriptHost, caller: User, body: Body
) -> Integration:
    """Store the outgoing integration that ``body`` (of ``integrations.create``) describes.

    Raises ``Refused`` for the first rule that it breaks, ``Failure`` when its script cannot be compiled now.
    """
    if not (manages_all(ws, caller, "outgoing") or manages_own(ws, caller, "outgoing")):
        raise Refused("not_authorized")
    valid = await _validate(ws, caller, body)
    check_script_limits(body, host.setup, _FIELDS)
    check_trust(ws, body, _FIELDS)
    integration = new_outgoing(
        body,
        valid.channels,
        valid.user,
        integration_id=integration_id(),
        token=outgoing_token(),
        by=caller,
        at=ws.stamp(),
    )
    integration = await ScriptSaving(host.scripts).settle(None, integration)
    changes = Changes()
    registry.insert(changes, integration)
    await settle_keys(ws, registry, changes, None, integration)
    await ws.db.commit(changes)
    return integration


async def update(
    ws: Workspace, registry: Registry, host: ScriptHost, caller: User, body: Body
) -> Integration:
    """Change what ``body`` (of ``integrations.update``) sends; answers the integration as it is now.

    It is looked up by ``target_url``, else by ``integrationId``. Raises ``Failure`` when there is no such
    outgoing integration or its script cannot be compiled now, ``Refused`` for the first rule broken.
    """
    return await _update(ws, registry, host, ScriptSaving(host.scripts), caller, body)


@retrying
async def _update(
    ws: Workspace, registry: Registry, host: ScriptHost, saving: ScriptSaving, caller: User, body: Body
) -> Integration:
    old = await find(ws, registry, "outgoing", body.get("integrationId"), body.get("target_url"))
    valid = await _validate(ws, caller, body)
    if "token" in body and not (body["token"] or "").strip():
        raise Refused("error-invalid-token", "Invalid token", method=_METHOD)
    check_permission(ws, caller, "outgoing", _METHOD)
    if not manages(ws, caller, old):
        raise Refused("invalid_integration", "[methods] updateOutgoingIntegration -> integration not found")
    check_script_limits(body, host.setup, _FIELDS)
    check_trust(ws, body, _FIELDS)
    new = changed_outgoing(old, body, valid.channels, valid.user, by=caller, at=ws.stamp(old.updated_at))
    # Without one in the body the compiled form goes (contract, section 2); it is made again when it runs.
    new = await saving.settle_change(ws, old, new, sent="script" in body)
    changes = Changes()
    registry.update(changes, old, new)
    await settle_keys(ws, registry, changes, old, new)
    await ws.db.commit(changes)
    return new


class _Valid(Struct, frozen=True):
    """What the rules find out on their way."""

    channels: tuple[str, ...]
    user: User


async def _validate(ws: Workspace, caller: User, body: Body) -> _Valid:
    rule = EVENTS.get(body["event"])
    if rule is None:
        raise Refused("error-invalid-event-type", "Invalid event type", details=_REQUIRED)
    if not body["username"].strip():
        raise Refused("error-invalid-username", "Invalid username", details=_REQUIRED)
    if rule.target_room and not target_room(body):
        raise Refused("error-invalid-targetRoom", "Invalid Target Room", details=_REQUIRED)
    if not filled(body.get("urls") or ()):
        raise Refused("error-invalid-urls", "Invalid URLs", details=_REQUIRED)
    if body.get("signing") and body["signing"] not in SCHEMES:
        raise Refused("error-invalid-signing", "signing must be v1 or v1a", details=_FIELDS)
    concurrency = body.get("concurrency")
    if concurrency is not None and not 1 <= concurrency <= MAX_CONCURRENCY:
        raise Refused(
            "error-invalid-concurrency", f"concurrency must be 1 to {MAX_CONCURRENCY}", details=_FIELDS
        )
    channels = _channels(body) if rule.needs_channel else ()
    if not rule.needs_channel and not manages_all(ws, caller, "outgoing"):
        raise Refused(
            "error-invalid-permissions",
            "Invalid permission for required Integration creation.",
            details=_FIELDS,
        )
    user = await user_named(ws, body["username"])
    if user is None:
        raise Refused(
            "error-invalid-user",
            "Invalid user (did you delete the `rocket.cat` user?)",
            details=_FIELDS,
        )
    if rule.trigger_words and not _are_words(body.get("triggerWords")):
        raise Refused("error-invalid-triggerWords", "Invalid triggerWords", details=_FIELDS)
    await check_rooms(ws, caller, "outgoing", channels, _ROOMS)
    return _Valid(channels, user)


def _channels(body: Body) -> tuple[str, ...]:
    channels = filled(split(body["channel"]))
    if not channels:
        raise Refused("error-invalid-channel", "Invalid Channel", details=_FIELDS)
    check_starts(channels, _FIELDS, SCOPES)
    return channels


def _are_words(value: Any) -> bool:
    if value is None or isinstance(value, str):
        return True
    return isinstance(value, list) and all(isinstance(word, str) for word in value)

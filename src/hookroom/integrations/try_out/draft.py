"""Which integration is tried out: a stored one, one with unsaved changes, or one that was never saved."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from hookroom.errors import Refused
from hookroom.integrations.checks import (
    SCOPES,
    check_managed,
    check_permission,
    check_script_limits,
    check_starts,
    user_named,
)
from hookroom.integrations.recording import MASK
from hookroom.integrations.script_host import ScriptSetup
from hookroom.integrations.visibility import Kind, kind_of
from hookroom.rules.integration_fields import (
    Body,
    changed_incoming,
    changed_outgoing,
    filled,
    new_incoming,
    new_outgoing,
    split,
)
from hookroom.rules.model import Integration, User
from hookroom.rules.triggers import EVENTS
from hookroom.storage.tables import integrations
from hookroom.workspace.workspace import Workspace

METHOD: Final = "testIntegration"
DRAFT: Final = "draft"
"""The id and the name of an integration that was never saved."""
SAMPLE_URL: Final = "https://receiver.example/hook"
"""What a draft calls that names no URL."""

_CAT: Final = "rocket.cat"
_DETAILS: Final = {"method": METHOD}


class Draft(Struct, frozen=True):
    """What is tried out, what is ``stored`` of it, and whom it posts as."""

    integration: Integration
    stored: Integration | None
    user: User


async def drafted(ws: Workspace, setup: ScriptSetup, caller: User, body: Body) -> Draft:
    """The integration that ``body`` (of ``integrations.test``) means, as ``caller`` would save it.

    Its secrets are masked, so that nothing that a script does with them shows them. Raises ``Refused`` when the
    caller does not manage it, or a field has a value that could not be saved.
    """
    stored = await _stored(ws, caller, body)
    kind: Kind = kind_of(stored) if stored is not None else _kind(body["type"])
    check_permission(ws, caller, kind, METHOD)
    check_script_limits(body, setup, _DETAILS)
    user = await _poster(ws, stored, body)
    channels = _channels(stored, body, kind)
    whole = {**_kept(stored), **body}
    if "script" in body:
        whole["scriptEnabled"] = body.get("scriptEnabled", True)
    if kind == "incoming":
        made = _incoming(ws, stored, whole, channels, user, caller)
    else:
        made = _outgoing(ws, stored, whole, channels, user, caller)
    # What is shown of other users is what the caller may see of them.
    made = replace(made, token=MASK, enabled=True, created_by=caller.ref())
    return Draft(made, stored, user)


async def _stored(ws: Workspace, caller: User, body: Body) -> Integration | None:
    integration_id = body.get("integrationId")
    if not integration_id:
        if not body.get("type"):
            raise Refused("error-invalid-integration", "Name an integrationId, or the type of a draft")
        return None
    stored = await integrations.by_id(ws.db, integration_id)
    if stored is None or body.get("type") not in (None, "", stored.type):
        raise Refused("error-invalid-integration", "Invalid integration", method=METHOD)
    check_managed(ws, caller, stored, METHOD)
    return stored


def _kind(named: str) -> Kind:
    return "incoming" if named == "webhook-incoming" else "outgoing"


async def _poster(ws: Workspace, stored: Integration | None, body: Body) -> User:
    if stored is not None and "username" not in body:
        user = await ws.directory.user(stored.user_id)
    else:
        user = await user_named(ws, body.get("username", _CAT))
    if user is None:
        raise Refused("error-invalid-user", "Invalid user", method=METHOD)
    return user


def _channels(stored: Integration | None, body: Body, kind: Kind) -> tuple[str, ...]:
    if "channel" not in body:
        return stored.channel if stored is not None else ("#general",)
    channels = filled(split(body["channel"]))
    check_starts(channels, _DETAILS, SCOPES if kind == "outgoing" else ())
    if not channels:
        raise Refused("error-invalid-channel", "Invalid channel", method=METHOD)
    return channels


def _kept(stored: Integration | None) -> dict[str, Any]:
    """The fields that saving would take for not sent."""
    if stored is None:
        return {"name": DRAFT, "enabled": True, "scriptEnabled": False, "urls": [SAMPLE_URL]}
    kept: dict[str, Any] = {
        "scriptEnabled": stored.script_enabled,
        "skipTranspile": bool(stored.skip_transpile),
    }
    if not stored.is_incoming:
        kept |= {"event": stored.event, "urls": list(stored.urls or ()), "script": stored.script}
    return kept


def _incoming(
    ws: Workspace,
    stored: Integration | None,
    body: Body,
    channels: tuple[str, ...],
    user: User,
    caller: User,
) -> Integration:
    if stored is not None:
        return changed_incoming(stored, body, channels, user, by=caller, at=ws.stamp())
    return new_incoming(body, channels, user, integration_id=DRAFT, token=MASK, by=caller, at=ws.stamp())


def _outgoing(
    ws: Workspace,
    stored: Integration | None,
    body: Body,
    channels: tuple[str, ...],
    user: User,
    caller: User,
) -> Integration:
    body = {**body, "event": body.get("event") or "sendMessage"}
    if body["event"] not in EVENTS:
        raise Refused("error-invalid-event-type", "Invalid event type", details=_DETAILS)
    if not filled(body["urls"] or []):
        raise Refused("error-invalid-urls", "Invalid URLs", details=_DETAILS)
    if stored is not None:
        return changed_outgoing(stored, body, channels, user, by=caller, at=ws.stamp())
    return new_outgoing(body, channels, user, integration_id=DRAFT, token=MASK, by=caller, at=ws.stamp())

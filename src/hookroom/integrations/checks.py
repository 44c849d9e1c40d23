"""Rules that incoming and outgoing integrations share (contract, section 2, "Rules on create and update").

Each function raises ``Refused`` with the contract's code. ``details`` go into its answer: where in the
original the rule was broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from hookroom.delivery.trust import NoCertificates, certificates
from hookroom.errors import Failure, Refused
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptSetup
from hookroom.integrations.trusting import SELF_SIGNED_ALLOWED
from hookroom.integrations.visibility import Kind, kind_of, manages, manages_all, manages_own
from hookroom.rules.call_limits import InvalidLimit, limits
from hookroom.rules.integration_fields import Body
from hookroom.rules.model import Integration, User
from hookroom.rules.verification_settings import Asked, InvalidVerification, asked
from hookroom.storage.tables import integrations
from hookroom.workspace.workspace import Workspace

Details = Mapping[str, str]

SCOPES: Final = ("all_public_channels", "all_private_groups", "all_direct_messages")
"""What an outgoing integration may listen to besides single rooms and people."""

LEAST_TIME_MS: Final = 10
LEAST_MEMORY_MB: Final = 4
"""Least that a script may be allowed: with less none would run."""

_STARTS: Final = ("#", "@")


async def find(
    ws: Workspace, registry: Registry, kind: Kind, integration_id: str | None, target_url: str | None = None
) -> Integration:
    """The integration of that kind with that URL or else that id, as it is stored now.

    Raises ``Failure`` ("No integration found.") for none; one of the other kind is none.
    """
    if target_url:
        known = registry.calling(target_url)
        integration_id = known.id if known is not None else None
    found = await integrations.by_id(ws.db, integration_id) if integration_id else None
    if found is None or kind_of(found) != kind:
        raise Failure("No integration found.")
    return found


def check_permission(ws: Workspace, caller: User, kind: Kind, method: str) -> None:
    """The caller manages at least their own integrations of that kind."""
    if not (manages_all(ws, caller, kind) or manages_own(ws, caller, kind)):
        raise Refused("not_authorized", "Unauthorized", method=method)


def check_managed(ws: Workspace, caller: User, integration: Integration, method: str) -> None:
    """``check_permission``, and the integration is one that the caller may change."""
    check_permission(ws, caller, kind_of(integration), method)
    if not manages(ws, caller, integration):
        raise Refused("error-invalid-integration", "Invalid integration", method=method)


def check_kind(
    ws: Workspace, caller: User, integration: Integration | None, kind: Kind, method: str
) -> Integration:
    """``integration``, if it is there, of that kind, and one that the caller may change."""
    check_permission(ws, caller, kind, method)
    if integration is None:
        raise Refused("error-invalid-integration", "Invalid integration", method=method)
    check_managed(ws, caller, integration, method)
    if kind_of(integration) != kind:
        raise Refused(
            f"integration-type-must-be-{kind}", f"This is for {kind} integrations only", method=method
        )
    return integration


def check_starts(channels: Iterable[str], details: Details, scopes: Iterable[str] = ()) -> None:
    """Every channel is a room (``#``) or a person (``@``), or one of ``scopes``."""
    allowed = frozenset(scopes)
    for channel in channels:
        if not channel.startswith(_STARTS) and channel not in allowed:
            raise Refused(
                "error-invalid-channel-start-with-chars",
                "Invalid channel. Start with @ or #",
                details=details,
            )


def check_script_limits(body: Body, setup: ScriptSetup, details: Details) -> None:
    """Limits of its own that an integration's script is to have are within this server's. Ours."""
    for name, least, most, unit in (
        ("scriptTimeLimit", LEAST_TIME_MS, setup.max_time_ms, "milliseconds"),
        ("scriptMemoryLimit", LEAST_MEMORY_MB, setup.max_memory_mb, "megabytes"),
    ):
        limit = body.get(name)
        if limit is not None and not least <= limit <= most:
            raise Refused(
                "error-invalid-script-limit", f"{name} must be {least} to {most} {unit}", details=details
            )


def check_calls(body: Body, old: Integration | None, details: Details) -> Asked:
    """Limits of calls, and what proves who calls, make sense; answers what ``verification`` asks for. Ours."""
    try:
        limits(body, old)
        return asked(body.get("verification"))
    except InvalidLimit as error:
        raise Refused(error.code, str(error), details=details) from None
    except InvalidVerification as error:
        raise Refused("error-invalid-verification", str(error), details=details) from None


def check_trust(ws: Workspace, body: Body, details: Details) -> None:
    """Whose certificates an integration is to accept: some at all, and what the server permits. Ours."""
    if pem := body.get("caCertificate"):
        try:
            certificates(pem)
        except NoCertificates as error:
            raise Refused(
                "error-invalid-ca-certificate",
                f"caCertificate must hold certificates in PEM form: {error}",
                details=details,
            ) from None
    if body.get("allowSelfSigned") and not ws.settings[SELF_SIGNED_ALLOWED]:
        raise Refused(
            "error-not-allowed",
            f"allowSelfSigned is not allowed: the setting {SELF_SIGNED_ALLOWED} is off",
            details=details,
        )


async def check_rooms(
    ws: Workspace, caller: User, kind: Kind, channels: Iterable[str], details: Details
) -> None:
    """Every room and person exists, and the caller may point an integration there."""
    all_of_kind = manages_all(ws, caller, kind)
    anywhere = all_of_kind and manages_own(ws, caller, kind)
    for channel in dict.fromkeys(channels):
        if channel in SCOPES:
            allowed = channel == "all_public_channels" or all_of_kind
        else:
            target = await _target_id(ws, channel)
            if target is None:
                raise Refused("error-invalid-room", "Invalid room", details=details)
            allowed = anywhere or await ws.directory.subscription(target, caller.id) is not None
        if not allowed:
            raise Refused("error-invalid-channel", "Invalid Channel", details=details)


async def user_named(ws: Workspace, name: object) -> User | None:
    """The user of exactly that name."""
    user = await ws.directory.user_named(name) if isinstance(name, str) else None
    return user if user is not None and user.username == name else None


async def _target_id(ws: Workspace, channel: str) -> str | None:
    name = channel[1:]
    if channel.startswith("#"):
        room = await ws.directory.room(name) or await ws.directory.room_named(name)
        return room.id if room is not None else None
    user = await ws.directory.user(name) or await user_named(ws, name)
    return user.id if user is not None else None

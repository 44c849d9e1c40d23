"""Changes of an integration that leave the rest of it alone: token, owner, whether it is on. All of it is ours.

Who may: holders of ``manage-…-integrations``, and owners who hold ``manage-own-…-integrations``.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from hookroom.errors import Refused
from hookroom.integrations.audit import audited
from hookroom.integrations.checks import check_managed, check_rooms, user_named
from hookroom.integrations.registry import Registry
from hookroom.integrations.visibility import kind_of, manages_all, manages_own
from hookroom.rules.ids import incoming_token, outgoing_token
from hookroom.rules.key_rotation import DEFAULT_OVERLAP_MS
from hookroom.rules.model import Integration, User, UserRef
from hookroom.rules.times import iso, millis
from hookroom.rules.triggers import EVENTS
from hookroom.storage.statement import Changes
from hookroom.storage.tables import failing, integrations
from hookroom.workspace.workspace import Workspace, retrying

_REGENERATE: Final = "regenerateToken"
_TRANSFER: Final = "transferIntegration"
_SET_ENABLED: Final = "setIntegrationEnabled"

SEES_EMAILS: Final = "view-full-other-user-info"
"""Whose owner holds this, that outgoing integration is told of users' e-mails (contract, section 4)."""


@retrying
async def regenerate_token(
    ws: Workspace, registry: Registry, caller: User, integration_id: str, overlap_ms: int | None = None
) -> Integration:
    """Give an integration a new token; answers it as it is then.

    Calls of an incoming one may bring the old token for ``overlap_ms`` more (``None``: a day); one that was
    replaced before is of no use from now on. An outgoing one sends the new token at once. Raises ``Refused``:
    ``not_authorized``, ``error-invalid-integration``, ``error-invalid-overlap``.
    """
    old = await _managed(ws, caller, integration_id, _REGENERATE)
    stamp = ws.stamp(old.updated_at)
    if old.is_incoming:
        overlap = DEFAULT_OVERLAP_MS if overlap_ms is None else overlap_ms
        new = replace(
            old,
            token=incoming_token(),
            previous_token=old.token if overlap else None,
            previous_token_until=iso(millis(stamp) + overlap) if overlap else None,
        )
        said = {"overlap_h": overlap / 3_600_000}
    else:
        if overlap_ms:
            raise Refused(
                "error-invalid-overlap",
                "overlapHours is for incoming integrations only: an outgoing one sends one token",
                method=_REGENERATE,
            )
        new, said = replace(old, token=outgoing_token()), {}
    new = replace(new, updated_at=stamp, updated_by=_who(caller))
    changes = Changes()
    registry.update(changes, old, new)
    audited(changes, "token regenerated", new, caller, **said)
    await ws.db.commit(changes)
    return new


@retrying
async def transfer(
    ws: Workspace, registry: Registry, caller: User, integration_id: str, username: str
) -> Integration:
    """Make another user the owner (``_createdBy``) of an integration; answers it as it is then.

    The new owner must be allowed to have it: the permission of its kind, and its rooms. Who manages only their own
    cannot have an integration see more than it does. Raises ``Refused``: ``not_authorized``,
    ``error-invalid-integration``, ``error-invalid-user``, ``error-user-lacks-integrations-permission``,
    ``error-invalid-permissions``, ``error-invalid-room``, ``error-invalid-channel``, ``error-not-allowed``.
    """
    old = await _managed(ws, caller, integration_id, _TRANSFER)
    owner = await user_named(ws, username)
    if owner is None or not owner.active:
        raise Refused("error-invalid-user", "Invalid user", method=_TRANSFER)
    await _check_may_have(ws, owner, old)
    _check_sees_no_more(ws, caller, owner, old)
    new = replace(old, created_by=_who(owner), updated_at=ws.stamp(old.updated_at), updated_by=_who(caller))
    changes = Changes()
    registry.update(changes, old, new)
    audited(changes, "transferred", new, caller, to=owner.username)
    await ws.db.commit(changes)
    return new


@retrying
async def set_enabled(
    ws: Workspace, registry: Registry, caller: User, integration_id: str, enabled: bool
) -> Integration:
    """Switch an integration on or off; answers it as it is then.

    Switched on, it starts afresh: why it was off is forgotten, and so is since when its calls fail. What was
    cancelled stays so; ``integrations.replayFailed`` sends it. Raises ``Refused``: ``not_authorized``,
    ``error-invalid-integration``, and ``error-invalid-post-as-user`` where its user is gone or not active.
    """
    old = await _managed(ws, caller, integration_id, _SET_ENABLED)
    if enabled:
        poster = await ws.directory.user(old.user_id)
        if poster is None or not poster.active:
            raise Refused("error-invalid-post-as-user", "Invalid Post As User", method=_SET_ENABLED)
    new = replace(
        old,
        enabled=enabled,
        disabled_reason=None if enabled else old.disabled_reason,
        updated_at=ws.stamp(old.updated_at),
        updated_by=_who(caller),
    )
    changes = Changes()
    registry.update(changes, old, new)
    if enabled:
        # Nodes that remember it otherwise ask the database before they give an integration up (``Health``).
        failing.end(changes, new.id)
    audited(changes, "enabled" if enabled else "disabled", new, caller)
    await ws.db.commit(changes)
    return new


async def _managed(ws: Workspace, caller: User, integration_id: str, method: str) -> Integration:
    found = await integrations.by_id(ws.db, integration_id)
    if found is None:
        raise Refused("error-invalid-integration", "Invalid integration", method=method)
    check_managed(ws, caller, found, method)
    return found


async def _check_may_have(ws: Workspace, owner: User, integration: Integration) -> None:
    kind = kind_of(integration)
    everything = manages_all(ws, owner, kind)
    if not (everything or manages_own(ws, owner, kind)):
        raise Refused(
            "error-user-lacks-integrations-permission",
            f"The user lacks the permission 'manage-own-{kind}-integrations'.",
            method=_TRANSFER,
        )
    if everything and manages_own(ws, owner, kind):
        # May point integrations anywhere; a room that is gone is no reason to keep this one where it is.
        return
    rule = EVENTS.get(integration.event or "")
    if rule is not None and not rule.needs_channel and not everything:
        raise Refused(
            "error-invalid-permissions",
            "The user lacks the permission 'manage-outgoing-integrations', which this event needs.",
            method=_TRANSFER,
        )
    await check_rooms(ws, owner, kind, integration.channel, {"method": _TRANSFER})


def _check_sees_no_more(ws: Workspace, caller: User, owner: User, integration: Integration) -> None:
    if integration.is_incoming or manages_all(ws, caller, "outgoing"):
        return
    if ws.authority.allows(SEES_EMAILS, owner) and not ws.authority.allows(SEES_EMAILS, caller):
        raise Refused(
            "error-not-allowed",
            "The receivers of this integration would be told more, for its new owner may see more than you",
            method=_TRANSFER,
        )


def _who(user: User) -> UserRef:
    return UserRef(id=user.id, username=user.username)

"""Making, showing and exchanging the secrets that calls of incoming integrations are verified with. Ours."""

from __future__ import annotations

import secrets
from typing import Any, Final

from msgspec.structs import replace

from hookroom.errors import Refused
from hookroom.integrations.checks import check_kind
from hookroom.integrations.registry import Registry
from hookroom.rules.key_rotation import DEFAULT_OVERLAP_MS, MAX_KEYS, KeptKey, TooManyKeys, rotated
from hookroom.rules.model import Integration, User
from hookroom.rules.times import iso, millis
from hookroom.rules.verification_settings import RANDOM_BYTES, InvalidVerification, checked_secret, new_secret
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations
from hookroom.workspace.workspace import Workspace, retrying

_SHOW: Final = "verificationSecrets"
_ROTATE: Final = "rotateVerificationSecret"


async def settle(
    registry: Registry,
    changes: Changes,
    old: Integration | None,
    new: Integration,
    secret: str | None,
    method: str,
) -> None:
    """Add to ``changes`` what becomes of the secrets when ``new`` takes the place of ``old`` (``None``: created).

    ``secret``, if one was brought, takes the place of all that there are, at once. Without one, those of the same
    scheme stay, and another scheme has one made. Raises ``Refused``: ``error-invalid-verification`` where the
    service chooses it.
    """
    before = old.verification if old is not None else None
    if new.verification is None:
        if before is not None:
            registry.secrets.delete(changes, new.id)
        return
    scheme = new.verification.scheme
    if before is not None and before.scheme == scheme:
        if secret is None:
            return
        stored = await registry.secrets.stored(new.id)
        if stored and stored[0].key == secret:
            # As it was shown, and now sent again: an exchange that is under way goes on.
            return
    try:
        key = _random(scheme) if secret is None else secret
    except InvalidVerification as error:
        raise Refused("error-invalid-verification", str(error), method=method) from None
    registry.secrets.put(changes, new, (KeptKey(key, millis(new.updated_at)),))


def state(ws: Workspace, registry: Registry, caller: User, integration_id: str) -> dict[str, Any]:
    """How calls are verified on this node, now: ``scheme``, and its ``secrets``, the newest first.

    Raises ``Refused``: ``not_authorized``, ``error-invalid-integration``, ``integration-type-must-be-incoming``.
    """
    integration = check_kind(ws, caller, registry.get(integration_id), "incoming", _SHOW)
    if integration.verification is None:
        return {"scheme": "none", "secrets": []}
    keys = registry.secrets.of(integration.id, ws.now())
    return {"scheme": integration.verification.scheme, "secrets": [_shown(one) for one in keys]}


@retrying
async def rotate(
    ws: Workspace,
    registry: Registry,
    caller: User,
    integration_id: str,
    own: str | None,
    overlap_ms: int = DEFAULT_OVERLAP_MS,
) -> dict[str, Any]:
    """Have calls verified with a new secret, a random one or ``own``; answers the ``state`` then.

    The secrets of now are right for ``overlap_ms`` more, those of earlier rotations at most as long as they would
    have been. Raises ``Refused`` as ``state`` does, and ``error-integration-not-verified``,
    ``error-invalid-verification``, ``error-too-many-verification-secrets``.
    """
    stored = await integrations.by_id(ws.db, integration_id)
    old = check_kind(ws, caller, stored, "incoming", _ROTATE)
    if old.verification is None:
        raise Refused(
            "error-integration-not-verified",
            "The calls of this integration are not verified: set verification",
            method=_ROTATE,
        )
    scheme = old.verification.scheme
    try:
        key = _random(scheme) if own is None else checked_secret(scheme, own)
    except InvalidVerification as error:
        text = f"{error.field} {error.problem}"
        raise Refused("error-invalid-verification", text, method=_ROTATE) from None
    keys = await registry.secrets.stored(old.id)
    new = replace(old, updated_at=ws.stamp(old.updated_at), updated_by=caller.ref())
    try:
        left = rotated(keys, key, millis(new.updated_at), overlap_ms)
    except TooManyKeys:
        raise Refused(
            "error-too-many-verification-secrets",
            f"{MAX_KEYS} secrets are right at present: wait until one expires, or rotate with overlapHours 0",
            method=_ROTATE,
        ) from None
    changes = Changes()
    registry.update(changes, old, new)
    registry.secrets.put(changes, new, left)
    await ws.db.commit(changes)
    return state(ws, registry, caller, integration_id)


def _random(scheme: str) -> str:
    return new_secret(scheme, secrets.token_bytes(RANDOM_BYTES))


def _shown(one: KeptKey) -> dict[str, Any]:
    expires = {"expiresAt": iso(one.expires_at)} if one.expires_at is not None else {}
    return {"secret": one.key, "createdAt": iso(one.created_at), **expires}

"""Making, showing and exchanging the keys that outgoing integrations sign with. All of it is ours."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from hookroom.errors import Refused
from hookroom.integrations.checks import check_kind
from hookroom.integrations.registry import Registry
from hookroom.rules.key_rotation import DEFAULT_OVERLAP_MS, HOUR_MS, MAX_KEYS, KeptKey, TooManyKeys, rotated
from hookroom.rules.model import Integration, User
from hookroom.rules.times import iso, millis
from hookroom.rules.webhook_keys import RANDOM_BYTES, InvalidKey, PrivateKey, Scheme, new_key, signing_key
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations
from hookroom.workspace.workspace import Workspace, retrying

_SHOW: Final = "signingKeys"
_ROTATE: Final = "rotateSigningKey"


async def settle(
    ws: Workspace, registry: Registry, changes: Changes, old: Integration | None, new: Integration
) -> None:
    """Add to ``changes`` what becomes of the keys when ``new`` takes the place of ``old`` (``None``: created).

    Signing that is switched on makes a key, switched off it loses them all. From one scheme to the other the old
    keys go on for a day, so that receivers can follow. Raises ``Refused``: ``error-too-many-signing-keys``.
    """
    before = old.signing if old is not None else None
    if new.signing == before:
        return
    if new.signing is None:
        registry.keyring.delete(changes, new.id)
        return
    keys = await registry.keyring.stored(new.id) if before is not None else ()
    _add(registry, changes, new, keys, _random(new.signing))


def state(ws: Workspace, registry: Registry, caller: User, integration_id: str) -> dict[str, Any]:
    """How an integration signs on this node, now: ``signing``, and its ``keys``, the newest first.

    A ``v1`` key is shown, of a ``v1a`` key the public half. Raises ``Refused``: ``not_authorized``,
    ``error-invalid-integration``, ``integration-type-must-be-outgoing``.
    """
    integration = check_kind(ws, caller, registry.get(integration_id), "outgoing", _SHOW)
    keys = registry.keyring.of(integration.id, ws.now()) if integration.signing is not None else ()
    return {"signing": integration.signing, "keys": [_shown(one) for one in keys]}


@retrying
async def rotate(
    ws: Workspace,
    registry: Registry,
    caller: User,
    integration_id: str,
    own: str | None,
    overlap_ms: int = DEFAULT_OVERLAP_MS,
) -> dict[str, Any]:
    """Have an integration sign with a new key, a random one or ``own`` (``whsec_…``); answers its ``state`` then.

    The keys that sign now go on for ``overlap_ms``, those of earlier rotations at most as long as they would have.
    Raises ``Refused`` as ``state`` does, and ``error-integration-not-signed``, ``error-invalid-signing-key``,
    ``error-too-many-signing-keys``.
    """
    stored = await integrations.by_id(ws.db, integration_id)
    old = check_kind(ws, caller, stored, "outgoing", _ROTATE)
    if old.signing is None:
        raise Refused(
            "error-integration-not-signed",
            "The requests of this integration are not signed: set signing to v1 or v1a",
            method=_ROTATE,
        )
    key = _random(old.signing) if own is None else _own(own, old.signing)
    keys = await registry.keyring.stored(old.id)
    new = replace(old, updated_at=ws.stamp(old.updated_at), updated_by=caller.ref())
    changes = Changes()
    registry.update(changes, old, new)
    _add(registry, changes, new, keys, key, overlap_ms)
    await ws.db.commit(changes)
    return state(ws, registry, caller, integration_id)


def _add(
    registry: Registry,
    changes: Changes,
    integration: Integration,
    keys: Sequence[KeptKey],
    key: str,
    overlap_ms: int = DEFAULT_OVERLAP_MS,
) -> None:
    try:
        left = rotated(keys, key, millis(integration.updated_at), overlap_ms)
    except TooManyKeys:
        raise Refused(
            "error-too-many-signing-keys",
            f"{MAX_KEYS} keys sign at present: wait until one expires, or rotate with overlapHours 0",
            method=_ROTATE,
        ) from None
    registry.keyring.put(changes, integration, left)


def _random(scheme: Scheme) -> str:
    return new_key(scheme, secrets.token_bytes(RANDOM_BYTES)).text


def _own(text: str, scheme: Scheme) -> str:
    """``text`` as keys are written here."""
    try:
        if scheme != "v1":
            raise InvalidKey("only the secrets of v1 can be chosen")
        key = signing_key(text.strip())
        if isinstance(key, PrivateKey):
            raise InvalidKey("a secret of v1 starts with whsec_")
    except InvalidKey as error:
        raise Refused("error-invalid-signing-key", f"Invalid key: {error}", method=_ROTATE) from None
    return key.text


def _shown(one: KeptKey) -> dict[str, Any]:
    key = signing_key(one.key)
    public = {"publicKey": key.public.text} if isinstance(key, PrivateKey) else {"key": one.key}
    expires = {"expiresAt": iso(one.expires_at)} if one.expires_at is not None else {}
    return {**public, "createdAt": iso(one.created_at), **expires}


def overlap(hours: float | None) -> int:
    """``overlapHours`` in milliseconds; without it the usual day."""
    return DEFAULT_OVERLAP_MS if hours is None else round(hours * HOUR_MS)

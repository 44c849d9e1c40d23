"""Who may see and change which integrations (contract, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from hookroom.integrations.registry import Registry
from hookroom.rules.model import Integration, User
from hookroom.workspace.workspace import Workspace

Kind = Literal["incoming", "outgoing"]

ANY_OF_OUTGOING: Final = ("manage-outgoing-integrations", "manage-own-outgoing-integrations")
ANY_OF_ALL: Final = (
    *ANY_OF_OUTGOING,
    "manage-incoming-integrations",
    "manage-own-incoming-integrations",
)
"""Who has one of these may ask for integrations at all."""


def kind_of(integration: Integration) -> Kind:
    """Which permissions an integration falls under."""
    return "incoming" if integration.is_incoming else "outgoing"


def manages_all(ws: Workspace, user: User, kind: Kind) -> bool:
    """Whether ``user`` manages every integration of that kind."""
    return ws.authority.allows(f"manage-{kind}-integrations", user)


def manages_own(ws: Workspace, user: User, kind: Kind) -> bool:
    """Whether ``user`` manages the integrations of that kind that they created."""
    return ws.authority.allows(f"manage-own-{kind}-integrations", user)


def manages(ws: Workspace, user: User, integration: Integration) -> bool:
    """Whether ``user`` may see and change ``integration``."""
    kind = kind_of(integration)
    return manages_all(ws, user, kind) or (
        integration.created_by.id == user.id and manages_own(ws, user, kind)
    )


def visible(ws: Workspace, registry: Registry, user: User) -> Sequence[Integration]:
    """What ``user`` may see of all integrations, newest first."""
    everything = {kind: manages_all(ws, user, kind) for kind in _KINDS}
    own = {kind: manages_own(ws, user, kind) for kind in _KINDS}
    seen = [
        one
        for one in registry.all()
        if everything[kind_of(one)] or (one.created_by.id == user.id and own[kind_of(one)])
    ]
    return sorted(seen, key=lambda one: (one.created_at, one.id), reverse=True)


_KINDS: Final[tuple[Kind, ...]] = ("incoming", "outgoing")

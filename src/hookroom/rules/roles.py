"""The roles that every server has from its first start.

A role has a scope: ``Users`` roles are held everywhere, ``Subscriptions`` roles in one room at a time.
Ids, scopes and descriptions are the original's; omnichannel and federation roles are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import field

from hookroom.rules.model import Value

RoleScope = Literal["Users", "Subscriptions"]


class Role(Value, frozen=True, kw_only=True):
    """A role as ``roles.list`` answers it. A protected one can be described anew, not deleted."""

    id: str = field(name="_id")
    name: str
    scope: RoleScope
    description: str
    protected: bool
    mandatory2fa: bool


def _protected(id_: str, scope: RoleScope, description: str = "") -> Role:
    return Role(id=id_, name=id_, scope=scope, description=description, protected=True, mandatory2fa=False)


DEFAULT_ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        role.id: role
        for role in (
            _protected("admin", "Users", "Admin"),
            _protected("moderator", "Subscriptions", "Moderator"),
            _protected("leader", "Subscriptions", "Leader"),
            _protected("owner", "Subscriptions", "Owner"),
            _protected("user", "Users"),
            _protected("bot", "Users"),
            _protected("app", "Users"),
            _protected("guest", "Users"),
            _protected("anonymous", "Users"),
        )
    }
)
"""Role id -> role, in the order in which they are listed."""

DEFAULT_ROOM_ROLES: Final[frozenset[str]] = frozenset(
    role.id for role in DEFAULT_ROLES.values() if role.scope == "Subscriptions"
)
"""Ids of the default roles that are held in a room: owner, moderator, leader."""

"""Who may do what, in memory: roles, permissions, and how they change."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

from hookroom.rules.model import Subscription, User
from hookroom.rules.permissions import DEFAULT_PERMISSIONS, PermissionTable
from hookroom.rules.roles import DEFAULT_ROLES, Role
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import authority
from hookroom.workspace.reloading import Reloading


class Authority(Reloading):
    """The permission table and the roles of this server. Use ``load`` before anything else.

    A change takes effect on this node before its ``commit`` returns and on others within a notification.
    """

    kinds = frozenset({"authority"})

    def __init__(self, db: Database) -> None:
        self._db = db
        self.roles: dict[str, Role] = {}
        self.role_changed_at: dict[str, int] = {}
        """Role id -> epoch milliseconds."""
        self.changed_at: dict[str, int] = {}
        """Permission -> epoch milliseconds."""
        self.table = PermissionTable({}, ())
        super().__init__(db)

    def allows(self, permission: str, user: User, member: Subscription | None = None) -> bool:
        """Whether ``user`` holds ``permission``, in the room of the subscription ``member`` if given."""
        return self.table.allows(permission, user.roles, member.roles if member else ())

    def allows_any(
        self, permissions: Collection[str], user: User, member: Subscription | None = None
    ) -> bool:
        """Whether ``user`` holds one of ``permissions``."""
        return any(self.allows(permission, user, member) for permission in permissions)

    def role_named(self, id_or_name: str) -> Role | None:
        """The role with that id or, failing that, that name."""
        return self.roles.get(id_or_name) or next(
            (role for role in self.roles.values() if role.name == id_or_name), None
        )

    def grant(self, changes: Changes, permission: str, roles: Sequence[str], now: int) -> None:
        """Give ``permission`` to exactly ``roles``."""
        authority.put_permission(changes, permission, roles, now)
        changes.then(lambda: self._granted({permission: roles}, now))

    def add_role(self, changes: Changes, role: Role, now: int) -> None:
        """A new role. Conflict on ``roles_pk``."""
        authority.insert_role(changes, role, now)
        changes.then(lambda: self._described({**self.roles, role.id: role}, role.id, now))

    def change_role(self, changes: Changes, role: Role, now: int) -> None:
        """Describe a role anew; ``Stale`` when it is gone."""
        authority.update_role(changes, role, now)
        changes.then(lambda: self._described({**self.roles, role.id: role}, role.id, now))

    def delete_role(self, changes: Changes, role_id: str, now: int) -> None:
        """Forget a role that nobody holds, and what it allowed; ``Stale`` when somebody does."""
        authority.delete_role(changes, role_id, now)
        without = {
            permission: sorted(holders - {role_id})
            for permission, holders in self.table.items()
            if role_id in holders
        }
        for permission, holders in without.items():
            authority.put_permission(changes, permission, holders, now)
        changes.then(lambda: self._granted(without, now))
        changes.then(lambda: self._forgotten(role_id))

    async def load(self) -> None:
        """Read everything anew; what a newer version brought is added with its defaults."""
        now = time.time_ns() // 1_000_000
        stored = await authority.permissions(self._db)
        roles = {role.id: (role, at) for role, at in await authority.roles(self._db)}
        permissions = {name: (tuple(holders), at) for name, holders, at in stored}
        new_roles = [role for role in DEFAULT_ROLES.values() if role.id not in roles]
        new_permissions = [item for item in DEFAULT_PERMISSIONS.items() if item[0] not in permissions]
        if new_roles or new_permissions:
            changes = Changes()
            authority.seed(changes, new_roles, new_permissions, now)
            await self._db.commit(changes)
        roles |= {role.id: (role, now) for role in new_roles}
        permissions |= {name: (holders, now) for name, holders in new_permissions}
        self.roles = {role_id: role for role_id, (role, _) in roles.items()}
        self.role_changed_at = {role_id: at for role_id, (_, at) in roles.items()}
        self.table = PermissionTable(
            {name: holders for name, (holders, _) in permissions.items()}, _room_roles(self.roles)
        )
        self.changed_at = {name: at for name, (_, at) in permissions.items()}

    def _granted(self, granted: Mapping[str, Sequence[str]], now: int) -> None:
        for permission, roles in granted.items():
            self.table = self.table.with_roles(permission, roles)
            self.changed_at[permission] = now

    def _described(self, roles: dict[str, Role], role_id: str, now: int) -> None:
        self.roles = roles
        self.role_changed_at[role_id] = now
        self.table = self.table.with_room_roles(_room_roles(roles))

    def _forgotten(self, role_id: str) -> None:
        self.roles = {known: role for known, role in self.roles.items() if known != role_id}
        self.role_changed_at.pop(role_id, None)
        self.table = self.table.with_room_roles(_room_roles(self.roles))


def _room_roles(roles: Mapping[str, Role]) -> frozenset[str]:
    return frozenset(role.id for role in roles.values() if role.scope == "Subscriptions")

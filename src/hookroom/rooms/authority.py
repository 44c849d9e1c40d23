"""Who may do what, in memory: roles, permissions, and how they change."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from hookroom.rooms.reloading import Reloading
from hookroom.rules.model import Subscription, User
from hookroom.rules.permissions import DEFAULT_PERMISSIONS, PermissionTable
from hookroom.rules.roles import DEFAULT_ROLES, Role
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import authority


class Authority(Reloading):
    """The permission table and the roles of this server. Use ``load`` before anything else.

    A change takes effect on this node before its ``commit`` returns and on others within a notification.
    """

    kinds = frozenset({"authority"})

    def __init__(self, db: Database) -> None:
        self._db = db
        self.roles: dict[str, Role] = {}
        self.changed_at: dict[str, int] = {}
        self.table = PermissionTable({})
        super().__init__(db)

    def allows(self, permission: str, user: User, member: Subscription | None = None) -> bool:
        """Whether ``user`` holds ``permission``, in the room of the subscription ``member`` if given."""
        return self.table.allows(permission, user.roles, member.roles if member else ())

    def allows_any(
        self, permissions: Collection[str], user: User, member: Subscription | None = None
    ) -> bool:
        """Whether ``user`` holds one of ``permissions``."""
        return any(self.allows(permission, user, member) for permission in permissions)

    def grant(self, changes: Changes, permission: str, roles: Sequence[str], now: int) -> None:
        """Give ``permission`` to exactly ``roles``."""
        authority.put_permission(changes, permission, roles, now)
        changes.then(lambda: self._granted(permission, roles, now))

    def put_role(self, changes: Changes, role: Role) -> None:
        """Add or change a role."""
        authority.put_role(changes, role.id, msgspec.json.encode(role))
        changes.then(lambda: self.roles.__setitem__(role.id, role))

    def delete_role(self, changes: Changes, role: Role) -> None:
        """Remove a role."""
        authority.delete_role(changes, role.id)
        changes.then(lambda: self.roles.__delitem__(role.id))

    def _granted(self, permission: str, roles: Sequence[str], now: int) -> None:
        self.table = self.table.with_roles(permission, roles)
        self.changed_at[permission] = now

    async def load(self) -> None:
        """Read everything anew; what a newer version brought is added with its defaults."""
        stored = await authority.permissions(self._db)
        known = {permission for permission, _, _ in stored}
        missing = [(name, roles, 0) for name, roles in DEFAULT_PERMISSIONS.items() if name not in known]
        roles = {role.id: role for role in (msgspec.json.decode(r, type=Role) for r in await self._roles())}
        changes = Changes()
        for role in DEFAULT_ROLES.values():
            if role.id not in roles:
                roles[role.id] = role
                authority.put_role(changes, role.id, msgspec.json.encode(role))
        for name, holders, at in missing:
            authority.put_permission(changes, name, holders, at)
        if changes.steps:
            changes.touched.clear()
            await self._db.commit(changes)
        self.roles = roles
        self.table = PermissionTable({name: tuple(holders) for name, holders, _ in (*stored, *missing)})
        self.changed_at = {name: at for name, _, at in (*stored, *missing)}

    async def _roles(self) -> Sequence[bytes]:
        return await authority.roles(self._db)

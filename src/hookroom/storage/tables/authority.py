"""Roles and permissions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from hookroom.rules.roles import Role
from hookroom.rules.room_roles import NO_ROLE
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Row, Statement
from hookroom.storage.tables import removals

_decode: Final = msgspec.json.Decoder(Role).decode

_NEW_ROLE: Final = Statement("INSERT INTO roles (id, updated_at, doc) VALUES (:id, :updated_at, :doc)")
_SEED_ROLE: Final = Statement(f"{_NEW_ROLE.sql} ON CONFLICT (id) DO NOTHING")
_CHANGE_ROLE: Final = Statement("UPDATE roles SET updated_at = :updated_at, doc = :doc WHERE id = :id")
_NO_ROLE: Final = Statement(
    "DELETE FROM roles WHERE id = :id AND NOT EXISTS (SELECT 1 FROM user_roles WHERE role_id = :id)"
)
_ROLES: Final = Statement("SELECT updated_at, doc FROM roles ORDER BY id")
_HOLDERS: Final = Statement("SELECT count(*) FROM user_roles WHERE role_id = :role_id")
_HOLDERS_IN_ROOMS: Final = Statement(
    f"SELECT DISTINCT user_id FROM subscriptions WHERE role_rank < {NO_ROLE} AND doc LIKE :part"
)
_NEW_PERMISSION: Final = "INSERT INTO permissions (id, roles, updated_at) VALUES (:id, :roles, :updated_at)"
_PERMISSION: Final = Statement(
    f"{_NEW_PERMISSION}"
    " ON CONFLICT (id) DO UPDATE SET roles = excluded.roles, updated_at = excluded.updated_at"
)
_SEED_PERMISSION: Final = Statement(f"{_NEW_PERMISSION} ON CONFLICT (id) DO NOTHING")
_PERMISSIONS: Final = Statement("SELECT id, roles, updated_at FROM permissions ORDER BY id")


def insert_role(changes: Changes, role: Role, now: int) -> None:
    """A new role. Conflict on ``roles_pk``."""
    changes.run(_NEW_ROLE, id=role.id, updated_at=now, doc=_doc(role))
    changes.touch("authority", role.id)


def update_role(changes: Changes, role: Role, now: int) -> None:
    """Describe a role anew; ``Stale`` when it is gone."""
    changes.run(_CHANGE_ROLE, expect=1, id=role.id, updated_at=now, doc=_doc(role))
    changes.touch("authority", role.id)


def delete_role(changes: Changes, role_id: str, now: int) -> None:
    """Forget a role; ``Stale`` when it is gone or some user holds it."""
    changes.run(_NO_ROLE, expect=1, id=role_id)
    removals.add(changes, "role", role_id, now)
    changes.touch("authority", role_id)


def seed(
    changes: Changes, roles: Sequence[Role], permissions: Sequence[tuple[str, Sequence[str]]], now: int
) -> None:
    """Add what a newer version of the program brought, where it is not there yet."""
    for role in roles:
        changes.run(_SEED_ROLE, id=role.id, updated_at=now, doc=_doc(role))
    for permission, holders in permissions:
        changes.run(_SEED_PERMISSION, id=permission, roles=_list(holders), updated_at=now)


def put_permission(changes: Changes, permission: str, roles: Sequence[str], now: int) -> None:
    """Give a permission to exactly these roles."""
    changes.run(_PERMISSION, id=permission, roles=_list(roles), updated_at=now)
    changes.touch("authority", permission)


async def roles(db: Database) -> Sequence[tuple[Role, int]]:
    """All roles with the time of change in epoch milliseconds."""
    return [(_decode(row[1]), row[0]) for row in await db.fetch(_ROLES)]


async def holders(db: Database, role_id: str) -> int:
    """How many users hold a role everywhere."""
    row = await fetch_one(db, _HOLDERS, role_id=role_id)
    return int(row[0]) if row else 0


async def holders_in_rooms(db: Database, role_id: str) -> Sequence[str]:
    """Ids of the users who hold a role in some room."""
    return [row[0] for row in await db.fetch(_HOLDERS_IN_ROOMS, part=_in_doc(role_id))]


async def permissions(db: Database) -> Sequence[tuple[str, Sequence[str], int]]:
    """All permissions: name, roles, time of change in epoch milliseconds."""
    return [_permission(row) for row in await db.fetch(_PERMISSIONS)]


def _doc(role: Role) -> str:
    return msgspec.json.encode(role).decode()


def _in_doc(role_id: str) -> str:
    """What a subscription's document is like that holds the role; ids of roles hold no wildcards."""
    return f'%"roles":[%"{role_id}"%]%'


def _list(roles: Sequence[str]) -> str:
    return msgspec.json.encode(roles).decode()


def _permission(row: Row) -> tuple[str, Sequence[str], int]:
    return row[0], msgspec.json.decode(row[1], type=list[str]), row[2]

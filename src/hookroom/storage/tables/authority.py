"""Roles and permissions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Row, Statement

_ROLE: Final = Statement(
    "INSERT INTO roles (id, doc) VALUES (:id, :doc) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc"
)
_NO_ROLE: Final = Statement("DELETE FROM roles WHERE id = :id")
_ROLES: Final = Statement("SELECT doc FROM roles ORDER BY id")
_PERMISSION: Final = Statement(
    "INSERT INTO permissions (id, roles, updated_at) VALUES (:id, :roles, :updated_at)"
    " ON CONFLICT (id) DO UPDATE SET roles = excluded.roles, updated_at = excluded.updated_at"
)
_PERMISSIONS: Final = Statement("SELECT id, roles, updated_at FROM permissions ORDER BY id")


def put_role(changes: Changes, role_id: str, doc: bytes) -> None:
    """Store a role, encoded."""
    changes.run(_ROLE, id=role_id, doc=doc.decode())
    changes.touch("authority", role_id)


def delete_role(changes: Changes, role_id: str) -> None:
    """Forget a role."""
    changes.run(_NO_ROLE, id=role_id)
    changes.touch("authority", role_id)


def put_permission(changes: Changes, permission: str, roles: Sequence[str], now: int) -> None:
    """Give a permission to exactly these roles."""
    changes.run(_PERMISSION, id=permission, roles=msgspec.json.encode(roles).decode(), updated_at=now)
    changes.touch("authority", permission)


async def roles(db: Database) -> Sequence[bytes]:
    """All roles, encoded."""
    return [row[0].encode() for row in await db.fetch(_ROLES)]


async def permissions(db: Database) -> Sequence[tuple[str, Sequence[str], int]]:
    """All permissions: name, roles, time of change in epoch milliseconds."""
    return [_permission(row) for row in await db.fetch(_PERMISSIONS)]


def _permission(row: Row) -> tuple[str, Sequence[str], int]:
    return row[0], msgspec.json.decode(row[1], type=list[str]), row[2]

"""Accounts: making users."""

from __future__ import annotations

from hookroom.rooms import passwords
from hookroom.rooms.workspace import Workspace
from hookroom.rules.ids import user_id
from hookroom.rules.model import Email, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import users


async def create(
    ws: Workspace,
    *,
    username: str,
    name: str,
    roles: tuple[str, ...],
    email: str | None = None,
    password_digest: str | None = None,
    kind: str = "user",
    account_id: str | None = None,
) -> User:
    """Store a new user. ``Conflict`` when the name or address is taken."""
    at = ws.stamp()
    user = User(
        id=account_id or user_id(),
        username=username,
        name=name,
        type="bot" if kind == "bot" else "app" if kind == "app" else "user",
        active=True,
        roles=roles,
        emails=(Email(address=email, verified=True),) if email else (),
        created_at=at,
        updated_at=at,
        status="online" if kind != "user" else "offline",
    )
    changes = Changes()
    users.insert(changes, user)
    if password_digest is not None:
        users.set_password(changes, user.id, await passwords.hash_digest(password_digest))
    await ws.db.commit(changes)
    return user

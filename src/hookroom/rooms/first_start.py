"""What every server has from its first start: ``#general``, ``rocket.cat`` and somebody who may log in."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from hookroom.config import Config
from hookroom.rooms import accounts, passwords
from hookroom.rooms.workspace import Workspace
from hookroom.rules.ids import random_id
from hookroom.rules.model import Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, users

GENERAL: Final = "GENERAL"
CAT: Final = "rocket.cat"
TEST_ADMIN: Final = "rocketchat.internal.admin.test"


class NewAdmin(Struct, frozen=True):
    """The administrator that the first start made, with the password if it was made up."""

    username: str
    password: str | None


async def prepare(ws: Workspace, config: Config) -> NewAdmin | None:
    """Make what is missing; answers the administrator made now, if any."""
    if await ws.directory.user(CAT) is None:
        await accounts.create(ws, username=CAT, name="Rocket.Cat", roles=("bot",), kind="bot", account_id=CAT)
    if await ws.directory.room(GENERAL) is None:
        at = ws.stamp()
        changes = Changes()
        rooms.insert(
            changes,
            Room(
                id=GENERAL,
                type="c",
                name="general",
                read_only=False,
                default=True,
                created_at=at,
                updated_at=at,
            ),
        )
        await ws.db.commit(changes)
    made = None
    if config.admin_username or not await users.any_person(ws.db):
        made = await _admin(ws, config)
    if config.test_mode and await ws.directory.user(TEST_ADMIN) is None:
        await accounts.create(
            ws,
            username=TEST_ADMIN,
            name=TEST_ADMIN,
            roles=("admin", "user"),
            email=f"{TEST_ADMIN}@rocket.chat",
            password_digest=passwords.digest(TEST_ADMIN),
            account_id=TEST_ADMIN,
        )
    return made


async def _admin(ws: Workspace, config: Config) -> NewAdmin | None:
    if config.test_mode and not config.admin_username:
        return None
    username = config.admin_username or "admin"
    if await ws.directory.user_named(username) is not None:
        return None
    password = config.admin_pass or random_id(16)
    user: User = await accounts.create(
        ws,
        username=username,
        name=config.admin_name or username,
        roles=("admin", "user"),
        email=config.admin_email,
        password_digest=passwords.digest(password),
    )
    return NewAdmin(user.username, None if config.admin_pass else password)

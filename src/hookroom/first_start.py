"""What every server has from its first start: ``#general``, ``rocket.cat`` and somebody who may log in."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from hookroom.config import Config, ConfigError
from hookroom.errors import Refused
from hookroom.people import accounts, sessions
from hookroom.rules.accounts import check_email, is_username
from hookroom.rules.ids import random_id
from hookroom.rules.model import Room, User
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, users
from hookroom.workspace.workspace import Workspace

GENERAL: Final = "GENERAL"
CAT: Final = "rocket.cat"
TEST_ADMIN: Final = "rocketchat.internal.admin.test"


class NewAdmin(Struct, frozen=True):
    """The administrator that the first start made, with the password if it was made up."""

    username: str
    password: str | None


async def prepare(ws: Workspace, config: Config) -> NewAdmin | None:
    """Make what is missing; answers the administrator made now, if any.

    Raises ``ConfigError`` for a user name or address in the configuration that no account can have.
    """
    await _remember(ws)
    await sessions.forget_expired(ws)
    if await ws.directory.room(GENERAL) is None:
        await _general(ws)
    if await ws.directory.user(CAT) is None:
        await _create_once(ws, username=CAT, name="Rocket.Cat", roles=("bot",), kind="bot", account_id=CAT)
    made = None
    if config.admin_username or not await users.any_person(ws.db):
        made = await _admin(ws, config)
    if config.test_mode and await ws.directory.user(TEST_ADMIN) is None:
        await _create_once(
            ws,
            username=TEST_ADMIN,
            name=TEST_ADMIN,
            roles=("admin", "user"),
            email=f"{TEST_ADMIN}@rocket.chat",
            password=TEST_ADMIN,
            account_id=TEST_ADMIN,
        )
    return made


async def _remember(ws: Workspace) -> None:
    """The settings that are this server's own."""
    changes = Changes()
    for setting, value in (
        ("uniqueID", ws.settings["uniqueID"] or random_id()),
        (
            "Accounts_RegistrationForm_SecretURL",
            ws.settings["Accounts_RegistrationForm_SecretURL"] or random_id(),
        ),
        # A program that serves nobody, on the command line, has no address of its own.
        ("Site_Url", ws.site_url or ws.settings["Site_Url"]),
    ):
        if ws.settings[setting] != value:
            ws.settings.put(changes, setting, value, ws.now())
    if changes.steps:
        await ws.db.commit(changes)


async def _general(ws: Workspace) -> None:
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
    try:
        await ws.db.commit(changes)
    except Conflict:
        # Another node starts at the same time, or somebody gave the name to a room of theirs.
        return


async def _admin(ws: Workspace, config: Config) -> NewAdmin | None:
    if config.test_mode and not config.admin_username:
        return None
    # Names that are blocked for sign-up, "admin" for one, are meant for exactly this account.
    username = config.admin_username or "admin"
    if await ws.directory.user_named(username) is not None:
        return None
    if not is_username(username, ws.settings["UTF8_User_Names_Validation"]):
        raise ConfigError("admin_username: is not a valid user name")
    try:
        email = check_email(config.admin_email) if config.admin_email else None
    except Refused as error:
        raise ConfigError(f"admin_email: {error.reason}") from None
    password = config.admin_pass or random_id(16)
    user = await _create_once(
        ws,
        username=username,
        name=config.admin_name or username,
        roles=("admin", "user"),
        email=email,
        password=password,
    )
    return NewAdmin(username, None if config.admin_pass else password) if user is not None else None


async def _create_once(ws: Workspace, **account: Any) -> User | None:
    """A new account, or ``None`` where another node that starts at the same time made it."""
    try:
        return await accounts.create(ws, silent=True, **account)
    except (Conflict, Refused):
        return None

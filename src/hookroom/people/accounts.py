"""Accounts: making users, and what of a name or an address is checked on the way."""

from __future__ import annotations

import html
import re
from typing import Any, Final, Literal
from urllib.parse import unquote

from msgspec import Struct

from hookroom.errors import Failure, Refused
from hookroom.people import passwords
from hookroom.rooms import membership
from hookroom.rules.accounts import check_username, is_blocked, taken
from hookroom.rules.ids import user_id
from hookroom.rules.model import Email, User
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, users
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace, retrying


class Profile(Struct, frozen=True, kw_only=True):
    """What an account may have from its beginning besides a name, an address and roles."""

    status_text: str | None = None
    bio: str | None = None
    nickname: str | None = None
    custom_fields: dict[str, Any] | None = None
    require_password_change: bool | None = None
    reason: str | None = None
    """Why somebody wants an account that is to be approved."""


@retrying
async def create(
    ws: Workspace,
    *,
    username: str,
    name: str,
    roles: tuple[str, ...],
    email: str | None = None,
    verified: bool = True,
    password: str | None = None,
    kind: Literal["user", "bot", "app"] = "user",
    active: bool = True,
    account_id: str | None = None,
    profile: Profile | None = None,
    join_default_rooms: bool = True,
    silent: bool = False,
    first_is_admin: bool = False,
) -> User:
    """Store a new user, who joins the default channels; nothing of the values is checked here.

    The event ``userCreated`` and the memberships are in the user's own transaction. ``silent``: no messages
    of them joining. ``first_is_admin``: an administrator, and active, while no other person has an account.
    Raises ``Refused`` (``error-field-unavailable``) when the name or address is taken.
    """
    at = ws.stamp()
    profile = profile or Profile()
    changes = Changes()
    if first_is_admin and not await users.any_person(ws.db):
        users.expect_nobody(changes)
        roles = tuple(dict.fromkeys((*roles, "admin")))
        active = True
    user = User(
        id=account_id or user_id(),
        username=username,
        name=name,
        type=kind,
        active=active,
        roles=roles,
        emails=(Email(address=email, verified=verified),) if email else (),
        created_at=at,
        updated_at=at,
        status="offline" if kind == "user" else "online",
        settings={},
        status_text=profile.status_text,
        bio=profile.bio,
        nickname=profile.nickname,
        custom_fields=profile.custom_fields,
        require_password_change=profile.require_password_change,
        reason=profile.reason,
    )
    users.insert(changes, user)
    if password is not None:
        users.set_password(
            changes, user.id, await passwords.hash_digest(passwords.digest(password), quick=ws.test_mode)
        )
    if join_default_rooms:
        defaults = await rooms.defaults(ws.db)
        entered = {one.id: one for room in defaults for one in await membership.joined_with(ws, room)}
        for room in entered.values():
            membership.enter(ws, changes, room, user, silent=silent)
    ws.observer.observe(Event(name="userCreated", room=None, user=user, at=ws.now()), changes)
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        raise conflict(error, username, email) from error
    return user


def conflict(error: Conflict, username: str, email: str | None) -> Exception:
    """The refusal that a taken name or address is; any other conflict as it is."""
    if "username_key" in error.constraint:
        return taken(username)
    if "user_emails" in error.constraint or "address_key" in error.constraint:
        return taken(email or "")
    return error


def check_name_characters(name: str | None) -> None:
    """Refuse a display name with ``<``, ``>``, ``/``, ``\\`` or NUL, also percent-encoded (``Failure``).

    Facts: ``lib/shared/validateNameChars.ts``.
    """
    if name and (_NOT_IN_NAMES.search(name) or _NOT_IN_NAMES.search(unquote(name))):
        raise Failure("Name contains invalid characters")


def check_new_username(ws: Workspace, username: str, *, by: Literal["admin", "self"]) -> None:
    """``rules.accounts.check_username`` with this server's settings."""
    settings = ws.settings
    check_username(
        username,
        settings["UTF8_User_Names_Validation"],
        settings["Accounts_BlockedUsernameList"],
        settings["Accounts_SystemBlockedUsernameList"],
        by=by,
    )


def check_not_blocked(ws: Workspace, username: str) -> None:
    """Refuse a name that nobody may take (``error-blocked-username``)."""
    if is_blocked(
        username,
        ws.settings["Accounts_BlockedUsernameList"],
        ws.settings["Accounts_SystemBlockedUsernameList"],
    ):
        raise Refused(
            "error-blocked-username",
            f"{html.escape(username)} is blocked and can't be used!",
            details={"method": "checkUsernameAvailability", "field": username},
        )


async def is_free(ws: Workspace, username: str, *, for_user: User | None = None) -> bool:
    """Whether ``username`` is nobody's, or already ``for_user``'s. Raises for a blocked one."""
    if for_user is not None and users.key(username) == users.key(for_user.username):
        return True
    check_not_blocked(ws, username)
    return await ws.directory.user_named(username) is None


async def is_free_email(ws: Workspace, address: str, *, for_user: User | None = None) -> bool:
    """Whether the address is nobody's, or already ``for_user``'s."""
    owner = await users.id_by_email(ws.db, address)
    return owner is None or (for_user is not None and owner == for_user.id)


_NOT_IN_NAMES: Final = re.compile(r"[<>/\\\0]")

"""What of a user is shown to whom: never password hashes or tokens, e-mail addresses only to some.

Which fields there are follows the original: ``lib/users/getFullUserData.ts``, ``api/lib/getUserInfo.ts`` and
the fields that its ``users.*`` routes leave out for callers without ``view-full-other-user-info``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hookroom.rules.model import User
from hookroom.rules.second_factor import TwoFactor
from hookroom.rules.settings import default_preferences
from hookroom.workspace.workspace import Workspace

FULL: Final = "view-full-other-user-info"
"""The permission to see everything that is shown of somebody else."""

_PUBLIC: Final = (
    *("_id", "name", "username", "nickname", "status", "utcOffset", "type", "active", "bio", "reason"),
    *("statusText", "avatarETag"),
)
_PRIVATE: Final = ("emails", "createdAt", "lastLogin", "requirePasswordChange", "roles", "customFields")
_NOT_FOR_ALL: Final = (
    *("emails", "createdAt", "lastLogin", "requirePasswordChange", "roles", "statusDefault", "_updatedAt"),
    *("settings", "customFields", "reason"),
)

_NO_FACTOR: Final = TwoFactor(updated_at=0)

LISTED: Final = ("name", "username", "status", "active", "avatarETag", "type")
LISTED_IN_FULL: Final = (
    "name",
    "username",
    "emails",
    "roles",
    "status",
    "active",
    "avatarETag",
    "lastLogin",
    "type",
)
"""What listings show of each user, besides ``_id``: to everybody, and to those who may see everything."""

MORE_IN_FULL: Final = (
    "createdAt",
    "bio",
    "nickname",
    "statusText",
    "customFields",
    "language",
    "utcOffset",
    "reason",
)
"""What a listing shows to the latter where ``fields`` asks for it."""


def sees_all(ws: Workspace, caller: User, user_id: str) -> bool:
    """Whether ``caller`` is shown everything that is shown of the user."""
    return caller.id == user_id or ws.authority.allows(FULL, caller)


def document(user: User) -> dict[str, Any]:
    """All of a user as JSON values."""
    fields: dict[str, Any] = msgspec.to_builtins(user)
    return fields


def me(ws: Workspace, user: User, *, preferences: bool = True) -> dict[str, Any]:
    """A user as they see themselves: with the preferences in force, and the address of their picture."""
    own = (user.settings or {}).get("preferences", {})
    settings: dict[str, Any] = {"profile": {}, "calendar": {}}
    if preferences:
        settings["preferences"] = {**default_preferences(ws.settings), **own}
    shown = {
        **document(user),
        "settings": settings,
        "avatarUrl": user.avatar_url or avatar_url(ws, user.username),
        "isOAuthUser": False,
    }
    email = next((one.address for one in user.emails if one.verified), None)
    return shown if email is None else {**shown, "email": email}


async def services(ws: Workspace, user: User) -> dict[str, Any]:
    """What a user sees of how they log in: which second factors they have turned on."""
    factor = await ws.directory.two_factor(user.id)
    return (factor or _NO_FACTOR).wire()


def info(ws: Workspace, caller: User, user: User) -> dict[str, Any]:
    """A user as ``users.info`` shows one."""
    full = sees_all(ws, caller, user.id)
    fields = (*_PUBLIC, *_PRIVATE) if full else _PUBLIC
    return {**_only(document(user), fields), "canViewAllInfo": full}


def stored(ws: Workspace, caller: User | None, user: User) -> dict[str, Any]:
    """A user as the routes that make or change one answer it."""
    shown = document(user)
    if caller is None or not ws.authority.allows(FULL, caller):
        for field in _NOT_FOR_ALL:
            shown.pop(field, None)
    return shown


def listed(ws: Workspace, caller: User) -> tuple[str, ...]:
    """The fields that listings of users show to ``caller``."""
    return LISTED_IN_FULL if ws.authority.allows(FULL, caller) else LISTED


def avatar_url(ws: Workspace, username: str) -> str:
    """Where the picture of a user is."""
    return f"{ws.site_url}/avatar/{username}"


def _only(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: document[field] for field in fields if field in document}

"""What a user likes: their own preferences, on top of the server's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rules.accounts import check_kept, check_profile_text
from hookroom.rules.model import User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import users
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def save(ws: Workspace, caller: User, user_id: str, preferences: Mapping[str, Any]) -> User:
    """Set the preferences that are given; ``None`` goes back to the default. ``language`` is the user's.

    Raises ``Refused``: ``error-action-not-allowed`` for somebody else's without ``edit-other-user-info``,
    ``error-invalid-user``, ``error-preferences-size-exceeded``, ``error-language-size-exceeded``.
    """
    if user_id != caller.id and not ws.authority.allows("edit-other-user-info", caller):
        raise Refused("error-action-not-allowed", "Editing user is not allowed")
    old = await ws.directory.user(user_id)
    if old is None:
        raise Refused("error-invalid-user", 'The optional "userId" param provided does not match any users')
    chosen = {**own(old), **preferences}
    language = chosen.pop("language", old.language) or None
    kept = {name: value for name, value in chosen.items() if value is not None}
    check_kept("preferences", kept)
    check_profile_text("language", language or "")
    new = structs.replace(
        old,
        settings={**(old.settings or {}), "preferences": kept},
        language=language,
        updated_at=ws.stamp(old.updated_at),
    )
    changes = Changes()
    users.update(changes, old, new)
    await ws.db.commit(changes)
    return new


@retrying
async def set_utc_offset(ws: Workspace, user_id: str, hours: float) -> None:
    """Remember how far the user's clock is from UTC."""
    old = await ws.directory.user(user_id)
    if old is None or old.utc_offset == hours:
        return
    changes = Changes()
    stamp = ws.stamp(old.updated_at)
    users.update(changes, old, structs.replace(old, utc_offset=hours, updated_at=stamp))
    await ws.db.commit(changes)


def own(user: User) -> dict[str, Any]:
    """What a user has chosen."""
    preferences: dict[str, Any] = (user.settings or {}).get("preferences", {})
    return preferences

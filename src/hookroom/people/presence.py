"""What a user says of themselves: online, away, busy or offline, and a line of text."""

from __future__ import annotations

from typing import Any, Final

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rules.model import User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import users
from hookroom.workspace.workspace import Workspace, retrying

STATUSES: Final = ("online", "away", "offline", "busy")
MAX_TEXT: Final = 120
"""Characters of a status text; a longer one is cut, as in the original."""


@retrying
async def set_status(ws: Workspace, user_id: str, status: str | None, text: str | None) -> User:
    """Set what is given; without ``status`` it stays what the user chose last.

    Raises ``Refused``: ``error-not-allowed`` where texts may not be changed, ``error-invalid-user``.
    """
    if text and not ws.settings["Accounts_AllowUserStatusMessageChange"]:
        raise Refused("error-not-allowed", "Change status is not allowed", method="users.setStatus")
    if status:
        check_status(ws, status)
    old = await ws.directory.user(user_id)
    if old is None:
        raise Refused("error-invalid-user", "Invalid user", method="users.setStatus")
    values: dict[str, Any] = {"updated_at": ws.stamp(old.updated_at)}
    if status:
        values |= {"status": status, "status_default": status}
    if text is not None:
        values["status_text"] = text.strip()[:MAX_TEXT]
    new = structs.replace(old, **values)
    changes = Changes()
    users.update(changes, old, new)
    await ws.db.commit(changes)
    return new


def check_status(ws: Workspace, status: str) -> None:
    """Refuse a status that there is not (``error-invalid-status``)."""
    if status not in STATUSES:
        raise Refused(
            "error-invalid-status",
            "Valid status types include online, away, offline, and busy.",
            method="users.setStatus",
        )

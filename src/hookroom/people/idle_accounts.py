"""Deactivating the accounts that nobody has used for a long time (``users.deactivateIdle``)."""

from __future__ import annotations

from typing import Final

from hookroom.errors import Refused
from hookroom.people import account_removal
from hookroom.rules.model import User
from hookroom.rules.times import millis
from hookroom.storage.tables import user_listing
from hookroom.workspace.workspace import Workspace

_DAY_MS: Final = 86_400_000


async def deactivate(ws: Workspace, caller: User, *, days: int, role: str) -> int:
    """Deactivate active people with ``role`` who logged in last that many days ago; answers how many that were.

    As everywhere, each is logged out and the rooms that they alone own get a new owner. Who has never logged in
    stays, as in the original, and so does the caller and whoever must not go (the last administrator).
    """
    before = ws.now() - days * _DAY_MS
    count = 0
    async for document in user_listing.everyone(ws.db):
        idle = (
            document["active"]
            and document["type"] == "user"
            and role in document["roles"]
            and document["_id"] != caller.id
            and document.get("lastLogin") is not None
            and millis(document["lastLogin"]) < before
        )
        if not idle:
            continue
        try:
            await account_removal.set_active(ws, caller, document["_id"], False, confirm_relinquish=True)
        except Refused:
            continue
        count += 1
    return count

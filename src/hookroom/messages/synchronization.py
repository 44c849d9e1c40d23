"""What changed in a room since a client last looked: messages that came or changed, and those that went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from hookroom.messages.history import MAX_PAGE
from hookroom.rules.model import Room, User
from hookroom.rules.times import iso
from hookroom.storage.tables import message_pages, removals
from hookroom.storage.tables.message_pages import FOR_EVER, Order
from hookroom.workspace.workspace import Workspace

Kind = Literal["UPDATED", "DELETED"]
Moments = Sequence[tuple[int, Any]]
"""What happened, each with its time in epoch milliseconds."""


async def changes_since(ws: Workspace, user: User, room: Room, since: int) -> dict[str, Any]:
    """``updated`` and ``deleted`` messages since a moment, newest first; at most ``MAX_PAGE`` of each."""
    updated = await _changes(ws, user, room, "UPDATED", MAX_PAGE, "newest", after=since)
    deleted = await _changes(ws, user, room, "DELETED", MAX_PAGE, "newest", after=since)
    return {"updated": [one for _, one in updated], "deleted": [one for _, one in deleted]}


async def changes_page(
    ws: Workspace,
    user: User,
    room: Room,
    kind: Kind,
    *,
    count: int,
    after: int | None = None,
    before: int | None = None,
) -> dict[str, Any]:
    """One page of changes of a ``kind``, with the ``cursor`` to its neighbours (``next`` and ``previous``).

    Oldest first, or with ``before`` the page that ends there, newest first. What happened at one moment is
    not torn apart by the end of a page, so that no message is lost between two.
    """
    count = max(1, min(count, MAX_PAGE))
    order: Order = "oldest" if before is None else "newest"
    reach = {"after": -1 if after is None else after, "before": FOR_EVER if before is None else before}
    found = await _changes(ws, user, room, kind, count + 1, order, **reach)
    further = len(found) > count
    if further:
        edge = found[count][0]
        found = [one for one in found[:count] if one[0] != edge] or await _changes(
            ws, user, room, kind, MAX_PAGE, order, after=edge - 1, before=edge + 1
        )
    ahead = str(found[-1][0]) if further else None
    back = str(found[0][0]) if found else None
    shown = [one for _, one in found]
    return {
        "updated": shown if kind == "UPDATED" else [],
        "deleted": shown if kind == "DELETED" else [],
        "cursor": {"next": ahead, "previous": back} if before is None else {"next": back, "previous": ahead},
    }


async def _changes(
    ws: Workspace,
    user: User,
    room: Room,
    kind: Kind,
    count: int,
    order: Order,
    *,
    after: int,
    before: int = FOR_EVER,
) -> Moments:
    if kind == "UPDATED":
        return await message_pages.changed(
            ws.db, room.id, user.id, count=count, after=after, before=before, order=order
        )
    gone = await removals.page(
        ws.db, "message", room.id, count=count, after=after, before=before, newest_first=order == "newest"
    )
    return [(at, {"_id": message_id, "_deletedAt": iso(at)}) for message_id, at in gone]

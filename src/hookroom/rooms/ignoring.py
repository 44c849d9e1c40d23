"""Ignoring: a member does not want to see what another one writes in a room.

It is the member's own mark (``ignored`` of their subscription); clients hide those messages, the server keeps
answering them.
"""

from __future__ import annotations

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rules.model import User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import subscriptions
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def ignore(ws: Workspace, user: User, room_id: str, ignored_id: str, wanted: bool) -> None:
    """``user`` ignores another member of a room, or does so no longer; what is so already stays so.

    Raises ``Refused`` (``error-invalid-subscription``) unless both are members.
    """
    member = await ws.directory.subscription(room_id, user.id)
    if member is None or await ws.directory.subscription(room_id, ignored_id) is None:
        raise Refused("error-invalid-subscription", "Invalid subscription", method="ignoreUser")
    if wanted is (ignored_id in (member.ignored or ())):
        return
    others = tuple(one for one in member.ignored or () if one != ignored_id)
    ignored = (*others, ignored_id) if wanted else others
    changes = Changes()
    stamp = ws.stamp(member.updated_at)
    subscriptions.update(changes, member, structs.replace(member, ignored=ignored or None, updated_at=stamp))
    await ws.db.commit(changes)

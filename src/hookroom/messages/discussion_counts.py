"""How many messages a discussion has and when the last came: its message in the parent room says so.

Not in the transaction of each message: that message of the parent is written anew soon after (``FollowUps``), once
for all that came meanwhile, so that posting in a discussion costs what it costs elsewhere.
"""

from __future__ import annotations

from functools import partial

from msgspec import structs

from hookroom.rules.model import Room
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, rooms
from hookroom.workspace.workspace import Workspace, retrying


def keep(ws: Workspace, changes: Changes, discussion: Room) -> None:
    """A message of ``discussion`` comes or goes with ``changes``."""
    count = partial(_count, ws, discussion.id)
    changes.then(lambda: ws.follow_ups.ask(f"discussion/{discussion.id}", count))


@retrying
async def _count(ws: Workspace, discussion_id: str) -> None:
    old = await messages.for_discussion(ws.db, discussion_id)
    activity = await rooms.activity(ws.db, discussion_id)
    if old is None or old.discussion_id is None:
        return
    last = activity.last_message_at
    new = structs.replace(
        old,
        discussion_count=activity.messages,
        discussion_last_at=None if last is None else iso(last),
    )
    if new == old:
        return
    changes = Changes()
    messages.update(changes, old, structs.replace(new, updated_at=ws.stamp(old.updated_at)))
    await ws.db.commit(changes)

"""Cleaning a room: removing the messages of a stretch of time, or their files alone.

It goes in steps with room between them: whoever posts meanwhile waits for no more than one of them. What a step
removed is gone, also when the server stops before the last one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.messages import discussion_counts
from hookroom.rooms import room_life
from hookroom.rooms.access import may_see
from hookroom.rules.model import Message, Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_cleaning, message_marks, messages, removals, uploads
from hookroom.workspace.workspace import Workspace, retrying

STEP: Final = 200
"""Messages removed in one commit."""
LOOKED_AT: Final = 1000
"""Messages looked at in one query."""
MAX_PAUSE_S: Final = 0.5

REMOVED: Final = "_File removed by prune_"
"""What a message shows in place of its files (``File_removed_by_prune``)."""
_COLOR: Final = "#FD745E"
_METHOD: Final = "cleanRoomHistory"


class Cleaning(Struct, frozen=True, kw_only=True):
    """What is to be removed. Times are epoch milliseconds."""

    oldest: int
    latest: int
    inclusive: bool = False
    """Whether messages of these very moments are meant too."""
    files_only: bool = False
    """Only the files of messages; the messages stay."""
    keep_pinned: bool = False
    keep_threads: bool = False
    """Messages that have answers, and answers."""
    keep_discussions: bool = False
    """Messages that stand for discussions; else the discussions go too."""
    authors: frozenset[str] = frozenset()
    """User names; empty: of everybody."""
    limit: int = 0
    """Most messages, the oldest first; 0 is no limit."""

    def takes(self, message: Message) -> bool:
        """Whether that message of the stretch is meant."""
        return not (
            (self.keep_pinned and message.pinned)
            or (self.keep_threads and (message.thread_id is not None or message.thread_count))
            or (self.keep_discussions and message.discussion_id is not None)
            or (self.authors and message.user.username not in self.authors)
            or (self.files_only and not (message.files or message.file))
        )


async def clean(ws: Workspace, actor: User, room: Room, what: Cleaning) -> int:
    """Remove what is meant; answers of how many messages that was, or of how many the files went.

    Needs ``clean-channel-history`` in the room. Raises ``Refused`` (``error-not-allowed``).
    """
    if not await may_see(ws, actor, room):
        raise Refused("error-not-allowed", "User does not have access to the room", method=_METHOD)
    member = await ws.directory.subscription(room.id, actor.id)
    if not ws.authority.allows("clean-channel-history", actor, member):
        raise Refused("error-not-allowed", "Not allowed", method=_METHOD)
    count = 0
    after = message_cleaning.FIRST
    threads: set[str] = set()
    margin = 0 if what.inclusive else 1
    while found := await message_cleaning.walk(
        ws.db,
        room.id,
        after,
        oldest=what.oldest + margin,
        latest=what.latest - margin,
        count=LOOKED_AT,
    ):
        after = found[-1][0]
        taken = [message for _, message in found if what.takes(message)]
        if what.limit:
            taken = taken[: what.limit - count]
        for start in range(0, len(taken), STEP):
            step = taken[start : start + STEP]
            began = time.monotonic()
            if what.files_only:
                for message in step:
                    await _remove_files(ws, message.id)
            else:
                await _remove(ws, room, step)
                threads.update(one.thread_id for one in step if one.thread_id is not None)
                threads.difference_update(one.id for one in step)
            count += len(step)
            await asyncio.sleep(min(time.monotonic() - began, MAX_PAUSE_S))
        if what.limit and count >= what.limit:
            break
    for thread in threads:
        await _count_answers(ws, thread)
    return count


async def _remove(ws: Workspace, room: Room, gone: Sequence[Message]) -> None:
    for message in gone:
        if message.discussion_id is not None:
            await _remove_discussion(ws, message.discussion_id)
    changes = Changes()
    message_cleaning.remove(changes, ws.db.kind, room.id, gone, ws.now())
    changes.touch("room", room.id)
    if room.parent_id is not None:
        discussion_counts.keep(ws, changes, room)
    await ws.db.commit(changes)


@retrying
async def _remove_discussion(ws: Workspace, room_id: str) -> None:
    discussion = await ws.directory.room(room_id)
    if discussion is not None:
        changes = Changes()
        await room_life.remove_all(ws, changes, discussion)
        await ws.db.commit(changes)


@retrying
async def _remove_files(ws: Workspace, message_id: str) -> None:
    old = await messages.by_id(ws.db, message_id)
    if old is None or not (old.files or old.file):
        return
    changes = Changes()
    uploads.release(changes, old.id, old.files)
    new = structs.replace(
        old,
        file=None,
        files=None,
        attachments=[{"color": _COLOR, "text": REMOVED}],
        updated_at=ws.stamp(old.updated_at),
    )
    messages.update(changes, old, new)
    await ws.db.commit(changes)


@retrying
async def _count_answers(ws: Workspace, thread_id: str) -> None:
    """A message whose answers went, and that stays, has fewer answers or is no thread any more."""
    first = await messages.by_id(ws.db, thread_id)
    if first is None or not first.thread_count:
        return
    left = await message_cleaning.answers(ws.db, thread_id)
    new = structs.replace(first, thread_count=left or None, updated_at=ws.stamp(first.updated_at))
    changes = Changes()
    if not left:
        new = structs.replace(new, thread_last_at=None)
        message_marks.remove(changes, first, "thread", message_marks.NOBODY)
        removals.add(changes, "thread", first.id, ws.now(), scope=first.room_id)
    messages.update(changes, first, new)
    await ws.db.commit(changes)

"""Deleting an uploaded file alone: its message stays, and shows that it is gone."""

from __future__ import annotations

from typing import Any, Final

from msgspec import structs

from hookroom.errors import Failure, NotFound
from hookroom.messages.editing import may_delete
from hookroom.rooms.access import may_see
from hookroom.rules.model import Message, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, uploads
from hookroom.workspace.workspace import Workspace, retrying

REMOVED: Final = {"type": "removed-file"}
"""What stands in the place of the attachment."""


async def delete(ws: Workspace, user: User, file_id: str) -> None:
    """Delete a file: one's own that waits for its message, or one of a message that ``user`` may delete.

    Raises ``NotFound`` where there is none, and ``Failure`` (403).
    """
    stored = await uploads.by_id(ws.db, file_id)
    room = await ws.directory.room(stored.upload.room_id) if stored is not None else None
    if stored is None or room is None or not stored.is_there(ws.now()):
        raise NotFound("File not found [error-file-not-found]")
    if not await may_see(ws, user, room):
        raise Failure("forbidden", status=403)
    if stored.message_id is None:
        if stored.upload.user_id != user.id:
            raise Failure("forbidden", status=403)
        changes = Changes()
        uploads.abandon(changes, file_id)
        await ws.db.commit(changes)
        return
    async with ws.turns.of([stored.message_id]):
        await _delete_posted(ws, user, file_id, stored.message_id)


@retrying
async def _delete_posted(ws: Workspace, user: User, file_id: str, message_id: str) -> None:
    old = await messages.by_id(ws.db, message_id)
    room = await ws.directory.room(old.room_id) if old is not None else None
    if old is None or room is None:
        raise NotFound("File not found [error-file-not-found]")
    if not await may_delete(ws, user, room, old):
        raise Failure("forbidden", status=403)
    changes = Changes()
    messages.update(changes, old, _without(ws, old, file_id))
    uploads.release(changes, old.id, [{"_id": file_id}])
    await ws.db.commit(changes)


def _without(ws: Workspace, old: Message, file_id: str) -> Message:
    files = [one for one in old.files or () if one.get("_id") != file_id]
    return structs.replace(
        old,
        file=files[0] if files else None,
        files=files or None,
        attachments=[_shown(one, file_id) for one in old.attachments or ()] or None,
        updated_at=ws.stamp(old.updated_at),
    )


def _shown(attachment: dict[str, Any], file_id: str) -> dict[str, Any]:
    return dict(REMOVED) if attachment.get("fileId") == file_id else attachment

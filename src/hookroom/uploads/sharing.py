"""From a file to its message: posted at once, or confirmed later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.messages import posting
from hookroom.rules.file_message import file_attachment, file_entry
from hookroom.rules.file_names import clean_name
from hookroom.rules.hook_message import draft
from hookroom.rules.message_text import is_longer
from hookroom.rules.model import Message, Room, User
from hookroom.rules.upload import Upload
from hookroom.storage.database import Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, uploads
from hookroom.workspace.workspace import Workspace


async def share(ws: Workspace, user: User, room: Room, upload: Upload, words: Mapping[str, Any]) -> Message:
    """Post ``upload`` in ``room``; the message and whose file it is are written in one piece.

    ``words`` are ``msg, description, tmid, alias, avatar, emoji, groupable, customFields`` (an object), all
    optional. It fires ``sendMessage`` and ``fileUploaded``. Raises what ``posting.post`` raises, ``Failure``
    for a description that is too long, and ``Stale`` when the file has expired or has a message already.
    """
    upload = structs.replace(
        upload, description=words.get("description") or None, updated_at=ws.stamp(upload.updated_at)
    )
    if is_longer(upload.description or "", ws.settings["Message_MaxAllowedSize"]):
        raise Failure(posting.TOO_LONG)
    read = draft(
        {"groupable": False, **words, "parseUrls": True, "text": None, "msg": None, "attachments": []}
    )
    read = structs.replace(read, text=words.get("msg") or "", attachments=(file_attachment(upload),))

    def note(changes: Changes, posted: Sequence[Message]) -> None:
        uploads.put_posted(changes, upload, posted[0].id, ws.now())

    sending = posting.Sending(composed=True, files=(file_entry(upload),))
    return await posting.post(ws, user, room, read, sending=sending, note=note)


async def confirm(
    ws: Workspace,
    user: User,
    room: Room,
    file_id: str,
    words: Mapping[str, Any],
    *,
    name: str | None = None,
) -> Message:
    """Post a file that ``user`` has uploaded for ``room``, under another ``name`` if one is given.

    Confirming it again answers the message that it has, so that a client may repeat a call whose answer it
    did not get. Raises ``Refused`` (``invalid-file``) for one that there is not, that has expired, or that is
    somebody else's or another room's; and what ``share`` raises.
    """
    async with ws.turns.of([f"upload/{file_id}"]):
        stored = await _own(ws, user, room, file_id)
        if stored.message_id is not None:
            return await _message(ws, stored.message_id)
        upload = stored.upload
        if name and name.strip():
            upload = structs.replace(upload, name=clean_name(name))
        try:
            return await share(ws, user, room, upload, words)
        except Stale:
            # Another node was faster.
            stored = await _own(ws, user, room, file_id)
            if stored.message_id is None:
                raise
            return await _message(ws, stored.message_id)


async def _own(ws: Workspace, user: User, room: Room, file_id: str) -> uploads.StoredUpload:
    stored = await uploads.by_id(ws.db, file_id)
    if (
        stored is None
        or stored.upload.user_id != user.id
        or stored.upload.room_id != room.id
        or not stored.is_there(ws.now())
    ):
        raise Refused("invalid-file")
    return stored


async def _message(ws: Workspace, message_id: str) -> Message:
    message = await messages.by_id(ws.db, message_id)
    if message is None:
        raise Refused("invalid-file")
    return message

"""Sending a message as clients compose one: with an id of their own, into one room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.messages import posting
from hookroom.rules.hook_message import draft
from hookroom.rules.message_text import is_longer
from hookroom.rules.model import Message, User
from hookroom.storage.database import Conflict
from hookroom.workspace.workspace import Workspace

_METHOD: Final = "sendMessage"
_ID: Final = re.compile(r"[!-~]{1,128}")
_TAKEN: Final = ("messages.id", "messages_pk")


async def send(
    ws: Workspace, author: User, composed: Mapping[str, Any], previewed: Sequence[str] | None = None
) -> Message:
    """Post what a client composed: ``rid, msg, _id, tmid, tshow, alias, avatar, emoji, attachments`` and so on.

    The text is kept as it is, white space included. Raises what ``posting.post`` raises and ``Refused``:
    ``error-invalid-message-id``, ``error-message-already-exists``, ``invalid-params`` (``tshow`` without
    ``tmid``), ``error-message-size-exceeded``; ``Failure`` for a type, for blocks and without a room.
    """
    if composed.get("t"):
        raise Failure("Cannot send system messages using 'chat.sendMessage'")
    if composed.get("blocks"):
        raise Failure("blocks are not supported")
    if composed.get("tshow") and not composed.get("tmid"):
        raise Refused("invalid-params", "tshow provided but missing tmid", method=_METHOD)
    text = composed.get("msg") or ""
    if is_longer(text, ws.settings["Message_MaxAllowedSize"]):
        raise Refused(
            "error-message-size-exceeded", "Message size exceeds Message_MaxAllowedSize", method=_METHOD
        )
    room_id = composed.get("rid")
    if not room_id:
        raise Failure("The 'rid' property on the message object is missing.")
    message_id = composed.get("_id") or None
    if message_id is not None and not _ID.fullmatch(message_id):
        raise Refused("error-invalid-message-id", "Invalid message id", method=_METHOD)
    room = await ws.directory.room(room_id)
    if room is None:
        raise Failure("error-invalid-room")
    read = draft({"parseUrls": True, "groupable": True, **composed, "text": None, "msg": None})
    try:
        return await posting.post(
            ws,
            author,
            room,
            structs.replace(read, text=text),
            message_id=message_id,
            sending=posting.Sending(
                shown_in_room=bool(composed.get("tshow")),
                previewed=None if previewed is None else tuple(previewed),
                composed=True,
            ),
        )
    except Conflict as error:
        if message_id is None or not any(name in error.constraint for name in _TAKEN):
            raise
        raise Refused(
            "error-message-already-exists", "A message with this id already exists", method=_METHOD
        ) from error

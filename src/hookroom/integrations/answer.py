"""Posting what a receiver answers, or a script returns (contract, section 4, "The answer", and section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.messages import posting, threads
from hookroom.rooms.destinations import rooms_of
from hookroom.rules.answers import answer_destinations
from hookroom.rules.hook_message import MessageDraft, defaults_of, draft, is_empty, parse_destination
from hookroom.rules.model import Integration, Message, Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables.events import StoredEvent
from hookroom.workspace.workspace import Workspace

NOTHING_TO_POST: Final = "Nothing to post: there is neither text nor an attachment that shows anything"

SHOWN_SIZE: Final = 16 * 1024
"""Bytes of a posted message up to which history shows it whole."""
SHOWN_TEXT: Final = 1024
"""Characters of its text that are shown otherwise."""


async def post_answer(
    ws: Workspace, changes: Changes, integration: Integration, event: StoredEvent, content: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Add the message that ``content`` says to ``changes``, with the deliveries that it causes in turn.

    Answers the rooms and messages for the history (``resultMessage``). All rooms are looked at before anything
    is added. Raises ``Refused``, ``Failure`` or ``HookFailure``: there is nothing to post, there is no such
    room, or the user may not post there or not that.
    """
    user = await _poster(ws, integration, event)
    home = await _room_of_event(ws, event)
    message = draft(content, defaults_of(integration))
    if is_empty(message):
        raise Failure(NOTHING_TO_POST)
    names = answer_destinations(content, integration, home)
    if not names:
        raise Refused("invalid-channel")
    rooms = await rooms_of(ws, user, [parse_destination(name) for name in names])
    posts = [(room, await _in_thread(ws, message, room, event)) for room in rooms]
    added = await posting.add_all(ws, changes, user, posts, event.depth + 1)
    return [
        {"channel": room.id if room.name is None else f"#{room.name}", "message": _shown(one)}
        for room, one in zip(rooms, added, strict=True)
    ]


async def _poster(ws: Workspace, integration: Integration, event: StoredEvent) -> User:
    if integration.impersonate_user:
        user = await ws.directory.user(event.data["user_id"])
        if user is not None and user.active:
            return user
    user = await ws.directory.user(integration.user_id)
    if user is None or not user.active:
        raise Refused("error-invalid-user", "Invalid user")
    return user


async def _room_of_event(ws: Workspace, event: StoredEvent) -> Room | None:
    room_id = event.data.get("channel_id")
    return await ws.directory.room(room_id) if room_id is not None else None


async def _in_thread(ws: Workspace, message: MessageDraft, room: Room, event: StoredEvent) -> MessageDraft:
    """An answer to a message of a thread belongs there, unless it names a thread or goes to another room."""
    thread = event.data.get("tmid")
    if thread is None or message.thread_id is not None or room.id != event.data["channel_id"]:
        return message
    try:
        await threads.beginning_of(ws, room, thread)
    except Refused:
        return message
    return structs.replace(message, thread_id=thread)


def _shown(message: Message) -> dict[str, Any]:
    encoded = msgspec.json.encode(message)
    whole: dict[str, Any] = msgspec.json.decode(encoded)
    if len(encoded) <= SHOWN_SIZE:
        return whole
    shown = {key: whole[key] for key in ("_id", "rid", "ts", "u")}
    return {**shown, "msg": message.text[:SHOWN_TEXT]}

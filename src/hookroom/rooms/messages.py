"""Posting messages: the one way in for people, bots, webhooks and answers of receivers."""

from __future__ import annotations

from hookroom.errors import Failure, Refused
from hookroom.rooms.access import check_may_post
from hookroom.rooms.events import Event
from hookroom.rooms.workspace import Workspace
from hookroom.rules.hook_message import MessageDraft
from hookroom.rules.ids import timed_id
from hookroom.rules.model import Message, Room, User
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages


async def post(
    ws: Workspace,
    author: User,
    room: Room,
    draft: MessageDraft,
    *,
    depth: int = 0,
    message_id: str | None = None,
) -> Message:
    """Write a message in ``room``; on disk, with the deliveries it causes, when this returns.

    ``depth`` counts the integrations that led to it. Raises what ``check_may_post`` raises, and for a message
    that is too large or borrows a name or picture without the permission to.
    """
    member = await ws.directory.subscription(room.id, author.id)
    check_may_post(ws, author, room, member)
    message = build(ws, author, room, draft, message_id)
    changes = Changes()
    add(ws, changes, author, room, message, depth)
    await ws.db.commit(changes)
    return message


def build(
    ws: Workspace, author: User, room: Room, draft: MessageDraft, message_id: str | None = None
) -> Message:
    """The message that ``draft`` becomes. Raises ``Refused`` or ``Failure`` where a rule forbids it."""
    if len(draft.text) > ws.settings["Message_MaxAllowedSize"]:
        raise Refused("error-message-size-exceeded")
    if (draft.alias or draft.avatar) and not (
        draft.bot or ws.authority.allows("message-impersonate", author)
    ):
        raise Failure("Not enough permission")
    now = ws.now()
    at = iso(now)
    return Message(
        id=message_id or timed_id(now),
        room_id=room.id,
        text=draft.text,
        created_at=at,
        user=author.ref(),
        updated_at=at,
        alias=draft.alias,
        avatar=draft.avatar,
        emoji=draft.emoji,
        attachments=list(draft.attachments) or None,
        parse_urls=draft.parse_urls,
        groupable=draft.groupable,
        bot=draft.bot,
        thread_id=draft.thread_id,
        custom_fields=draft.custom_fields,
    )


def add(ws: Workspace, changes: Changes, author: User, room: Room, message: Message, depth: int = 0) -> None:
    """Add a message and what follows from it to ``changes``."""
    messages.insert(changes, message)
    ws.observer.observe(
        Event(
            name="sendMessage",
            room=room,
            user=author,
            at=ws.now(),
            message=message,
            depth=depth,
            by_integration=message.bot.integration_id if message.bot and message.bot is not True else None,
        ),
        changes,
    )

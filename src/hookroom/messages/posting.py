"""Posting messages: the one way in for people, bots, webhooks and answers of receivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from hookroom.errors import Failure
from hookroom.messages import discussion_counts, threads
from hookroom.messages.mentions import NOBODY, Mentions, mentioned
from hookroom.rooms.access import check_may_post, may_see
from hookroom.rooms.membership import join
from hookroom.rules import message_fields
from hookroom.rules.hook_message import MessageDraft
from hookroom.rules.ids import timed_id
from hookroom.rules.message_text import is_longer, urls_in
from hookroom.rules.model import BotMark, Message, Room, Subscription, User
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, subscriptions
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace, retrying

TOO_LONG: Final = "error-message-size-exceeded"

Post = tuple[Room, MessageDraft]
"""Where to post what."""


class Sending(Struct, frozen=True, kw_only=True):
    """What a client that sends a message decides, and a webhook does not."""

    shown_in_room: bool = False
    """An answer in a thread is shown in the room too."""
    previewed: tuple[str, ...] | None = None
    """The only links that get a preview."""
    composed: bool = False
    """``parseUrls`` and ``groupable`` are absent unless they are false."""
    files: tuple[dict[str, Any], ...] = ()
    """Uploaded files that the message shows (``rules.file_message``)."""


_POSTED: Final = Sending()

Note = Callable[[Changes, Sequence[Message]], None]
"""Adds to the changes that write messages what is to be written with them."""


async def post(
    ws: Workspace,
    author: User,
    room: Room,
    draft: MessageDraft,
    *,
    depth: int = 0,
    message_id: str | None = None,
    sending: Sending = _POSTED,
    note: Note | None = None,
) -> Message:
    """Write a message in ``room``; on disk, with the deliveries it causes, when this returns.

    ``depth`` counts the integrations that led to it; ``note`` adds to what is written. Raises what
    ``check_may_post`` raises; ``Failure`` for a message that is too large or borrows a name or picture without
    the permission to; ``Refused`` for a mention of everybody that is not allowed, and for a thread that is not
    of this room; ``Conflict`` when ``message_id`` is taken.
    """
    if draft.thread_id is not None or room.type == "d":
        return (await _post_all(ws, author, [(room, draft)], depth, message_id, sending, note))[0]
    member = await ws.directory.subscription(room.id, author.id)
    if member is None and room.parent_id is not None:
        member = await _join_discussion(ws, author, room)
    await check_may_post(ws, author, room, member)
    text = draft.text
    said = await mentioned(ws, author, member, text) if "@" in text or "#" in text else NOBODY
    message = build(ws, author, room, draft, message_id, member=member, mentions=said, sending=sending)
    changes = Changes()
    add(ws, changes, author, room, message, depth)
    if note is not None:
        note(changes, [message])
    await ws.db.commit(changes)
    return message


async def post_many(
    ws: Workspace, author: User, posts: Sequence[Post], *, depth: int = 0, note: Note | None = None
) -> list[Message]:
    """Write all messages or none, in one transaction. Raises as ``post`` does, before anything is written."""
    if len(posts) == 1:
        return [await post(ws, author, *posts[0], depth=depth, note=note)]
    return await _post_all(ws, author, posts, depth, None, _POSTED, note)


def build(
    ws: Workspace,
    author: User,
    room: Room,
    draft: MessageDraft,
    message_id: str | None = None,
    *,
    member: Subscription | None = None,
    mentions: Mentions = NOBODY,
    sending: Sending = _POSTED,
) -> Message:
    """The message that ``draft`` becomes. Raises ``Failure`` where a rule forbids it.

    ``member`` is the author's membership of the room; ``mentions`` are those of ``mentioned``.
    """
    check_size(ws, draft)
    if (draft.alias or draft.avatar) and not (
        draft.bot or ws.authority.allows("message-impersonate", author, member)
    ):
        raise Failure("Not enough permission")
    if draft.custom_fields:
        check_custom_fields(ws, draft.custom_fields)
    now = ws.now()
    at = iso(now)
    composed = sending.composed
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
        parse_urls=None if composed and draft.parse_urls else draft.parse_urls,
        groupable=None if composed and draft.groupable else draft.groupable,
        bot=draft.bot,
        thread_id=draft.thread_id,
        shown_in_room=True if sending.shown_in_room and draft.thread_id is not None else None,
        mentions=list(mentions.people),
        channels=list(mentions.channels),
        urls=urls_in(draft.text, sending.previewed) if draft.parse_urls else None,
        custom_fields=draft.custom_fields,
        file=sending.files[0] if sending.files else None,
        files=list(sending.files) or None,
    )


def add(ws: Workspace, changes: Changes, author: User, room: Room, message: Message, depth: int = 0) -> None:
    """Add a message and what follows from it to ``changes``; one with a file is an upload too."""
    messages.insert(changes, message)
    mark = message.bot
    said = Event(
        name="sendMessage",
        room=room,
        user=author,
        at=ws.now(),
        message=message,
        depth=depth,
        by_integration=mark.integration_id if isinstance(mark, BotMark) else None,
    )
    ws.observer.observe(said, changes)
    if message.file is not None:
        ws.observer.observe(structs.replace(said, name="fileUploaded"), changes)
    if room.parent_id is not None:
        discussion_counts.keep(ws, changes, room)


async def add_all(
    ws: Workspace,
    changes: Changes,
    author: User,
    posts: Sequence[Post],
    depth: int = 0,
    *,
    message_id: str | None = None,
    sending: Sending = _POSTED,
) -> list[Message]:
    """Add messages and what follows from them to ``changes``: all of them, or none when one is refused.

    Raises as ``post`` does. Writing it may be ``Stale`` where a thread or a closed direct room is concerned;
    then all of it must be made anew.
    """
    made: list[tuple[Room, Message]] = []
    for room, draft in posts:
        member = await ws.directory.subscription(room.id, author.id)
        if member is None and room.parent_id is not None:
            member = await _join_discussion(ws, author, room)
        await check_may_post(ws, author, room, member)
        said = await mentioned(ws, author, member, draft.text)
        message = build(ws, author, room, draft, message_id, member=member, mentions=said, sending=sending)
        made.append((room, message))
    firsts: dict[str, tuple[Message, Message]] = {}
    for i, (room, message) in enumerate(made):
        if message.thread_id is None:
            continue
        first = await threads.beginning_of(ws, room, message.thread_id)
        old, new = firsts.get(first.id, (first, first))
        firsts[first.id] = (old, threads.answered(ws, new, room, message))
        made[i] = (room, structs.replace(message, thread_id=first.id))
    for room, message in made:
        add(ws, changes, author, room, message, depth)
    for room in {room.id: room for room, _ in posts if room.type == "d"}.values():
        await _show_to_others(ws, changes, author, room)
    for old, new in firsts.values():
        threads.put_answered(changes, old, new, author)
    return [message for _, message in made]


def check_custom_fields(ws: Workspace, fields: Mapping[str, Any]) -> None:
    """Raises ``Failure`` for custom fields that the server's schema of them does not allow, where it has one."""
    settings = ws.settings
    message_fields.check(settings["Message_CustomFields_Enabled"], settings["Message_CustomFields"], fields)


def check_size(ws: Workspace, draft: MessageDraft) -> None:
    """Raises ``Failure`` when its text, or that of an attachment, is over ``Message_MaxAllowedSize``."""
    limit = ws.settings["Message_MaxAllowedSize"]
    if is_longer(draft.text, limit) or any(
        is_longer(one["text"], limit) for one in draft.attachments if one.get("text")
    ):
        raise Failure(TOO_LONG)


async def _post_all(
    ws: Workspace,
    author: User,
    posts: Sequence[Post],
    depth: int,
    message_id: str | None,
    sending: Sending,
    note: Note | None,
) -> list[Message]:
    begun = []
    for room, draft in posts:
        await check_may_post(ws, author, room, await ws.directory.subscription(room.id, author.id))
        if draft.thread_id is not None:
            begun.append((await threads.beginning_of(ws, room, draft.thread_id)).id)
    async with ws.turns.of(begun):
        return await _write_all(ws, author, posts, depth, message_id, sending, note)


@retrying
async def _write_all(
    ws: Workspace,
    author: User,
    posts: Sequence[Post],
    depth: int,
    message_id: str | None,
    sending: Sending,
    note: Note | None,
) -> list[Message]:
    changes = Changes()
    posted = await add_all(ws, changes, author, posts, depth, message_id=message_id, sending=sending)
    if note is not None:
        note(changes, posted)
    await ws.db.commit(changes)
    return posted


async def _join_discussion(ws: Workspace, author: User, room: Room) -> Subscription | None:
    """Who sees a discussion joins it by writing there."""
    if room.archived or not await may_see(ws, author, room):
        return None
    await join(ws, author, room)
    return await ws.directory.subscription(room.id, author.id)


async def _show_to_others(ws: Workspace, changes: Changes, author: User, room: Room) -> None:
    # Who closed a direct room, or never saw it, finds it again with the next message.
    for user_id in room.user_ids or ():
        member = await ws.directory.subscription(room.id, user_id) if user_id != author.id else None
        if member is not None and not member.open:
            stamp = ws.stamp(member.updated_at)
            subscriptions.update(changes, member, structs.replace(member, open=True, updated_at=stamp))

"""Discussions: rooms that belong to a room, and that a message of that room stands for.

Whoever sees the parent room sees its discussions, and joins one by writing there. Facts:
``app/discussion/server/methods/createDiscussion.ts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct, structs

from hookroom.errors import Failure, Refused
from hookroom.messages import posting
from hookroom.rooms import system_messages
from hookroom.rooms.access import check_may_post, may_see
from hookroom.rooms.membership import new_subscription
from hookroom.rules.hook_message import draft
from hookroom.rules.ids import random_id, room_id
from hookroom.rules.message_text import is_longer
from hookroom.rules.model import Message, Room, RoomType, User
from hookroom.rules.room_roles import OWNER
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_marks, messages, rooms, subscriptions
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace

_METHOD: Final = "DiscussionCreation"
_PATHS: Final[dict[RoomType, str]] = {"c": "channel", "p": "group", "d": "direct"}


class DiscussionDraft(Struct, frozen=True, kw_only=True):
    """A discussion to be made of the room ``parent_id``, about one of its messages where ``message_id`` says so.

    ``users`` are user names or ids; those that nobody has are passed over. ``reply`` is its first message.
    """

    name: str
    parent_id: str | None = None
    message_id: str | None = None
    reply: str | None = None
    users: Sequence[str] = ()
    topic: str | None = None


async def create(ws: Workspace, owner: User, wanted: DiscussionDraft) -> Room:
    """Make a discussion; the author of the message that it is about is in it too.

    Needs ``start-discussion`` or ``start-discussion-other-user``, and to be allowed to write in the parent room.
    Raises ``Refused``: ``error-action-not-allowed``, ``error-invalid-message``, ``error-invalid-arguments``,
    ``error-nested-discussion``, ``error-message-size-exceeded``, and the codes of ``check_may_post``; what
    ``posting.post`` raises for the reply, when the discussion is there.
    """
    about, parent = await _parent(ws, owner, wanted)
    if is_longer(wanted.name, ws.settings["Message_MaxAllowedSize"]):
        raise Refused(
            "error-message-size-exceeded", "Message size exceeds Message_MaxAllowedSize", method=_METHOD
        )
    discussion = _room(ws, owner, parent, about, wanted)
    changes = Changes()
    rooms.insert(changes, discussion)
    for member in await _members(ws, owner, about, wanted):
        joined = new_subscription(discussion.id, member, discussion.created_at)
        if member.id == owner.id:
            joined = structs.replace(joined, roles=(OWNER,), last_seen=discussion.created_at)
        subscriptions.insert(changes, joined)
    ws.observer.observe(
        Event(name="roomCreated", room=discussion, user=owner, owner=owner, at=ws.now()), changes
    )
    await _announce(ws, changes, owner, parent, discussion, about, wanted.name)
    await ws.db.commit(changes)
    if wanted.reply:
        first = draft({"text": wanted.reply, "parseUrls": True, "groupable": True})
        await posting.post(ws, owner, discussion, first, sending=posting.Sending(composed=True))
    return discussion


async def _parent(ws: Workspace, owner: User, wanted: DiscussionDraft) -> tuple[Message | None, Room]:
    parent_id, about = wanted.parent_id, None
    member = await ws.directory.subscription(parent_id, owner.id) if parent_id else None
    may_start = any(
        ws.authority.allows(permission, owner, member)
        for permission in ("start-discussion", "start-discussion-other-user")
    )
    if not ws.settings["Discussion_enabled"] or not may_start:
        raise Refused(
            "error-action-not-allowed",
            "You are not allowed to create a discussion",
            method="createDiscussion",
        )
    if wanted.message_id:
        about = await messages.by_id(ws.db, wanted.message_id)
        room = await ws.directory.room(about.room_id) if about is not None else None
        if about is None or room is None or about.type == "rm" or not await may_see(ws, owner, room):
            raise Refused("error-invalid-message", "Invalid message", method=_METHOD)
        if parent_id and parent_id != (room.parent_id or room.id):
            raise Refused(
                "error-invalid-arguments",
                "Root message room ID does not match parent room ID ",
                method=_METHOD,
            )
        parent_id = parent_id or room.id
    if not parent_id:
        raise Refused("error-invalid-arguments", "Missing parent room ID", method=_METHOD)
    parent = await ws.directory.room(parent_id)
    if parent is None:
        raise Refused("error-invalid-room")
    member = await ws.directory.subscription(parent.id, owner.id)
    try:
        await check_may_post(ws, owner, parent, member)
    except Failure as error:
        raise Refused(str(error)) from error
    if parent.parent_id is not None:
        raise Refused("error-nested-discussion", "Cannot create nested discussions", method=_METHOD)
    return about, parent


def _room(ws: Workspace, owner: User, parent: Room, about: Message | None, wanted: DiscussionDraft) -> Room:
    at = ws.stamp()
    return Room(
        id=room_id(),
        # Of a team's channel, which not everybody sees, comes one that is not public either.
        type="c" if parent.type == "c" and parent.team_id is None else "p",
        name=random_id(),
        display_name=wanted.name,
        creator=owner.ref(),
        topic=wanted.topic or parent.name,
        description=(about.text or None) if about is not None else None,
        read_only=False,
        default=False,
        system_messages=True,
        parent_id=parent.id,
        created_at=at,
        updated_at=at,
    )


async def _members(
    ws: Workspace, owner: User, about: Message | None, wanted: DiscussionDraft
) -> Sequence[User]:
    found = {owner.id: owner}
    invited = [*wanted.users] if about is None else [about.user.id, *wanted.users]
    for name in invited:
        user = await ws.directory.user_named(name) or await ws.directory.user(name)
        if user is not None and user.active:
            found[user.id] = user
    return list(found.values())


async def _announce(
    ws: Workspace,
    changes: Changes,
    owner: User,
    parent: Room,
    discussion: Room,
    about: Message | None,
    name: str,
) -> None:
    """The message that stands for the discussion; what it is about is quoted there and in the discussion."""
    quote = {} if about is None else {"attachments": [await _quoted(ws, about)]}
    where = parent
    if about is not None and about.room_id != parent.id:
        where = await ws.directory.room(about.room_id) or parent
    said = system_messages.add(
        ws,
        changes,
        where,
        owner,
        "discussion-created",
        name,
        discussion_id=discussion.id,
        # In the discussion it will be the only message.
        discussion_count=int(about is not None),
        **quote,
    )
    message_marks.add_discussion(changes, said, discussion.id)
    if about is not None:
        first = posting.build(ws, owner, discussion, draft({"text": "", "parseUrls": True}))
        messages.insert(changes, structs.replace(first, **quote))


async def _quoted(ws: Workspace, message: Message) -> dict[str, Any]:
    room = await ws.directory.room(message.room_id)
    path = _PATHS[room.type if room else "c"]
    name = room.name if room is not None and room.type != "d" else message.room_id
    return {
        "text": message.text,
        "author_name": message.alias or message.user.username,
        "author_icon": f"/avatar/{message.user.username}",
        "message_link": f"{ws.site_url.rstrip('/')}/{path}/{name}?msg={message.id}",
        "attachments": [
            {key: value for key, value in one.items() if key != "attachments"}
            for one in message.attachments or ()
        ],
        "ts": message.created_at,
    }
